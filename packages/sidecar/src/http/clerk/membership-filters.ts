/**
 * Clerk's filters of memberships. Rolesets knows only the id of a user. It stands for the email address and the user name;
 * a filter for anything else (phone numbers, names, wallets, activity) matches no member.
 */

import { z } from 'zod'
import { Refusal } from '../../domain/refusal.ts'
import {
  optionalNumberFilter,
  several,
  severalSigned,
  severalWords,
  type ChoiceField,
} from '../operation/parameters.ts'
import type { InRulesWords } from '../operation/names.ts'

const moment = optionalNumberFilter({ min: 0, max: 8_640_000_000_000_000 })
const text = z.string().optional()

export const membershipFilters = {
  user_id: severalSigned.describe('These users; with - before an id, all but this one.'),
  email_address: several.describe('Compared with the user id.'),
  username: several.describe('Compared with the user id.'),
  phone_number: several.describe('Not stored: matches no member.'),
  web3_wallet: several.describe('Not stored: matches no member.'),
  role: severalWords.describe('Keys or ids.'),
  query: text.describe('A part of the user id.'),
  email_address_query: text.describe('A part of the user id.'),
  username_query: text.describe('A part of the user id.'),
  phone_number_query: text.describe('Not stored: matches no member.'),
  name_query: text.describe('Not stored: matches no member.'),
  last_active_at_before: moment.describe('Not stored: matches no member.'),
  last_active_at_after: moment.describe('Not stored: matches no member.'),
  created_at_before: moment.describe('Unix milliseconds, of the membership.'),
  created_at_after: moment.describe('Unix milliseconds, of the membership.'),
}

export const filterNames = { user_ids: 'user_id' } as const

type MembershipFilters = Partial<
  InRulesWords<z.output<z.ZodObject<typeof membershipFilters>>, typeof filterNames & { readonly text: 'query' }>
>

/** No user has the empty id. */
const noUser: ChoiceField = { include: [''] }

export function membershipQueryOf(filters: MembershipFilters) {
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

function userIdsOf({ userIds, emailAddress, username }: MembershipFilters): ChoiceField | undefined {
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
