/**
 * Reads the settings from flags, variables and defaults, and makes the configuration of the sidecar. All faults are
 * found at once, each reported in one sentence that says what to do.
 */

import { isIPv6 } from 'node:net'
import { apiVersions, newestApiVersion, type ApiVersion } from '@rolesets/core'
import { collide, formatListen, isLoopback, type Listen, type TcpListen } from './listening.ts'
import { shown } from './redaction.ts'
import { settings, type Setting, type SettingName } from './settings.ts'
import { readUpstream, type UpstreamConfig } from './upstream-config.ts'

export { settings, type Setting, type SettingName, type UpstreamConfig }

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export type LogLevel = (typeof logLevels)[number]

export interface TlsFiles {
  readonly certFile: string
  readonly keyFile: string
  /** Undefined: clients show no certificate. */
  readonly clientCaFile: string | undefined
}

export interface Config {
  readonly database: string
  /** Undefined: in memory. */
  readonly databasePath: string | undefined
  readonly grpcListen: readonly Listen[]
  /** Undefined: off. */
  readonly httpListen: TcpListen | undefined
  /** In lower case, without ports. */
  readonly httpHosts: readonly string[]
  readonly httpDefaultVersion: ApiVersion
  /** Undefined: there is no listener for probes alone. */
  readonly probeListen: TcpListen | undefined
  /** Whether it serves the metrics, too. */
  readonly probeMetrics: boolean
  /** Undefined: generated at the first start. */
  readonly secretKey: string | undefined
  readonly readKey: string | undefined
  readonly tls: TlsFiles | undefined
  /** The authority to follow. Undefined: this sidecar is one. */
  readonly upstream: UpstreamConfig | undefined
  readonly unknownOrganizations: 'initial' | 'deny'
  /** Whether what a user holds can be asked without a key on a Unix socket and on loopback. */
  readonly membersWithoutKey: boolean
  /** Every write but that of the manifest is refused. */
  /** Undefined: no manifest is followed. */
  readonly manifest: { readonly path: string; readonly prune: boolean } | undefined
  readonly readOnly: boolean
  readonly maxStalenessMs: number
  readonly historyMaxCount: number
  readonly historyMaxAgeMs: number
  readonly shutdownGraceMs: number
  readonly logLevel: LogLevel
}

type Listeners = Pick<Config, 'grpcListen' | 'httpListen' | 'probeListen'>

export interface ConfigInput {
  /** As commander gives them: text, or true for a flag without a value. */
  readonly flags: Readonly<Partial<Record<SettingName, string | boolean>>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** @throws when the file can't be read */
  readonly readFile: (path: string) => string
}

/** The effective value of a setting and where it came from. */
export interface Effective {
  readonly setting: Setting
  readonly text: string | undefined
  readonly from: 'flag' | 'variable' | 'default'
}

export type ParsedConfig =
  { readonly config: Config; readonly effective: readonly Effective[] } | { readonly faults: readonly string[] }

/** The limit of `sun_path` on Linux, less its final zero. */
const socketPathBytesMax = 107
const keyCharacters = { min: 16, max: 512 } as const
const dayMs = 86_400_000

