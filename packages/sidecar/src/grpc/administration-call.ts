/** What the calls of the administration share: how a write is made, how pages are requested, how replies look. */

import type * as proto from '@rolesets/proto'
import type { PageCall, PageOf, WriteCall, Written } from '../service/call.ts'
import { actorOf } from './authenticate.ts'
import { unary, type Call, type Endpoint } from './handler.ts'
import { impactMessage } from './messages.ts'
import { failureOf } from './status.ts'

/** A write with its actor. Its result is reported to the observer. */
export function writing(endpoint: Endpoint) {
  return <Request extends { dryRun: boolean; expectedRevision?: string }, Response>(
    operation: string,
    work: (request: Request, call: WriteCall) => Promise<Response>,
  ) =>
    unary(endpoint, 'write', async (request: Request, call: Call) => {
      const { dryRun, expectedRevision } = request
      try {
        const response = await work(request, { actor: actorOf(call), dryRun, expectedRevision, signal: call.signal })
        endpoint.observer.wrote(operation, dryRun ? 'DRY_RUN' : 'OK')
        return response
      } catch (error) {
        endpoint.observer.wrote(operation, failureOf(error).reason)
        throw error
      }
    })
}

export function pageCall({ pageSize, pageToken }: { pageSize: number; pageToken: string }, { signal }: Call): PageCall {
  return { pageSize, pageToken, signal }
}

export function pageMessage<T>({ items, nextPageToken, revision }: PageOf<T>) {
  return { items: [...items], nextPageToken, revision }
}

export function writtenMessage({ impact, revision }: Omit<Written<unknown>, 'value'>) {
  return { impact: impactMessage(impact), revision }
}

/** The message of the thing; null where a dry run answers without one. */
export function thingMessage<V, M>({ value }: Pick<Written<V>, 'value'>, message: (value: V) => M): M | null {
  return value === undefined ? null : message(value)
}

export function deletedWritten(written: Written<{ readonly id: string }>): proto.DeletedWritten {
  return { ...writtenMessage(written), id: written.value?.id ?? '' }
}
