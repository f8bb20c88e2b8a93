/** What the calls of the administration share: how reads and writes are made, and how their replies look. */

import type * as proto from '@rolesets/proto'
import type { PageCall, PageOf, WriteCall, Written } from '../service/operations/call.ts'
import type { Service } from '../service/service.ts'
import type { ImpactView } from '../service/views.ts'
import { actorOf, checkMayAskWithoutKey, checkMayWrite, type Access } from './authenticate.ts'
import { invalid } from '../domain/fields.ts'
import { unary, type Call, type Endpoint } from './handler.ts'
import { impactMessage } from './messages.ts'
import { grantPolicyOf } from './requests.ts'
import { failureOf } from './status.ts'

type PageFields = Pick<PageCall, 'pageSize' | 'pageToken'>
interface WriteFields extends Pick<WriteCall, 'dryRun' | 'expectedRevision' | 'allowNoAdministrator' | 'actingUserId'> {
  readonly grantPolicy?: proto.GrantPolicy__Output
}

/** Only of dry runs, which leave no trace. */
const anonymous = 'anonymous'

/** Each takes the operation of the service that a call is for, and how its answer looks on the wire. */
export function callsOf(endpoint: Endpoint, checkWritable: Service['checkWritable']) {
  /** A write has an actor. Its result is reported to the observer. */
  const writing =
    (access: 'write' | 'preview') =>
    <Request, Answer, Response>(
      operation: string,
      work: (request: Request, call: WriteCall) => Promise<Answer>,
      reply: (answer: Answer) => Response,
    ) =>
      unary(endpoint, access, async (request: Request & WriteFields, call) => {
        const { dryRun, expectedRevision, allowNoAdministrator } = request
        try {
          const { identity } = call
          if (identity === undefined) checkWritable({ dryRun })
          if (!dryRun) checkMayWrite(identity)
          else if (identity === undefined) checkMayAskWithoutKey(access, endpoint.previewsWithoutKey())
          checkWritable({ dryRun })
          const how = { dryRun, expectedRevision, allowNoAdministrator, isForReadKey: identity?.access !== 'secret' }
          const actor = identity === undefined ? anonymous : actorOf(call)
          const writeCall = { actor, ...how, ...actingOf(call, request), signal: call.signal }
          const response = reply(await work(request, writeCall))
          endpoint.observer.wrote(operation, dryRun ? 'DRY_RUN' : 'OK')
          return response
        } catch (error) {
          endpoint.observer.wrote(operation, failureOf(error).reason)
          throw error
        }
      })

  return {
    read: <Request, Answer, Response>(
      work: (request: Request, call: Call) => Promise<Answer>,
      reply: (answer: Answer, isAnonymous: boolean) => Response,
      access: Access = 'read',
    ) =>
      unary(endpoint, access, async (request: Request, call) =>
        reply(await work(request, call), call.identity === undefined),
      ),

    list: <Request, Page, Response>(
      work: (request: Request, call: PageCall) => Promise<Page>,
      reply: (page: Page, isAnonymous: boolean) => Response,
      access: Access = 'read',
    ) =>
      unary(endpoint, access, async (request: Request & PageFields, { signal, identity }) => {
        const { pageSize, pageToken } = request
        return reply(await work(request, { pageSize, pageToken, signal }), identity === undefined)
      }),

    write: writing('write'),
    /** A write whose dry run a read key may ask for, too. */
    preview: writing('preview'),
  }
}

/** The user on whose behalf a write is made. Over HTTP it is a header; a caller that sends it here expects a check. */
function actingOf({ metadata }: Call, { actingUserId, grantPolicy }: WriteFields) {
  const header = 'x-rolesets-acting-user'
  if (metadata.get(header).length > 0)
    throw invalid(header, 'is for HTTP. Over gRPC, set acting_user_id in the request.')
  return { actingUserId, grantPolicy: grantPolicyOf(grantPolicy) }
}

/** One thing as it was read or written, in the field of this name; null where a dry run answers without one. */
export function thingReply<Field extends string, V, M>(field: Field, message: (value: V, isAnonymous: boolean) => M) {
  return (
    { value, ...answer }: { value: V | undefined; revision: string; impact?: ImpactView },
    isAnonymous: boolean = false,
  ) => ({
    ...fieldOf(field, value === undefined ? null : message(value, isAnonymous)),
    ...writtenReply(answer),
  })
}

export function pageReply<Field extends string, V, M>(field: Field, message: (value: V, isAnonymous: boolean) => M) {
  return ({ items, nextPageToken, revision }: PageOf<V>, isAnonymous: boolean) => ({
    ...fieldOf(
      field,
      items.map((item) => message(item, isAnonymous)),
    ),
    ...{ nextPageToken, revision },
  })
}

/** Reads have no impact. */
export function writtenReply({ impact, revision }: { impact?: ImpactView; revision: string }) {
  return { revision, ...(impact && { impact: impactMessage(impact) }) }
}

export function deletedReply(written: Written<{ readonly id: string }>): proto.DeletedWritten {
  return { ...writtenReply(written), id: written.value?.id ?? '' }
}

function fieldOf<Field extends string, T>(field: Field, value: T): { [name in Field]: T } {
  // The compiler widens a computed name to any string.
  return { [field]: value } as { [name in Field]: T }
}
