/**
 * The connection to the sidecar: one gRPC channel at a time. An attempt to connect that isn't ready in time is given up
 * together with its sockets, and the next one has a channel of its own. grpc-js alone would wait without an end for a peer
 * that accepts and says nothing, and as long as the kernel does for one that doesn't answer.
 */

import { isIP, type Socket } from 'node:net'
import grpc from '@grpc/grpc-js'
import { invalidArgument, RoleSetsError } from '../errors.ts'
import { findingOf, type Finding } from './connection-findings.ts'
import { diagnose, type TlsOptions } from './diagnosis.ts'
import { refuseCompression } from './plain-messages.ts'
import type { Target } from './target.ts'

/** How long one attempt has. A pause of the follower and one more attempt end within 5 seconds of the network's return. */
const attemptMs = 2500

/** How often, and how many times, a closed channel is looked at: longer than any look-up of a name. */
const closingLookEveryMs = 100
const closingLooksMax = 600

/** With many organizations in one batch, the default of 4 MiB would do for answers only just. */
const messageBytesMax = 16 * 1024 * 1024

const channelOptions: grpc.ChannelOptions = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  // A name may lead somewhere else after a restart.
  'grpc.dns_min_time_between_resolutions_ms': 1000,
  'grpc.service_config_disable_resolution': 1,
  // The client has its own way to try again.
  'grpc.enable_retries': 0,
  // A peer that is stopped, or behind a broken link, is noticed by its missing answers to pings.
  'grpc.keepalive_time_ms': 5000,
  'grpc.keepalive_timeout_ms': 2000,
  // Two clients of one process fail and recover each for itself.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.max_receive_message_length': messageBytesMax,
}

export interface ConnectionOptions {
  readonly target: Target
  readonly tls: TlsOptions | undefined
}

