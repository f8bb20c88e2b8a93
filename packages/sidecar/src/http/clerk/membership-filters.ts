/**
 * Filters of memberships in Clerk's words, about users of whom only the id is known here. The id stands for the email
 * address and the user name; by what isn't kept at all (phone numbers, names, wallets, activity) nobody is found.
 */

import { Refusal } from '../../domain/refusal.ts'
import { includedAndExcluded, type Choice } from './signed-values.ts'

export interface MembershipFilters {
  readonly user_id?: readonly string[] | undefined
  readonly email_address?: readonly string[] | undefined
  readonly username?: readonly string[] | undefined
  readonly phone_number?: readonly string[] | undefined
  readonly web3_wallet?: readonly string[] | undefined
  readonly role?: readonly string[] | undefined
  readonly query?: string | undefined
  readonly email_address_query?: string | undefined
  readonly username_query?: string | undefined
  readonly phone_number_query?: string | undefined
  readonly name_query?: string | undefined
  readonly last_active_at_before?: number | undefined
  readonly last_active_at_after?: number | undefined
  readonly created_at_before?: number | undefined
  readonly created_at_after?: number | undefined
}

export interface MembershipQuery {
  readonly userIds?: Choice | undefined
  readonly roles?: readonly string[] | undefined
  readonly text?: string | undefined
  /** Unix milliseconds; both ends count. */
  readonly createdFrom?: number | undefined
  readonly createdTo?: number | undefined
}

/** No user has the empty id. */
const nobody: Choice = { include: [''] }

export function membershipQueryOf(filters: MembershipFilters): MembershipQuery {
  const { role, created_at_after: after, created_at_before: before } = filters
  return {
    userIds: asksForUnkept(filters) ? nobody : userIdsOf(filters),
    roles: role?.length === 0 ? undefined : role,
    text: textOf(filters),
    createdFrom: after === undefined ? undefined : after + 1,
    createdTo: before === undefined ? undefined : before - 1,
  }
}

function asksForUnkept(filters: MembershipFilters): boolean {
  const texts = [filters.phone_number_query, filters.name_query]
  const times = [filters.last_active_at_before, filters.last_active_at_after]
  const lists = [filters.phone_number, filters.web3_wallet]
  return (
    texts.some((text) => text !== undefined && text !== '') ||
    times.some((time) => time !== undefined) ||
    lists.some((list) => list !== undefined && list.length > 0)
  )
}

function userIdsOf({ user_id: userIds, email_address: addresses, username }: MembershipFilters): Choice | undefined {
  const byId = includedAndExcluded(userIds)
  const lists = [byId?.include, addresses, username].filter((list) => list !== undefined && list.length > 0)
  const [first, ...others] = lists
  if (first === undefined) return byId
  const include = first.filter((id) => others.every((list) => list?.includes(id)))
  return { ...byId, include: include.length === 0 ? [''] : include }
}

/** The store looks for one text: the longest, if it contains all others. Empty texts ask for nothing. */
function textOf(filters: MembershipFilters): string | undefined {
  const given = [filters.query, filters.email_address_query, filters.username_query]
  const texts = given.filter((text): text is string => text !== undefined && text !== '')
  const [longest, ...others] = texts.sort((a, b) => b.length - a.length)
  if (others.every((text) => longest?.toLowerCase().includes(text.toLowerCase()))) return longest
  const message = 'query, email_address_query and username_query all look for a part of the user id. Give one of them.'
  throw new Refusal('invalid_field', message, { field: 'query' })
}
