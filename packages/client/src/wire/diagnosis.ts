/**
 * Finds out why a connection fails, with a connection of its own that says what gRPC doesn't: what the peer speaks, and what
 * is wrong with its certificate. It is only asked after an attempt has failed, and ends soon.
 */

import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { findingOf, type ConnectionCause, type Finding } from './connection-findings.ts'
import type { Target } from './target.ts'

/** PEM. */
export interface TlsOptions {
  /** Certificates to trust; left out: the system's. */
  readonly ca?: string | Buffer
  /** The client's certificate, with `key`, for mutual TLS. */
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  /** The name that the sidecar's certificate must have; left out: the host of the target. */
  readonly serverName?: string
}

/** For each of at most two connections. */
const probeMs = 700

/** How HTTP/2 begins: the preface and an empty SETTINGS frame. */
const greeting = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
])

export async function diagnose(target: Target, tls: TlsOptions | undefined): Promise<Finding> {
  const { cause, error } = tls === undefined ? await withoutTls(target) : await withTls(target, tls)
  return findingOf[cause](target.address, error)
}

interface Outcome {
  readonly cause: ConnectionCause
  readonly error?: unknown
}

async function withoutTls(target: Target): Promise<Outcome> {
  const { answer, error } = await greet(() => connectTcp(addressOf(target)))
  const answered = causeOfAnswer(answer)
  if (answered !== undefined) return { cause: answered }
  const failed = causeOfError(error)
  if (failed === 'refused' || failed === 'unknown_host' || failed === 'unanswered') return { cause: failed, error }
  // It closed the connection without a word, as servers with TLS do.
  return (await speaksTls(target)) ? { cause: 'tls_expected' } : { cause: 'silent', error }
}

async function withTls(target: Target, tls: TlsOptions): Promise<Outcome> {
  let isSecure = false
  const { answer, error } = await greet(() =>
    connectTls({ ...addressOf(target), ...tlsOf(target, tls) }, () => (isSecure = true)),
  )
  const answered = causeOfAnswer(answer)
  if (answered !== undefined) return { cause: answered }
  // After its own certificate was accepted, a server that closes without a word doesn't accept that of the client.
  return { cause: causeOfError(error) ?? (isSecure ? 'tls_client_certificate' : 'silent'), error }
}

async function speaksTls(target: Target): Promise<boolean> {
  const socket = connectTls({ ...addressOf(target), rejectUnauthorized: false })
  return within(socket, async () => {
    await once(socket, 'secureConnect')
    return true
  }).catch(() => false)
}

/** Sends the greeting and waits for the first bytes. */
async function greet(open: () => Socket | TLSSocket): Promise<{ answer: Buffer; error?: unknown }> {
  let answer: Buffer = Buffer.alloc(0)
  try {
    const socket = open()
    await within(socket, async () => {
      socket.write(greeting)
      ;[answer] = (await once(socket, 'data')) as [Buffer]
    })
  } catch (error) {
    return { answer, error }
  }
  return { answer }
}

/** The socket is destroyed in the end. @throws what the work throws, the socket's error, or that the time is over */
async function within<Value>(socket: Socket, work: () => Promise<Value>): Promise<Value> {
  const failed = once(socket, 'close').then(() => Promise.reject(new Error('The connection was closed.')))
  const errors = new Promise<never>((_resolve, reject) => socket.on('error', reject))
  const late = new Promise<never>((_resolve, reject) => {
    const timer = setTimeout(
      () => reject(Object.assign(new Error('There was no answer.'), { code: 'ETIMEDOUT' })),
      probeMs,
    )
    socket.once('close', () => clearTimeout(timer))
  })
  for (const each of [failed, errors, late]) each.catch(() => {})
  try {
    return await Promise.race([work(), errors, late, failed])
  } finally {
    socket.destroy()
  }
}

/** By the first bytes of the answer; undefined if there are none. */
function causeOfAnswer(answer: Buffer): ConnectionCause | undefined {
  if (answer.subarray(0, 5).toString('latin1') === 'HTTP/') return 'http_port'
  // A record of TLS: 21 is an alert, 22 a handshake; then the version, 3.x.
  if ((answer[0] === 21 || answer[0] === 22) && answer[1] === 3) return 'tls_expected'
  // It begins to speak HTTP/2: it was not up before.
  return answer.length > 0 ? 'unanswered' : undefined
}

const causeOfCode: Readonly<Record<string, ConnectionCause>> = {
  ECONNREFUSED: 'refused',
  ENOENT: 'refused',
  EACCES: 'refused',
  ENOTFOUND: 'unknown_host',
  EAI_AGAIN: 'unknown_host',
  ETIMEDOUT: 'unanswered',
  EHOSTUNREACH: 'unanswered',
  ENETUNREACH: 'unanswered',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls_name_mismatch',
  CERT_HAS_EXPIRED: 'tls_not_valid_now',
  CERT_NOT_YET_VALID: 'tls_not_valid_now',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls_untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'tls_untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls_untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls_untrusted',
  CERT_SIGNATURE_FAILURE: 'tls_untrusted',
  CERT_UNTRUSTED: 'tls_untrusted',
  INVALID_CA: 'tls_untrusted',
}

/** OpenSSL's words are the same in all versions of Node, while its codes come under several names. */
const causeOfWords: readonly (readonly [RegExp, ConnectionCause])[] = [
  [/wrong version number|packet length too long|http request/i, 'no_tls'],
  [/no application protocol/i, 'http_port'],
  [/certificate required|bad certificate|certificate unknown|unknown ca|handshake failure/i, 'tls_client_certificate'],
]

function causeOfError(error: unknown): ConnectionCause | undefined {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (typeof code !== 'string') return undefined
  const known = causeOfCode[code] ?? causeOfWords.find(([words]) => words.test(String(message)))?.[1]
  return known ?? (/^EPROTO$|^ERR_(SSL|TLS)/.test(code) ? 'tls_failed' : undefined)
}

function addressOf({ address }: Target): { path: string } | { host: string; port: number } {
  if (address.startsWith('unix:')) return { path: address.slice('unix:'.length).replace(/^\/\/(?=\/)/, '') }
  const { host, port } = partsOf(address)
  return { host, port }
}

function partsOf(address: string): { host: string; port: number } {
  const place = address.replace(/^dns:\/\/\//, '')
  const colon = place.lastIndexOf(':')
  return { host: place.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(place.slice(colon + 1)) }
}

function tlsOf({ address }: Target, { serverName, ...pem }: TlsOptions) {
  const servername = serverName ?? (address.startsWith('unix:') ? 'localhost' : partsOf(address).host)
  // An address has no name to send; its certificate is still compared with it.
  const isName = /[a-z]/i.test(servername) && !servername.includes(':')
  return { ...pem, ...(isName ? { servername } : {}), ALPNProtocols: ['h2'] }
}