export function parseConfig(input: ConfigInput): ParsedConfig {
  const effective = settings.map((setting) => effectiveOf(setting, input))
  const reader = new Reader(effective, input)
  const insecure = reader.flag('insecure')
  const grpcListen = reader.listens('grpcListen')
  const httpListen = reader.tcpListen('httpListen')
  const probeListen = reader.tcpListen('probeListen')
  reader.checkCollisions({ grpcListen, httpListen, probeListen })
  const httpDefaultVersion = reader.oneOf('httpDefaultVersion', ['newest', ...apiVersions])
  const tls = reader.tls()
  reader.checkExposed([...grpcListen, ...(httpListen ? [httpListen] : [])], insecure || tls !== undefined)
  const secretKey = reader.key('secretKey', 'secretKeyFile')
  const readKey = reader.key('readKey', 'readKeyFile')
  if (secretKey !== undefined && secretKey === readKey)
    reader.fault('readKey', 'is the same as the secret key, so it would allow writing. Give another key.')
  const database = reader.database()
  const config: Config = {
    ...database,
    grpcListen,
    httpListen,
    httpHosts: reader.httpHosts(),
    httpDefaultVersion: httpDefaultVersion === 'newest' ? newestApiVersion : httpDefaultVersion,
    probeListen,
    probeMetrics: reader.probeMetrics(),
    secretKey,
    readKey,
    tls,
    upstream: readUpstream(reader, insecure),
    unknownOrganizations: reader.oneOf('unknownOrganizations', ['initial', 'deny']),
    membersWithoutKey: reader.flag('membersWithoutKey'),
    manifest: reader.manifest(),
    readOnly: reader.flag('readOnly'),
    maxStalenessMs: reader.integer('maxStalenessMs', { min: 100, max: dayMs }),
    historyMaxCount: reader.integer('historyMaxCount', { min: 1, max: 1_000_000_000 }),
    historyMaxAgeMs: reader.integer('historyMaxAgeDays', { min: 0, max: 36_500 }) * dayMs,
    shutdownGraceMs: reader.integer('shutdownGraceMs', { min: 0, max: 600_000 }),
    logLevel: reader.oneOf('logLevel', logLevels),
  }
  return reader.faults.length > 0 ? { faults: reader.faults } : { config, effective }
}

/** As `--print-config` shows them: by name, with where each came from, and without secrets. */
export function printable(effective: readonly Effective[]): string {
  const shown = effective.map(({ setting, text, from }) => {
    const value = setting.secret && text !== undefined ? '(not shown)' : (text ?? null)
    return [setting.name, { value, from }]
  })
  return `${JSON.stringify(Object.fromEntries(shown), null, 2)}\n`
}

/** An empty variable is the same as none, except where empty has a meaning of its own. */
function effectiveOf(setting: Setting, { flags, env }: ConfigInput): Effective {
  const flag = flags[setting.name]
  if (flag !== undefined) return { setting, text: String(flag), from: 'flag' }
  const variable = env[setting.variable]
  if (variable !== undefined && (variable !== '' || setting.name === 'httpListen'))
    return { setting, text: variable, from: 'variable' }
  return { setting, text: setting.default, from: 'default' }
}

/** Reads settings one by one and collects what is wrong with them. After a fault, what it returns is not used. */
class Reader {
  readonly faults: string[] = []
  readonly #effective: ReadonlyMap<SettingName, Effective>
  readonly #readFile: ConfigInput['readFile']

  constructor(effective: readonly Effective[], input: ConfigInput) {
    this.#effective = new Map(effective.map((each) => [each.setting.name, each]))
    this.#readFile = input.readFile
  }

  fault(name: SettingName, problem: string): void {
    const found = this.#effective.get(name)
    const flag = found?.setting.flag.split(' ')[0] ?? name
    const isVariable = found?.from === 'variable'
    this.faults.push(`${isVariable ? found.setting.variable : flag} ${isVariable ? withVariables(problem) : problem}`)
  }

  text(name: SettingName): string | undefined {
    return this.#effective.get(name)?.text
  }

  flag(name: SettingName): boolean {
    return this.oneOf(name, ['true', 'false']) === 'true'
  }

  oneOf<T extends string>(name: SettingName, choices: readonly [T, ...T[]]): T {
    const text = this.text(name)
    const found = choices.find((choice) => choice === text)
    if (found === undefined)
      this.fault(name, `is ${text === undefined ? 'missing' : shown(text)}. Give one of: ${choices.join(', ')}.`)
    return found ?? choices[0]
  }

  integer(name: SettingName, { min, max }: { min: number; max: number }): number {
    const text = this.text(name) ?? ''
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    this.fault(name, `is ${text === undefined ? 'missing' : shown(text)}. Give a whole number from ${min} to ${max}.`)
    return min
  }