export class Connection {
  readonly #options: ConnectionOptions
  #channel: Channel
  #attempt: Promise<void> | undefined
  #isClosed = false
  /** Why the last attempt failed; undefined while the last one succeeded. */
  finding: Finding | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#channel = new Channel(options)
  }

  /** What makes calls. It is another one after each failed attempt. */
  get client(): grpc.Client {
    return this.#channel.client
  }

  /** Settles when the channel is up. Those that wait at the same time share one attempt. @throws RoleSetsError */
  async connect(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#isClosed) throw abandoned()
    this.#attempt ??= this.#try().finally(() => (this.#attempt = undefined))
    const attempt = this.#attempt
    let abort = () => {}
    const aborted = new Promise<never>((_resolve, reject) => (abort = () => reject(abandoned())))
    signal.addEventListener('abort', abort, { once: true })
    try {
      await Promise.race([attempt, aborted])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** The channel may be broken without knowing it: the next attempt begins with another one. */
  drop(): void {
    if (this.#isClosed) return
    this.#channel.drop()
    this.#channel = new Channel(this.#options)
  }

  close(): void {
    this.#isClosed = true
    this.#channel.drop()
  }

  async #try(): Promise<void> {
    // Its own pause before it tries again isn't waited for.
    if (this.#channel.state(false) === grpc.connectivityState.TRANSIENT_FAILURE) this.drop()
    const channel = this.#channel
    if (await channel.becomesReady(attemptMs)) {
      this.finding = undefined
      return
    }
    if (this.#isClosed) throw abandoned()
    const { target, tls } = this.#options
    const phase = channel.phase
    this.drop()
    this.finding = phase === 'refused' ? await diagnose(target, tls) : findingOf[phase](target.address)
    const { problem, remedy, detail, cause } = this.finding
    throw new RoleSetsError('unavailable', problem, { remedy, detail, cause })
  }
}

/** A channel and the sockets that it opened. */
class Channel {
  readonly client: grpc.Client
  readonly #sockets = new Set<Socket>()
  #isDropped = false
  #hasConnected = false
  #hasFailed = false

  constructor({ target, tls }: ConnectionOptions) {
    const credentials = watched(credentialsOf(tls), (socket) => this.#keep(socket))
    this.client = new grpc.Client(target.address, credentials, {
      ...channelOptions,
      ...(target.isLocal && { 'grpc.enable_http_proxy': 0 }),
      ...(tls?.serverName !== undefined && {
        'grpc.ssl_target_name_override': tls.serverName,
        'grpc.default_authority': tls.serverName,
      }),
    })
    refuseCompression(this.client)
  }

  state(connect: boolean): grpc.connectivityState {
    return this.client.getChannel().getConnectivityState(connect)
  }

  /** How far a failed attempt came. */
  get phase(): 'refused' | 'silent' | 'unanswered' {
    if (this.#hasFailed) return 'refused'
    return this.#hasConnected ? 'silent' : 'unanswered'
  }

  async becomesReady(withinMs: number): Promise<boolean> {
    const deadline = Date.now() + withinMs
    const channel = this.client.getChannel()
    for (;;) {
      if (this.#isDropped) return false
      const state = this.state(true)
      if (state === grpc.connectivityState.READY) return true
      this.#hasFailed = state === grpc.connectivityState.TRANSIENT_FAILURE
      if (this.#hasFailed) return false
      const hasChanged = await new Promise<boolean>((resolve) =>
        channel.watchConnectivityState(state, deadline, (error) => resolve(error === undefined)),
      )
      if (!hasChanged) return false
    }
  }

  /** A channel that is closed while it looks up a name opens again with the result: then it is closed once more. */
  drop(): void {
    this.#isDropped = true
    this.client.close()
    for (const socket of this.#sockets) socket.destroy()
    const channel = this.client.getChannel()
    let looks = 0
    const guard = setInterval(() => {
      if (channel.getConnectivityState(false) !== grpc.connectivityState.SHUTDOWN) channel.close()
      if (++looks === closingLooksMax) clearInterval(guard)
    }, closingLookEveryMs).unref()
  }

  #keep(socket: Socket): void {
    this.#hasConnected = true
    if (this.#isDropped) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }
}

function abandoned(): RoleSetsError {
  return new RoleSetsError('aborted', 'The connection attempt was abandoned: no call waits for it.')
}

function credentialsOf(tls: TlsOptions | undefined): grpc.ChannelCredentials {
  if (tls === undefined) return grpc.credentials.createInsecure()
  const pem = (text: string | Buffer | undefined) => (text === undefined ? null : Buffer.from(text))
  try {
    return grpc.credentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.cert))
  } catch (error) {
    const { code } = error as { code?: unknown }
    throw code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH'
      ? invalidArgument('tls', 'has a `cert` and a `key` that do not belong together.', 'matching_pair')
      : invalidArgument('tls', 'has a certificate or a key that is not valid PEM, or a key with a passphrase.')
  }
}

/** What grpc-js makes of credentials for each attempt to connect; a part that it doesn't document. */
interface SecureConnector {
  connect(socket: Socket): Promise<unknown>
  readonly connectionOptions?: { servername?: string }
}

/**
 * The same credentials, which report each socket that was connected. A channel that is closed waits for its peer before
 * it closes its socket, so a socket to a silent peer would stay open. Without this part of grpc-js everything else works.
 */
function watched(credentials: grpc.ChannelCredentials, onSocket: (socket: Socket) => void): grpc.ChannelCredentials {
  type Make = (...args: unknown[]) => SecureConnector
  const internals = credentials as unknown as { _createSecureConnector?: Make }
  const make = internals._createSecureConnector
  if (typeof make !== 'function') return credentials
  internals._createSecureConnector = (...args) => {
    const connector = make.apply(credentials, args)
    const connect = connector.connect.bind(connector)
    // An address is no name to send: Node warns of it. The certificate is compared with the host all the same.
    const { connectionOptions } = connector
    if (connectionOptions !== undefined && isIP(connectionOptions.servername ?? '') !== 0)
      delete connectionOptions.servername
    connector.connect = (socket) => {
      onSocket(socket)
      return connect(socket)
    }
    return connector
  }
  return credentials
}
