/**
 * The options of createRoleSetsClient, parsed at once: a mistake shows when the client is created, not with the first
 * request.
 */

import { parseDurationMs, parseObject, parseSignal } from './arguments.ts'
import { systemClock, type Clock } from './clock.ts'
import { invalidArgument } from './errors.ts'
import type { ClientEvent } from './feed/machine.ts'
import type { TlsOptions } from './wire/diagnosis.ts'
import type { GrpcTransportOptions } from './wire/grpc-transport.ts'
import { parseTarget } from './wire/target.ts'
import type { Transport } from './wire/transport.ts'

interface SharedOptions {
  /** For a question, waiting included. Default 250. */
  readonly deadlineMs?: number
  /** How old the cache may be to decide. Default 5000; heartbeats come every second, so less than 2000 makes it flap. */
  readonly maxStalenessMs?: number
  /** Organizations in memory; with their scopes at most twice as many. Default 100 000. */
  readonly organizationsMax?: number
  /** Memberships in memory, for questions about what a user holds. Default 100 000. */
  readonly membersMax?: number
  /** Closes the client. */
  readonly signal?: AbortSignal
  /** Called for connections, gaps and snapshots, for logs and metrics. */
  readonly onEvent?: (event: ClientEvent) => void
  /** Default: the system's. */
  readonly clock?: Clock
  /** Numbers from 0 up to 1, for pauses. Default: Math.random. */
  readonly random?: () => number
}

interface ConnectionOptions {
  /** `host:port`, `unix:<path>` or `dns:///host:port`. */
  readonly target: string
  /** The read key or the secret key. Not sent to another machine without encryption. */
  readonly key?: string
  readonly tls?: TlsOptions | true
  /** Send the key without encryption all the same. */
  readonly insecure?: boolean
  readonly transport?: never
}

interface TransportOptions {
  /** What carries the calls instead of gRPC; `@rolesets/client/testing` has one. It is closed with the client. */
  readonly transport: Transport
  readonly target?: string
  readonly key?: never
  readonly tls?: never
  readonly insecure?: never
}

export type RoleSetsClientOptions = SharedOptions & (ConnectionOptions | TransportOptions)

export type ParsedOptions = ReturnType<typeof parseOptions>

/** All names of options. */
export const optionNames = {
  ...{ target: true, key: true, tls: true, insecure: true, transport: true, deadlineMs: true, maxStalenessMs: true },
  ...{ organizationsMax: true, membersMax: true, signal: true, onEvent: true, clock: true, random: true },
} satisfies Record<keyof Required<RoleSetsClientOptions>, true>

const noEvents: (event: ClientEvent) => void = () => {}
const entriesMax = 10_000_000

export function parseOptions(value: unknown) {
  const options = parseObject(value, 'options') as Partial<RoleSetsClientOptions>
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(optionNames, name))
  if (unknown !== undefined) throw invalidArgument(unknown, 'is not an option of createRoleSetsClient.')
  const { transport, clock = systemClock } = options
  return {
    transport: transport === undefined ? undefined : withMethods(transport, 'transport', ['unary', 'watch', 'close']),
    /** Where no transport is given. */
    connection: transport === undefined ? parseConnection(options) : undefined,
    deadlineMs: parseDurationMs(options.deadlineMs ?? 250, 'deadlineMs'),
    maxStalenessMs: parseDurationMs(options.maxStalenessMs ?? 5000, 'maxStalenessMs'),
    organizationsMax: parseCount(options.organizationsMax ?? 100_000, 'organizationsMax'),
    membersMax: parseCount(options.membersMax ?? 100_000, 'membersMax'),
    signal: parseSignal(options.signal),
    onEvent: parseFunction(options.onEvent ?? noEvents, 'onEvent'),
    clock: withMethods(clock, 'clock', ['nowMs', 'setTimer']),
    random: parseFunction(options.random ?? Math.random, 'random'),
  }
}

export function parseConnection({ target, key, tls, insecure }: Partial<RoleSetsClientOptions>): GrpcTransportOptions {
  const parsedTarget = parseTarget(target)
  if (insecure !== undefined && typeof insecure !== 'boolean')
    throw invalidArgument('insecure', 'must be true or false.')
  const parsed = { target: parsedTarget, key, tls: tls === undefined ? undefined : parseTls(tls) }
  if (key === undefined) return parsed
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,4096}$/.test(key)) {
    throw invalidArgument('key', 'must be a string of visible ASCII characters without spaces.')
  }
  if (parsed.tls === undefined && !parsed.target.isLocal && insecure !== true) {
    throw invalidArgument('key', 'would be sent to another machine without encryption.', 'encryption')
  }
  return parsed
}

function parseTls(value: unknown): TlsOptions {
  if (value === true) return {}
  const tls = parseObject(value, 'tls') as TlsOptions
  for (const [name, part] of Object.entries(tls) as [string, unknown][]) {
    if (!['ca', 'cert', 'key', 'serverName'].includes(name))
      throw invalidArgument(`tls.${name}`, 'is not an option of `tls`.')
    const isText = typeof part === 'string' && part !== ''
    const isPem = name !== 'serverName' && (isText || Buffer.isBuffer(part))
    if (!isPem && !(name === 'serverName' && isText))
      throw invalidArgument(`tls.${name}`, 'must be a string that is not empty.')
  }
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw invalidArgument('tls', 'must have both `cert` and `key`, or neither.')
  }
  return tls
}

function parseCount(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= entriesMax) return value
  throw invalidArgument(field, `must be a whole number from 1 to ${entriesMax}.`)
}

function parseFunction<Value>(value: Value, field: string): Value {
  if (typeof value === 'function') return value
  throw invalidArgument(field, 'must be a function.')
}

function withMethods<Value extends object>(value: Value, field: string, methods: readonly (keyof Value)[]): Value {
  const object = parseObject(value, field) as Value
  const missing = methods.find((method) => typeof object[method] !== 'function')
  if (missing !== undefined) throw invalidArgument(`${field}.${String(missing)}`, 'must be a function.')
  return object
}