  database(): Pick<Config, 'database' | 'databasePath'> {
    const database = this.text('database') ?? ''
    const path = /^sqlite:(.+)$/s.exec(database)?.[1]
    if (path?.includes('\0')) this.fault('database', 'contains a NUL character. Give a path without it.')
    if (/^postgres(ql)?:/.test(database))
      this.fault('database', "names a PostgreSQL server, which this version can't use. Give sqlite:<path>.")
    else if (path === undefined) this.fault('database', `is ${shown(database)}. Give sqlite:<path> or sqlite::memory:.`)
    return { database, databasePath: path === ':memory:' ? undefined : path }
  }

  listens(name: SettingName): readonly Listen[] {
    const texts = (this.text(name) ?? '').split(',').map((text) => text.trim())
    const listens = texts.flatMap((text) => this.listen(name, text) ?? [])
    const seen = new Set<string>()
    for (const listen of listens) {
      const address = formatListen(listen)
      const isAnyPort = listen.kind === 'tcp' && listen.port === 0
      if (seen.has(address) && !isAnyPort) this.fault(name, `has ${address} twice. Give each address once.`)
      seen.add(address)
    }
    return listens
  }

  /** @returns undefined: off */
  tcpListen(name: 'httpListen' | 'probeListen'): TcpListen | undefined {
    const text = this.text(name)?.trim() ?? ''
    if (text === '') return undefined
    if (text.includes(',')) {
      const all = name === 'probeListen' ? ' [::]:<port> takes IPv4 and IPv6.' : ''
      this.fault(name, `has ${text.split(',').length} addresses, and can have one. Give one of them.${all}`)
      return undefined
    }
    const listen = this.listen(name, text)
    if (listen?.kind !== 'unix') return listen
    this.fault(name, `is ${shown(text)}, a Unix socket. HTTP is served on host:port only.`)
    return undefined
  }

  /** Two of our own listeners on one address would each say that another process uses it. */
  checkCollisions({ grpcListen, httpListen, probeListen }: Listeners): void {
    const taken = grpcListen.map((at) => ({ at, name: 'gRPC' }))
    for (const [name, at] of [
      ['httpListen', httpListen],
      ['probeListen', probeListen],
    ] as const) {
      if (at === undefined) continue
      const found = taken.find((each) => collide(each.at, at))
      if (found !== undefined)
        this.fault(
          name,
          `is ${formatListen(at)}, and ${found.name} is served at ${formatListen(found.at)}. Give another port.`,
        )
      taken.push({ at, name: 'HTTP' })
    }
  }

  probeMetrics(): boolean {
    const isOn = this.flag('probeMetrics')
    if (isOn && (this.text('probeListen') ?? '').trim() === '')
      this.fault('probeMetrics', 'is on, but no address is given. Give --probe-listen too.')
    return isOn
  }

