/**
 * Clerk's filters of memberships. Rolesets knows only the id of a user. It stands for the email address and the user name;
 * a filter for anything else (phone numbers, names, wallets, activity) matches no member.
 */

import { Refusal } from '../../domain/refusal.ts'
import type { Choice } from '../operation/fields.ts'

export interface MembershipFilters {
  readonly userIds?: Choice | undefined
  readonly emailAddress?: readonly string[] | undefined
  readonly username?: readonly string[] | undefined
  readonly phoneNumber?: readonly string[] | undefined
  readonly web3Wallet?: readonly string[] | undefined
  readonly role?: readonly string[] | undefined
  readonly text?: string | undefined
  readonly emailAddressQuery?: string | undefined
  readonly usernameQuery?: string | undefined
  readonly phoneNumberQuery?: string | undefined
  readonly nameQuery?: string | undefined
  readonly lastActiveAtBefore?: number | undefined
  readonly lastActiveAtAfter?: number | undefined
  readonly createdAtBefore?: number | undefined
  readonly createdAtAfter?: number | undefined
}

export interface MembershipQuery {
  readonly userIds?: Choice | undefined
  readonly roles?: readonly string[] | undefined
  readonly text?: string | undefined
  /** Unix milliseconds; both ends are included. */
  readonly createdFrom?: number | undefined
  readonly createdTo?: number | undefined
}

/** No user has the empty id. */
const noUser: Choice = { include: [''] }

export function membershipQueryOf(filters: MembershipFilters): MembershipQuery {
  const { role, createdAtAfter: after, createdAtBefore: before } = filters
  return {
    userIds: hasFilterOfUnknown(filters) ? noUser : userIdsOf(filters),
    roles: role?.length === 0 ? undefined : role,
    text: textOf(filters),
    createdFrom: after === undefined ? undefined : after + 1,
    createdTo: before === undefined ? undefined : before - 1,
  }
}

function hasFilterOfUnknown(filters: MembershipFilters): boolean {
  const { phoneNumber, web3Wallet, phoneNumberQuery, nameQuery, lastActiveAtBefore, lastActiveAtAfter } = filters
  const listsAndTexts = [phoneNumber, web3Wallet, phoneNumberQuery, nameQuery]
  return (
    listsAndTexts.some((given) => given !== undefined && given.length > 0) ||
    lastActiveAtBefore !== undefined ||
    lastActiveAtAfter !== undefined
  )
}

function userIdsOf({ userIds, emailAddress, username }: MembershipFilters): Choice | undefined {
  const lists = [userIds?.include, emailAddress, username].filter((list) => list !== undefined && list.length > 0)
  const [first, ...others] = lists
  if (first === undefined) return userIds
  const include = first.filter((id) => others.every((list) => list?.includes(id)))
  return { ...userIds, ...(include.length === 0 ? noUser : { include }) }
}

/** The store searches for one text: the longest, if it contains all others. Empty texts are no filters. */
function textOf({ text, emailAddressQuery, usernameQuery }: MembershipFilters): string | undefined {
  const texts = [text, emailAddressQuery, usernameQuery].filter((each) => each !== undefined && each !== '')
  const [longest, ...others] = texts.sort((a = '', b = '') => b.length - a.length)
  if (others.every((each = '') => longest?.toLowerCase().includes(each.toLowerCase()))) return longest
  const message = 'query, email_address_query and username_query all search in the user id. Give one of them.'
  throw new Refusal('invalid_field', message, { field: 'query' })
}
