/** Asks a sidecar for its health, with a connection for this question alone. A failure says at once why there is no answer. */

import grpc from '@grpc/grpc-js'
import { loadContract, loadHealth, type HealthList, type ServingStatus } from '@rolesets/proto'
import type { RoleSetsError } from '../errors.ts'
import { errorOfCall } from './call-failure.ts'
import { Connection, type ConnectionOptions } from './connection.ts'

export interface SidecarHealth {
  /** By the full name of the service, as in `rolesets.v1.Decisions`; the empty name is the server as a whole. */
  readonly services: Readonly<Record<string, ServingStatus>>
  /** Why no call is answered, in the words of the sidecar. Undefined: calls are answered, or it gives no reason. */
  readonly reason: string | undefined
}

interface Asking {
  readonly connection: Connection
  readonly target: string
  readonly deadline: number
  readonly signal: AbortSignal
}

/** @throws RoleSetsError */
export async function askHealth(
  options: ConnectionOptions,
  { deadlineMs, signal }: { readonly deadlineMs: number; readonly signal: AbortSignal },
): Promise<SidecarHealth> {
  const connection = new Connection(options)
  try {
    await connection.connect(signal)
    const asking = { connection, target: options.target.address, deadline: Date.now() + deadlineMs, signal }
    const { statuses } = (await call(asking, loadHealth().List)) as HealthList
    const services = Object.fromEntries(Object.entries(statuses).map(([name, { status }]) => [name, status]))
    const isServing = Object.values(services).some((status) => status === 'SERVING')
    return { services, reason: isServing ? undefined : await reasonOf(asking) }
  } finally {
    connection.close()
  }
}

/** Health has no reasons. A call that is refused has one, whatever it asks and whatever its key is. */
async function reasonOf(asking: Asking): Promise<string | undefined> {
  try {
    await call(asking, loadContract().Decisions.Check)
    return undefined
  } catch (error) {
    // `call` throws nothing else.
    const { code, message } = error as RoleSetsError
    return code === 'not_ready' || code === 'not_serving' ? message : undefined
  }
}

type Method = Pick<grpc.MethodDefinition<object, object>, 'path' | 'requestSerialize' | 'responseDeserialize'>

/** With an empty request. @throws RoleSetsError */
async function call({ connection, target, deadline, signal }: Asking, method: Method): Promise<unknown> {
  const { path, requestSerialize, responseDeserialize } = method
  return new Promise((resolve, reject) => {
    const sent = connection.client.makeUnaryRequest(
      ...([path, requestSerialize, responseDeserialize, {}, new grpc.Metadata(), { deadline }] as const),
      (failure, reply) => {
        signal.removeEventListener('abort', cancel)
        if (failure) reject(errorOfCall(failure, target))
        else resolve(reply)
      },
    )
    const cancel = () => sent.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted) cancel()
  })
}