  httpHosts(): readonly string[] {
    const hosts = (this.text('httpHosts') ?? '').split(',').map((text) => text.trim().toLowerCase())
    const wrong = hosts.find((host) => host !== '' && !/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)$/.test(host))
    if (wrong !== undefined)
      this.fault('httpHosts', `has ${shown(wrong)}. Give names without a port, separated by commas: proxy.internal.`)
    return hosts.filter((host) => host !== '')
  }

  listen(name: SettingName, text: string): Listen | undefined {
    if (text.startsWith('unix:')) return this.unixListen(name, text.slice('unix:'.length))
    const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text) ?? []
    const host = bracketed ?? plain ?? ''
    const port = Number(digits)
    if (host !== '' && (bracketed === undefined || isIPv6(bracketed)) && port <= 65_535)
      return { kind: 'tcp', host, port, isLoopback: isLoopback(host) }
    const also = name === 'grpcListen' ? ' or unix:<path>' : ''
    this.fault(name, `has ${shown(text)}. Give host:port (for example 127.0.0.1:7450 or [::1]:7450)${also}.`)
    return undefined
  }

  unixListen(name: SettingName, path: string): Listen | undefined {
    const bytes = Buffer.byteLength(path)
    if (path === '' || path.includes('\0')) this.fault(name, `has ${shown(`unix:${path}`)}. Give unix:<path>.`)
    else if (bytes > socketPathBytesMax)
      this.fault(
        name,
        `has a socket path of ${bytes} bytes; the system allows ${socketPathBytesMax}. Give a shorter one.`,
      )
    else return { kind: 'unix', path }
    return undefined
  }

  /** Whether the file is there and right is not looked at: it may come later. */
  manifest(): Config['manifest'] {
    const path = this.text('manifest')
    const prune = this.flag('manifestPrune')
    if (path === undefined && prune)
      this.fault('manifestPrune', 'is given without a manifest. Give --manifest too, or leave it out.')
    if (path === '') this.fault('manifest', 'is empty. Give the path of a file or a folder.')
    if (path?.includes('\0')) this.fault('manifest', 'contains a NUL character. Give a path without it.')
    return path === undefined ? undefined : { path, prune }
  }

  tls(): TlsFiles | undefined {
    const [certFile, keyFile, clientCaFile] = [this.text('tlsCert'), this.text('tlsKey'), this.text('tlsClientCa')]
    if (certFile !== undefined && keyFile !== undefined) {
      for (const name of ['tlsCert', 'tlsKey', 'tlsClientCa'] as const) this.file(name)
      return { certFile, keyFile, clientCaFile }
    }
    if (certFile !== undefined) this.fault('tlsCert', 'is given without the private key. Give --tls-key too.')
    if (keyFile !== undefined) this.fault('tlsKey', 'is given without the certificate. Give --tls-cert too.')
    if (clientCaFile !== undefined && certFile === undefined && keyFile === undefined)
      this.fault('tlsClientCa', 'is given without a certificate of the server. Give --tls-cert and --tls-key too.')
    return undefined
  }

  checkExposed(listens: readonly Listen[], isAllowed: boolean): void {
    if (isAllowed) return
    for (const listen of listens) {
      if (listen.kind === 'unix' || listen.isLoopback) continue
      const address = formatListen(listen)
      this.faults.push(
        `${address} can be reached from other machines, and there is no TLS: give --tls-cert and --tls-key, or --insecure if something else encrypts the connection.`,
      )
    }
  }

  /** A key that is given, or that a file has. */
  key(name: 'secretKey' | 'readKey' | 'upstreamKey', fileName: `${typeof name}File`): string | undefined {
    const isFile = this.text(fileName) !== undefined
    const from = isFile ? fileName : name
    if (isFile && this.text(name) !== undefined) {
      this.fault(fileName, 'is given together with the key itself. Give one of the two.')
      return undefined
    }
    const key = isFile ? this.file(fileName)?.trim() : this.text(name)
    const problem = key === undefined ? undefined : keyProblem(key)
    if (problem !== undefined) this.fault(from, problem)
    return key
  }

  file(name: SettingName): string | undefined {
    const path = this.text(name)
    if (path === undefined) return undefined
    try {
      return this.#readFile(path)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown failure'
      this.fault(name, `names ${shown(path)}, which can't be read (${code}). Give a file that the sidecar may read.`)
      return undefined
    }
  }
}

/** Who sets variables, as in a pod, reads what to do in variables. What the user gave stands in quotes. */
function withVariables(problem: string): string {
  return problem.replace(/(?<!["\w-])--[a-z-]+/g, (flag) => {
    return settings.find((setting) => setting.flag.split(' ')[0] === flag)?.variable ?? flag
  })
}

/** What is wrong with a key, as the end of a sentence; undefined: nothing. Never shows the key. */
export function keyProblem(key: string): string | undefined {
  const { min, max } = keyCharacters
  if (key.length < min || key.length > max) return `has ${key.length} characters. A key has ${min} to ${max}.`
  if (!/^[\x21-\x7e]+$/.test(key)) return 'has spaces or characters beyond ASCII. Give printable ASCII without spaces.'
  return undefined
}
