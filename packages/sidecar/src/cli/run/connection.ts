/** How a verb reaches its sidecar: the options that say where it is and with which key, and the client made from them. */

import { existsSync } from 'node:fs'
import {
  createRoleSetsClient,
  isRoleSetsError,
  type ClientEvent,
  type RoleSetsClient,
  type RoleSetsErrorCode,
} from '@rolesets/client'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { mayBeKey } from '../../redaction.ts'
import { readBounded, readFileBounded } from '../../bounded-file.ts'
import { UsageError, type KeyFlag } from './failure.ts'
import type { Io } from './io.ts'
import { withoutUndefined } from './without-undefined.ts'

const keyBytesMax = 4_096
const pemBytesMax = 1_048_576
export const timeoutSecondsMax = 3_600

export interface ConnectionOptions {
  readonly target: string
  readonly key?: string
  readonly keyFile?: string
  readonly tls?: true
  readonly tlsCa?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsServerName?: string
  readonly insecure?: true
  readonly timeout: number
  readonly json?: true
}

/** The flags and variables that give a key: these, and the same with `-file` and `_FILE`. */
export interface KeyNames {
  readonly flag: KeyFlag
  readonly variable: string
}

/** The names for the sidecar's key, unless `--key` is that of another server. */
const sidecarKey: KeyNames = { flag: '--key', variable: 'ROLESETS_KEY' }

export function addConnectionOptions(
  command: Command,
  io: Io,
  {
    timeoutSeconds,
    keyFlag = sidecarKey.flag,
    isTargetGiven = false,
  }: { timeoutSeconds: number; keyFlag?: KeyFlag | undefined; isTargetGiven?: boolean | undefined },
): Command {
  const target = new Option('--target <address>', 'host:port or unix:<path> (ROLESETS_TARGET)')
  hideMistaken(io.env.ROLESETS_TARGET, io)
  const timeout = new Option('--timeout <seconds>', 'how long to wait for an answer')
  return command
    .optionsGroup('The sidecar:')
    .addOption(isTargetGiven ? target : target.default(given(io.env.ROLESETS_TARGET) ?? '127.0.0.1:7450'))
    .option(
      `${keyFlag} <key>`,
      `the key; other users of this machine can see it, so prefer ${keyFlag}-file (ROLESETS_KEY)`,
    )
    .option(`${keyFlag}-file <path>`, 'a file that contains the key; - reads standard input (ROLESETS_KEY_FILE)')
    .option('--insecure', 'send the key to another machine without encryption')
    .option('--tls', 'speak TLS, and trust the authorities that Node trusts')
    .option('--tls-ca <path>', 'speak TLS, and trust these authorities instead (PEM)')
    .option('--tls-cert <path>', 'certificate of this client, for mutual TLS (PEM)')
    .option('--tls-key <path>', 'private key of that certificate (PEM)')
    .option('--tls-server-name <name>', "the name that the sidecar's certificate must have")
    .addOption(timeout.argParser(parseTimeout).default(timeoutSeconds))
}

/** The caller closes the client. `explain` translates what its calls throw. */
export async function openClient(
  options: ConnectionOptions,
  io: Io,
  { needsKey, onEvent }: { needsKey: boolean; onEvent: (event: ClientEvent) => void },
): Promise<{ readonly client: RoleSetsClient; readonly explain: (error: unknown) => unknown }> {
  hideMistaken(options.target, io)
  const key = await readKey(options, io, sidecarKey)
  const isMissing = key === undefined && needsKey
  if (isMissing && !isOnThisMachine(options.target)) throw keyNeeded()
  const tls = await readTls(options, io)
  const client = createRoleSetsClient({
    target: options.target,
    deadlineMs: options.timeout * 1_000,
    signal: io.signal,
    onEvent,
    ...withoutUndefined({ key, tls, insecure: options.insecure }),
  })
  return { client, explain: (error) => (isMissing ? unlessKeyNeeded(error) : error) }
}

/** A sidecar on this machine that has no key at all has a better answer than that one is missing: it is read-only. */
function isOnThisMachine(target: string): boolean {
  return /^(unix:|localhost:|127\.|\[::1\])/.test(target)
}

/** The sidecar was asked without a key. Unless it says more than that one is needed, that is what is told. */
function unlessKeyNeeded(error: unknown): unknown {
  return isRoleSetsError(error) && withoutKey.includes(error.code) ? keyNeeded() : error
}

const withoutKey: readonly RoleSetsErrorCode[] = [
  ...(['key_required', 'unauthenticated', 'permission_denied'] as const),
  ...(['unavailable', 'deadline_exceeded', 'not_ready', 'not_serving'] as const),
]

