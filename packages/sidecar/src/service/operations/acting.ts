/**
 * Rule 18, where rules meet I/O: a write on behalf of a user is judged in its own transaction, by the user's memberships as
 * they are there. What it gives is read from the changes that the rule decided, so that no write gives a role unseen.
 */

import { isCurrent, type Catalogue, type Membership, type Place } from '@rolesets/core'
import {
  checkMayGrant,
  parseActing,
  rolesGivenBy,
  takesNoActingUser,
  type Acting,
  type ActingUser,
  type Judging,
} from '../../domain/acting.ts'
import type { Context, Decided } from '../../domain/decided.ts'
import type { Foreseen, Reader } from '../../storage/store.ts'

/** A user that a write names, before the user's memberships are read. */
export interface OnBehalf extends Judging, Omit<ActingUser, 'memberships'> {}

interface ActingCommand<I> {
  readonly operation: string
  /** The place in which it gives roles or takes them away. Undefined: it can't be called on behalf of a user. */
  readonly actsIn?: ((input: I) => Place) | undefined
}

/** @returns undefined: the call names no user */
export function onBehalfOf<I>({ operation, actsIn }: ActingCommand<I>, input: I, call: Acting): OnBehalf | undefined {
  const acting = parseActing(call)
  if (acting === undefined) return undefined
  if (actsIn === undefined) throw takesNoActingUser(operation)
  return { ...acting, place: actsIn(input) }
}

/** What a write foresees, and the memberships of the user on whose behalf it is made. */
export function foreseenWith(foreseen: Foreseen | undefined, onBehalf: OnBehalf | undefined): Foreseen | undefined {
  if (onBehalf === undefined) return foreseen
  const { userId, place } = onBehalf
  const { organizationId, scope } = place
  const own = [{ organizationId, userId }, ...(scope === '' ? [] : [{ organizationId, scope, userId }])]
  const memberships = [...(foreseen?.memberships ?? []), ...own]
  return { ...foreseen, memberships }
}

/** The user must be able to manage the members, whatever the rule says, and what the rule gives must be the user's to give. */
export async function decideOnBehalf<T>(
  onBehalf: OnBehalf | undefined,
  {
    writer,
    catalogue,
    context,
  }: { readonly writer: Reader; readonly catalogue: Catalogue; readonly context: Pick<Context, 'now'> },
  decide: () => Promise<Decided<T>> | Decided<T>,
): Promise<Decided<T>> {
  if (onBehalf === undefined) return decide()
  const user = { ...onBehalf, memberships: await membershipsOf(writer, onBehalf, context.now) }
  checkMayGrant(catalogue, user, [], onBehalf)
  const decided = await decide()
  checkMayGrant(catalogue, user, rolesGivenBy(decided.changes, context.now), onBehalf)
  return decided
}

/** In the place and in its organization as a whole, as far as they have not ended. */
export async function membershipsOf(
  reader: Reader,
  { userId, place }: Omit<ActingUser, 'memberships'>,
  now: number,
): Promise<Membership[]> {
  const { organizationId, scope } = place
  const whole = await reader.membership(organizationId, userId)
  // Who isn't a member of the organization any more isn't one of its scopes (rule 15).
  if (!isCurrent(whole, now)) return []
  const inScope = scope === '' ? undefined : await reader.membership(organizationId, userId, scope)
  return [whole, ...(isCurrent(inScope, now) ? [inScope] : [])]
}
