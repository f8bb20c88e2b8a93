/** The facts of rule 21: the pending invitations to a user, and those that the user sent. */

import { limits, type Invitation } from '@rolesets/core'
import { parseEmailAddresses, type Addressed, type Sending, type SentFacts } from '../../domain/invitees.ts'
import { parseId } from '../../domain/fields.ts'
import type { InvitationQuery, Spanned } from '../../storage/store.ts'
import type { WriteScope } from './operation.ts'

interface Asked extends Addressed {
  readonly userId: string
  /** Undefined: in all organizations. */
  readonly organizationId?: string
  /** `everyScope`: in all scopes. Empty or not given: in organizations as a whole. */
  readonly scope?: string | undefined
}

type Pending = Omit<InvitationQuery, 'now' | 'statuses'>

const pageSize = 1_000

export async function invitationsTo(scope: WriteScope, asked: Asked): Promise<readonly Invitation[]> {
  const userId = parseId(asked.userId, 'user_id')
  const invitee = { userId, emailAddresses: parseEmailAddresses(asked) }
  return allOf((offset) => pendingOf(scope, { ...whereOf(asked), invitee }, { offset }))
}

export async function invitationsFrom(scope: WriteScope, asked: Asked & Sending): Promise<SentFacts> {
  const query = { ...whereOf(asked), inviterUserId: parseId(asked.userId, 'user_id') }
  if (asked.revokeSentInvitations === true) {
    const sent = await allOf((offset) => pendingOf(scope, query, { offset }))
    return { sent, sentCount: sent.length }
  }
  return { sent: [], sentCount: (await pendingOf(scope, query, { offset: 0, limit: 0 })).total }
}

function whereOf({ organizationId, scope }: Asked) {
  return { organizationId, scope }
}

/** All pages; more than a rule takes at once is as good as all. */
export async function allOf<T>(read: (offset: number) => Promise<Spanned<T>>): Promise<T[]> {
  const things: T[] = []
  for (;;) {
    const { items, total } = await read(things.length)
    things.push(...items)
    if (items.length === 0 || things.length >= total || things.length > limits.endsPerCallMax) return things
  }
}

function pendingOf(
  { writer, context: { now } }: WriteScope,
  query: Pending,
  { offset, limit = pageSize }: { readonly offset: number; readonly limit?: number },
): Promise<Spanned<Invitation>> {
  const order = { field: 'created_at', descending: false } as const
  return writer.searchInvitations({ ...query, statuses: ['pending'], now }, order, { offset, limit })
}
