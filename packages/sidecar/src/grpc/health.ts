/**
 * `grpc.health.v1.Health`: the whole server (the empty name) and each of its services, which serve together or not at
 * all. The definition comes from grpc-health-check. The replies are our own, because the library can't end its watchers when
 * the server stops.
 */

import { createRequire } from 'node:module'
import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js'
import type * as HealthCheck from 'grpc-health-check'
import { methodOnDemand, UnreadableRequest, type RpcMethod } from './strict-requests.ts'
import { admitting, serverStream, unary, type Endpoint, type StreamCall } from './handler.ts'
import { unknownService } from './status.ts'

type ServingStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN'

interface Request {
  readonly service: string
}

interface Response {
  readonly status: ServingStatus
}

export const healthDefinition = {
  Check: methodOnDemand('/grpc.health.v1.Health/Check', () => methodOf('Check')),
  Watch: { ...methodOnDemand('/grpc.health.v1.Health/Watch', () => methodOf('Watch')), responseStream: true },
  List: methodOnDemand('/grpc.health.v1.Health/List', () => methodOf('List')),
}

const needWrites: readonly string[] = ['', 'rolesets.v1.Administration']

let loaded: { readonly [name: string]: RpcMethod } | undefined

function methodOf(name: string): RpcMethod {
  // Its types come from another copy of the same loader.
  loaded ??= (createRequire(import.meta.url)('grpc-health-check') as typeof HealthCheck)
    .service as unknown as NonNullable<typeof loaded>
  const method = loaded[name]
  if (method === undefined) throw new Error(`grpc-health-check has no method ${name}.`)
  return method
}

export class Health {
  readonly #services: ReadonlySet<string>
  readonly #listeners = new Set<() => void>()
  #isServing = false
  #isWritable = true

  /** @param services full names, as in `rolesets.v1.Decisions` */
  constructor(services: readonly string[]) {
    this.#services = new Set(['', ...services])
  }

  setServing(isServing: boolean): void {
    this.#isServing = isServing
    for (const listener of this.#listeners) listener()
  }

  /** While the store refuses every write, neither the administration nor the server as a whole serves. */
  setWritable(isWritable: boolean): void {
    this.#isWritable = isWritable
    for (const listener of this.#listeners) listener()
  }

  handlers(endpoint: Endpoint): UntypedServiceImplementation {
    const check = unary(endpoint, 'open', ({ service: name }: Request) => ({ status: this.#statusOf(name) }))
    return {
      Check: admitting('open', (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => {
        const name = call.request instanceof UnreadableRequest ? '' : call.request.service
        if (this.#statusOf(name) === 'SERVICE_UNKNOWN') callback(unknownService(name))
        else check(call, callback)
      }),
      Watch: serverStream(endpoint, 'open', ({ service: name }: Request, call) => this.#watch(name, call)),
      List: unary(endpoint, 'open', () => ({
        statuses: Object.fromEntries([...this.#services].map((name) => [name, { status: this.#statusOf(name) }])),
      })),
    }
  }

  /** Subscribes before it reads, and looks again before it ends, so that no change is lost, not even the last one. */
  async *#watch(name: string, { signal }: StreamCall): AsyncGenerator<Response, void, undefined> {
    let wake = () => {}
    const listener = () => wake()
    this.#listeners.add(listener)
    signal.addEventListener('abort', listener)
    try {
      let sent: ServingStatus | undefined
      for (;;) {
        const changed = new Promise<void>((resolve) => (wake = resolve))
        const status = this.#statusOf(name)
        if (status !== sent) yield { status: (sent = status) }
        else if (signal.aborted) throw signal.reason
        else await changed
      }
    } finally {
      this.#listeners.delete(listener)
      signal.removeEventListener('abort', listener)
    }
  }

  #statusOf(name: string): ServingStatus {
    if (!this.#services.has(name)) return 'SERVICE_UNKNOWN'
    const isStopped = !this.#isWritable && needWrites.includes(name)
    return this.#isServing && !isStopped ? 'SERVING' : 'NOT_SERVING'
  }
}
