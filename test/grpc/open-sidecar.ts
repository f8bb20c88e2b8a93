/**
 * A sidecar in this process, over a real file and real listeners, and plain grpc-js clients for it: what any program in
 * any language would see.
 */

import type { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import grpc, { type Client, type Metadata, type ServiceError } from '@grpc/grpc-js'
import protoLoader from '@grpc/proto-loader'
import { BadRequest, ErrorInfo } from 'nice-grpc-error-details'
import { Status } from 'nice-grpc-error-details/lib/proto/google/rpc/status.js'
import type { ProtoGrpcType } from '@rolesets/proto'
import { loaderOptions, protoFiles } from '@rolesets/proto/files'
import { parseConfig, type Config } from '../../packages/sidecar/src/config.ts'
import { createLog } from '../../packages/sidecar/src/logging.ts'
import { Redaction } from '../../packages/sidecar/src/redaction.ts'
import { openSidecar, type Sidecar, type SidecarOptions } from '../../packages/sidecar/src/sidecar.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'

export const secretKey = 'the-secret-key-of-tests'
export const readKey = 'the-read-key-of-tests'

interface Teardown {
  teardown(undo: () => unknown): void
}

export interface OpenedSidecar {
  readonly sidecar: Sidecar
  readonly folder: string
  /** The first gRPC address. */
  readonly target: string
  /** The lines of the log so far. */
  readonly log: readonly Record<string, unknown>[]
  readonly close: () => Promise<void>
}

/** Opens it as the settings say; `change` may do what no setting on this machine could. */
export async function openTestSidecar(
  t: Teardown,
  env: Readonly<Record<string, string>> = {},
  change: (config: Config) => Config = (config) => config,
  options: Pick<SidecarOptions, 'readiness' | 'signal' | 'now'> = {},
): Promise<OpenedSidecar> {
  const folder = await temporaryFolder(t)
  const parsed = parseConfig({
    flags: {},
    env: {
      ROLESETS_DATABASE: `sqlite:${join(folder, 'r.db')}`,
      ROLESETS_GRPC_LISTEN: `unix:${join(folder, 's')}`,
      ROLESETS_HTTP_LISTEN: '',
      ROLESETS_SECRET_KEY: secretKey,
      ROLESETS_READ_KEY: readKey,
      ROLESETS_LOG_LEVEL: 'debug',
      ROLESETS_SHUTDOWN_GRACE_MS: '2000',
      ...env,
    },
    readFile: (path) => readFileSync(path, 'utf8'),
  })
  if ('faults' in parsed) throw new Error(parsed.faults.join('\n'))
  const log: Record<string, unknown>[] = []
  const write = (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>)
  const config = change(parsed.config)
  const sidecar = await openSidecar(config, {
    ...options,
    log: createLog({ level: config.logLevel, redaction: new Redaction(), write }),
  })
  t.teardown(() => sidecar.close())
  return { sidecar, folder, log, target: sidecar.grpc[0] ?? '', close: () => sidecar.close() }
}

/** Addresses on loopback that are treated as if other machines could reach them: tests stay on this machine. */
export function exposed(config: Config): Config {
  const expose = <T extends Config['grpcListen'][number]>(listen: T): T =>
    listen.kind === 'tcp' ? { ...listen, isLoopback: false } : listen
  const { httpListen } = config
  return { ...config, grpcListen: config.grpcListen.map(expose), httpListen: httpListen && expose(httpListen) }
}

export const contract = grpc.loadPackageDefinition(
  protoLoader.loadSync([...protoFiles], loaderOptions),
) as unknown as ProtoGrpcType

export type Services = ProtoGrpcType['rolesets']['v1']
export type Request = Readonly<Record<string, unknown>>
export type Answer = Record<string, unknown>

export interface CallOptions {
  readonly key?: string | undefined
  readonly metadata?: Readonly<Record<string, string>>
  readonly deadlineMs?: number
}

export interface TestClient {
  /** One unary call by its name, for example `CheckRole` of Decisions: `call('Check', {…})`. */
  readonly call: (method: string, request?: Request, options?: CallOptions) => Promise<Answer>
  /** The same with the read key. */
  readonly read: (method: string, request?: Request, options?: CallOptions) => Promise<Answer>
  /** The same with the secret key. */
  readonly write: (method: string, request?: Request, options?: CallOptions) => Promise<Answer>
  readonly watch: (request?: Request, options?: CallOptions) => grpc.ClientReadableStream<Answer>
  readonly close: () => void
}

/** A client of all three services. */
export function connect(
  t: Teardown,
  target: string,
  credentials: grpc.ChannelCredentials = grpc.credentials.createInsecure(),
): TestClient {
  // Each client has connections of its own, so that one test doesn't disturb another.
  const channelOptions = {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': 16 * 1024 * 1024,
    'grpc.ssl_target_name_override': 'localhost',
  }
  const { Decisions, Administration, Changes } = contract.rolesets.v1
  const clients = [Decisions, Administration, Changes].map(
    (Service) => new Service(target, credentials, channelOptions),
  )
  const close = () => clients.forEach((client) => (client as Client).close())
  t.teardown(close)
  const call: TestClient['call'] = (method, request = {}, callOptions = {}) =>
    new Promise((resolve, reject) => {
      const client = clients.find((each) => method in each) as unknown as Record<string, UnaryMethod> | undefined
      const done = (error: ServiceError | null, answer: Answer) => (error ? reject(error) : resolve(answer))
      const answers = client?.[method]?.(request, metadataOf(callOptions), deadlineOf(callOptions), done)
      // A call that answers with a stream calls nothing back; this is its first message.
      answers?.on('error', reject).on('data', resolve)
    })
  return {
    call,
    read: (method, request, more) => call(method, request, { key: readKey, ...more }),
    write: (method, request, more) => call(method, request, { key: secretKey, ...more }),
    watch: (request = {}, callOptions = {}) => {
      const changes = clients[2] as InstanceType<typeof Changes>
      const stream: unknown = changes.watch(request, metadataOf(callOptions), deadlineOf(callOptions))
      return stream as grpc.ClientReadableStream<Answer>
    },
    close,
  }
}

type UnaryMethod = (
  request: Request,
  metadata: Metadata,
  options: grpc.CallOptions,
  done: (error: ServiceError | null, answer: Answer) => void,
) => EventEmitter

export function metadataOf({ key, metadata = {} }: CallOptions): Metadata {
  const made = new grpc.Metadata()
  if (key !== undefined) made.set('authorization', `Bearer ${key}`)
  for (const [name, value] of Object.entries(metadata)) made.set(name, value)
  return made
}

function deadlineOf({ deadlineMs = 120_000 }: CallOptions): grpc.CallOptions {
  return { deadline: Date.now() + deadlineMs }
}

/** What an error says to programs. */
export interface Refused {
  /** The name of the code, for example `NOT_FOUND`. */
  readonly status: string
  readonly message: string
  readonly reason: string | undefined
  readonly domain: string | undefined
  readonly facts: Readonly<Record<string, string>>
  readonly fields: readonly { readonly field: string; readonly description: string }[]
}

export function detailsOf(error: unknown): Refused {
  const { code, details, metadata } = error as ServiceError
  const [bytes] = metadata.get('grpc-status-details-bin')
  const parts = bytes === undefined ? [] : Status.decode(bytes as Buffer).details
  const info = parts.find(({ typeUrl }) => typeUrl.endsWith('ErrorInfo'))
  const fields = parts.find(({ typeUrl }) => typeUrl.endsWith('BadRequest'))
  const decoded = info && ErrorInfo.decode(info.value)
  return {
    status: grpc.status[code],
    message: details,
    reason: decoded?.reason,
    domain: decoded?.domain,
    facts: decoded?.metadata ?? {},
    fields: (fields ? BadRequest.decode(fields.value).fieldViolations : []).map(({ field, description }) => ({
      field,
      description,
    })),
  }
}

/** Waits for a call to be refused. */
export async function refusalOf(call: Promise<unknown>): Promise<Refused> {
  const outcome = await call.then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  )
  if ('answer' in outcome) throw new Error(`It was answered: ${JSON.stringify(outcome.answer)}`)
  return detailsOf(outcome.error)
}

/** How a stream ended, once all its messages are read. */
export async function endOf(stream: NodeJS.ReadableStream): Promise<Refused> {
  return new Promise((resolve, reject) => {
    stream.on('error', (error) => resolve(detailsOf(error)))
    stream.on('end', () => reject(new Error('The stream ended without an error.')))
    stream.resume()
  })
}

/** The next message that is wanted; the others before it are passed over. */
export async function nextMessage(
  stream: grpc.ClientReadableStream<Answer>,
  isWanted: (message: Answer) => boolean = () => true,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      stream.off('data', take)
      stream.off('error', reject)
      stream.pause()
    }
    const take = (message: Answer) => {
      if (!isWanted(message)) return
      settle()
      resolve(message)
    }
    stream.on('data', take)
    stream.once('error', reject)
    stream.resume()
  })
}
