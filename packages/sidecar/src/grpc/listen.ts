/**
 * Opens the addresses of the gRPC servers: TCP, and Unix sockets. Makes a socket's file with its permissions, and removes
 * the file that an ended process left behind.
 */

import { once } from 'node:events'
import { lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { umask } from 'node:process'
import grpc, { type Server, type ServerCredentials } from '@grpc/grpc-js'
import { formatListen, ListenError, listenErrorOf, type Listen } from '../listening.ts'

/** The file of a socket has the mode 0660 from the moment at which it is made: its owner and its group may connect. */
const socketUmask = 0o117

/** @returns the address with the real port, as in `127.0.0.1:7450` or `unix:<path>`; @throws ListenError */
export async function listen(server: Server, at: Listen, credentials: ServerCredentials): Promise<string> {
  if (at.kind === 'tcp') return formatListen(at, await bind(server, at, credentials))
  await removeStaleSocket(at)
  // TLS is for the network; a socket is protected by the permissions of its file.
  const before = umask(socketUmask)
  try {
    await bind(server, at, grpc.ServerCredentials.createInsecure())
  } finally {
    umask(before)
  }
  return formatListen(at)
}

async function bind(server: Server, at: Listen, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(formatListen(at), credentials, (error, port) => {
      if (error) reject(listenErrorOf(at, error))
      else resolve(port)
    })
  })
}

/** A process that was killed leaves its socket file behind. A socket that a process answers on is left alone. */
async function removeStaleSocket(at: Listen & { readonly kind: 'unix' }): Promise<void> {
  const found = await lstat(at.path).catch(() => undefined)
  if (found === undefined) return
  if (!found.isSocket())
    throw new ListenError(formatListen(at), "a file that isn't a socket is at this path. Choose another path.")
  if (await isAnswered(at.path))
    throw new ListenError(formatListen(at), 'another process uses it. Stop that process, or choose another path.')
  await unlink(at.path)
}

async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
