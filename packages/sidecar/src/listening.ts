/** What a server listens with: its address, its certificates, and the error for an address that can't be used. */

import { BlockList, isIPv4, isIPv6 } from 'node:net'

export type Listen = TcpListen | { readonly kind: 'unix'; readonly path: string }

export interface TcpListen {
  readonly kind: 'tcp'
  readonly host: string
  readonly port: number
  readonly isLoopback: boolean
}

/** `127.0.0.1:7450`, `[::1]:7450`, `unix:/run/rolesets.sock`. @param port the real one, where the setting says 0 */
export function formatListen(at: Listen, port?: number): string {
  if (at.kind === 'unix') return `unix:${at.path}`
  const host = isIPv6(at.host) ? `[${at.host}]` : at.host
  return `${host}:${port ?? at.port}`
}

/** Names other than `localhost` can resolve to any address. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return loopback.check(host)
  // An address with a zone is one of an interface.
  if (isIPv6(host) && !host.includes('%')) return loopback.check(host, 'ipv6')
  return host.toLowerCase() === 'localhost'
}

/** Also finds the IPv4 addresses that IPv6 addresses carry. */
const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** Whether one of the two leaves no room for the other. Names that mean one address aren't compared. */
export function collide(a: Listen, b: Listen): boolean {
  if (a.kind !== 'tcp' || b.kind !== 'tcp' || a.port !== b.port || a.port === 0) return false
  const hosts = [a.host.toLowerCase(), b.host.toLowerCase()]
  const hasIPv6 = hosts.some((host) => isIPv6(host))
  return hosts[0] === hosts[1] || hosts.includes('::') || (hosts.includes('0.0.0.0') && !hasIPv6)
}

/** The certificates of a server with TLS. Connections that are open keep theirs when the files change. */
export interface CertificateSource {
  readonly current: CertificateFiles
  /** @returns ends the subscription */
  subscribe(listener: (certificates: CertificateFiles) => void): () => void
}

export interface CertificateFiles {
  readonly cert: Buffer
  readonly key: Buffer
  /** Undefined: clients show no certificate. */
  readonly clientCa: Buffer | undefined
}

/** The versions and suites of TLS, the same for gRPC and HTTP: with forward secrecy and authenticated encryption only. */
const tlsPolicy = {
  minVersion: 'TLSv1.2',
  ciphers: [
    ...['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
    ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
    ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
    ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ].join(':'),
} as const

/** All that a TLS server of ours begins a connection with. */
export function secureContextOf({ cert, key, clientCa: ca }: CertificateFiles) {
  return { cert, key, ca, ...tlsPolicy }
}

/** A server can't listen on an address. The operator has to choose another address, or to free this one. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly code = 'listen'

  constructor(address: string, problem: string, options?: { cause?: unknown }) {
    super(`Listening on ${address} failed: ${problem}`, options)
  }
}

/** @param cause of the operating system, or of grpc-js, which gives the system's code only as a part of its text */
export function listenErrorOf(at: Listen, cause: Error): ListenError {
  const code = /\bE[A-Z]{3,}\b/.exec(`${'code' in cause ? String(cause.code) : ''} ${cause.message}`)?.[0] ?? ''
  const isUnresolved = /resol/i.test(cause.message) && !/No address added/.test(cause.message)
  const remedy = remedies[isUnresolved && !(code in remedies) ? 'ENOTFOUND' : code] ?? `${cause.message}.`
  return new ListenError(formatListen(at), remedy, { cause })
}

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process uses it. Stop that process, or choose another address.',
  EACCES: 'permission denied. Choose a port above 1023, or a folder that this user can write to.',
  EPERM: 'permission denied. Choose another address.',
  EADDRNOTAVAIL: "this machine doesn't have the address. Choose one of its own addresses.",
  ENOENT: "the folder of the socket doesn't exist. Create it, or choose another path.",
  ENOTDIR: "a part of the path isn't a folder. Choose another path.",
  ENOTFOUND: "the host name can't be resolved. Choose an address of this machine.",
}
