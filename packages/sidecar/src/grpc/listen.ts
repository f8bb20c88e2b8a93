/** Where a server listens: binding, the files of Unix sockets, and what went wrong in words. */

import { once } from 'node:events'
import { chmod, lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import grpc, { type Server, type ServerCredentials } from '@grpc/grpc-js'

/** As the settings have them. */
export type Listen =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly isLoopback: boolean }
  | { readonly kind: 'unix'; readonly path: string }

/** An address can't be listened on; a person has to choose another one or free it. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly code = 'listen'
}

/** @returns the address with the real port, as in `127.0.0.1:7450` or `unix:<path>` */
export async function listen(server: Server, at: Listen, credentials: ServerCredentials): Promise<string> {
  if (at.kind === 'unix') return listenOnSocket(server, at.path)
  const host = at.host.includes(':') ? `[${at.host}]` : at.host
  const port = await bind(server, `${host}:${at.port}`, credentials)
  return `${host}:${port}`
}

/** TLS is for the network; a socket is guarded by the rights of its file. */
async function listenOnSocket(server: Server, path: string): Promise<string> {
  await removeStaleSocket(path)
  await bind(server, `unix:${path}`, grpc.ServerCredentials.createInsecure())
  await chmod(path, 0o660)
  return `unix:${path}`
}

async function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error)
        reject(new ListenError(`${address} can’t be listened on: ${remedyFor(error.message)}`, { cause: error }))
      else resolve(port)
    })
  })
}

/** A process that was killed leaves its socket file behind. One that somebody answers on is not ours to remove. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined) return
  if (!found.isSocket())
    throw new ListenError(`unix:${path} can’t be listened on: there is a file that is no socket. Choose another path.`)
  if (await isAnswered(path))
    throw new ListenError(`unix:${path} can’t be listened on: another process does. Stop it, or choose another path.`)
  await unlink(path)
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

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process does. Stop it, or choose another port.',
  EACCES: 'this user may not. Choose a port above 1023, or a folder that the user may write to.',
  EPERM: 'this user may not. Choose another address.',
  EADDRNOTAVAIL: 'this machine has no such address. Choose one that it has.',
  ENOENT: 'its folder is missing. Make the folder, or choose another path.',
  ENOTDIR: 'its folder is no folder. Choose another path.',
  ENOTFOUND: 'its name is not known. Choose an address of this machine.',
}

/** grpc-js gives the reasons as text only. */
function remedyFor(message: string): string {
  const code = /\bE[A-Z]{3,}\b/.exec(message)?.[0] ?? ''
  const unresolved = /resol/i.test(message) && !/No address added/.test(message)
  return remedies[code] ?? (unresolved ? (remedies['ENOTFOUND'] as string) : `${message}.`)
}
