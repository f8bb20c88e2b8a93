/** The address of the sidecar, and whether a key may be sent there without encryption. */

import { isIP } from 'node:net'
import { invalidArgument } from '../errors.ts'

export interface Target {
  /** As gRPC takes it. */
  readonly address: string
  /** A Unix socket or a loopback address: what goes there doesn't leave the machine. */
  readonly isLocal: boolean
}

/** `host:port`, `unix:<path>` or `dns:///host:port`. */
export function parseTarget(value: unknown): Target {
  if (typeof value !== 'string' || value === '') {
    throw invalidArgument('target', 'is missing: give `host:port`, `unix:<path>` or `dns:///host:port`.')
  }
  if (value.startsWith('unix:')) {
    const path = value.slice('unix:'.length)
    if (/^(\/\/)?$/.test(path) || path.includes('\0')) throw badTarget()
    return { address: value, isLocal: true }
  }
  const match = /^(?:dns:\/\/\/)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})$/.exec(value)
  const [host, port] = [match?.[1], Number(match?.[2])]
  if (host === undefined || port < 1 || port > 65_535) throw badTarget()
  return { address: value, isLocal: isLoopback(host.replace(/^\[|\]$/g, '')) }
}

function badTarget() {
  return invalidArgument('target', 'must be `host:port`, `unix:<path>` or `dns:///host:port`.')
}

function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.')
  return host === '::1' || host.toLowerCase() === 'localhost'
}