function keyNeeded(): UsageError {
  return new UsageError(
    'This command needs the secret key. Give it with --key-file <path>, or in ROLESETS_KEY_FILE or ROLESETS_KEY. ' +
      'A sidecar that generated its key keeps it beside its database, in <database>.key.',
    { code: 'key_required' },
  )
}

/** Without a key, a sidecar on this machine leaves out what is about members. */
export function isKeyGiven({ key, keyFile }: Pick<ConnectionOptions, 'key' | 'keyFile'>, io: Io): boolean {
  const { variable } = sidecarKey
  return [key, keyFile, given(io.env[variable]), given(io.env[`${variable}_FILE`])].some((each) => each !== undefined)
}

/** @returns undefined if none is given */
export async function readKey(
  given: Pick<ConnectionOptions, 'key' | 'keyFile'>,
  io: Io,
  names: KeyNames,
): Promise<string | undefined> {
  const key = await findKey(given, io, names)
  io.hide(key)
  return key
}

async function findKey(
  { key, keyFile }: Pick<ConnectionOptions, 'key' | 'keyFile'>,
  io: Io,
  { flag, variable }: KeyNames,
): Promise<string | undefined> {
  if (key !== undefined && keyFile !== undefined) {
    throw new UsageError(`Give one of ${flag} and ${flag}-file, not both.`)
  }
  if (key !== undefined) return checkKey(key, flag)
  if (keyFile !== undefined) return readKeyFile(keyFile, io, `${flag}-file`)
  const [inEnvironment, inFile] = [given(io.env[variable]), given(io.env[`${variable}_FILE`])]
  if (inEnvironment !== undefined && inFile !== undefined) {
    throw new UsageError(`${variable} and ${variable}_FILE are both set. Unset one of them, or give ${flag}-file.`)
  }
  if (inEnvironment !== undefined) return checkKey(inEnvironment, variable)
  return inFile === undefined ? undefined : readKeyFile(inFile, io, `${variable}_FILE`)
}

/** @param path `-` reads standard input */
async function readKeyFile(path: string, io: Io, source: string): Promise<string> {
  hideMistaken(path, io)
  const what = path === '-' ? 'Standard input' : `The file of ${source}, ${path},`
  const bytes =
    path === '-'
      ? await readBounded(io.stdin(), { what, bytesMax: keyBytesMax, signal: io.signal })
      : await readFileBounded(path, { what, bytesMax: keyBytesMax, signal: io.signal })
  return checkKey(Buffer.from(bytes).toString('utf8').trim(), what)
}

/** A key that was given in place of a path or an address must not come back in an error. No file has the name of a key. */
export function hideMistaken(text: string | undefined, { hide }: Pick<Io, 'hide'>): void {
  if (text !== undefined && mayBeKey(text) && !existsSync(text)) hide(text)
}

/** A key is sent in a header. */
function checkKey(key: string, source: string): string {
  if (/^[\x21-\x7e]+$/.test(key) && key.length <= keyBytesMax) return key
  throw new UsageError(
    `${source} has no valid key. A key is one line of printable ASCII without spaces, of at most ${keyBytesMax} characters.`,
  )
}

type TlsOptions = Exclude<Parameters<typeof createRoleSetsClient>[0]['tls'], undefined>

/** @returns undefined: without TLS */
export async function readTls(options: ConnectionOptions, io: Io): Promise<TlsOptions | undefined> {
  const { tls, tlsCa, tlsCert, tlsKey, tlsServerName } = options
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new UsageError('Mutual TLS needs both --tls-cert and --tls-key. Give both or neither.')
  }
  const read = (path: string | undefined, source: string): Promise<string> | undefined =>
    path === undefined ? undefined : readPem(path, io, source)
  const [ca, cert, key] = [
    await read(tlsCa, '--tls-ca'),
    await read(tlsCert, '--tls-cert'),
    await read(tlsKey, '--tls-key'),
  ]
  const details = withoutUndefined({ ca, cert, key, serverName: tlsServerName })
  return Object.keys(details).length > 0 ? details : tls
}

async function readPem(path: string, io: Io, source: string): Promise<string> {
  hideMistaken(path, io)
  const what = `The file of ${source}, ${path},`
  const bytes = await readFileBounded(path, { what, bytesMax: pemBytesMax, signal: io.signal })
  return Buffer.from(bytes).toString('utf8')
}

function parseTimeout(text: string): number {
  const seconds = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
  if (seconds > 0 && seconds <= timeoutSecondsMax) return seconds
  throw new InvalidArgumentError(`Give a number of seconds from 0.001 to ${timeoutSecondsMax}.`)
}

/** An empty variable is the same as none. */
export function given(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
