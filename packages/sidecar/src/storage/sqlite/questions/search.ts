/**
 * Lists with offset pagination: one page of the things that match, and their number. The cost of counting, and of a page far
 * from the start, grows with the number of matches. So only keys are sorted, and only the rows of one page are read.
 */

import { everyScope } from '@rolesets/core'
import type { Reader, Span, Spanned } from '../../store.ts'
import type { Connection, Value } from '../connection.ts'
import { count } from '../rows/columns.ts'
import type { Table } from '../rows/table.ts'
import { invitations, memberships, organizations } from '../rows/things.ts'
import { contains, given, hasStatus, isChosen, where, type Condition } from './conditions.ts'
import { currentMembers, isCurrentMemberOfWhole } from './current-members.ts'
import { searchDomains } from './domains.ts'

/** Each ends with columns that no two rows share. A direction follows each column. */
const organizationOrders = {
  created_at: ['created_at', 'id'],
  name: ['name', 'id'],
  members_count: [
    `(
      SELECT count(*) FROM memberships AS member
      WHERE organization_id = organizations.id AND scope = '' AND ${isCurrentMemberOfWhole('member', '?')}
    )`,
    'id',
  ],
} as const
const membershipOrders = {
  created_at: ['created_at', 'id', 'organization_id', 'scope', 'user_id'],
  user_id: ['user_id', 'id', 'organization_id', 'scope'],
} as const
const invitationOrders = {
  created_at: ['created_at', 'id'],
  email_address: ['email_address COLLATE NOCASE', 'id'],
} as const

const hasMember = `id IN (
  SELECT organization_id FROM memberships AS member
  WHERE user_id IN (SELECT value FROM json_each(?)) AND scope = '' AND ${isCurrentMemberOfWhole('member', '?')}
)`
const isOfUser = `accepted_by_user_id = ? AND accepted_by_user_id <> '' OR email_address = ? COLLATE NOCASE`

const isInvitee = `email_address COLLATE NOCASE IN (
  SELECT value FROM json_each(?)
  UNION ALL
  SELECT known.email_address FROM invitations AS known
  WHERE known.accepted_by_user_id = ? AND known.accepted_by_user_id <> ''
)`

/** How many things one read can return. */
export const rowsMax = 1_000

type Searches = Pick<Reader, 'searchOrganizations' | 'searchMemberships' | 'searchInvitations' | 'searchDomains'>

export function searchesOf(connection: Connection): Searches {
  return {
    searchDomains: (query, order, span) => searchDomains(connection, { query, order, span }),
    searchOrganizations: ({ text, ids, userIds, now }, order, span) => {
      const condition = where([
        text === undefined ? undefined : orId(text, contains(text, 'name', 'slug')),
        ...isChosen('id', ids),
        userIds?.include && { sql: hasMember, values: [JSON.stringify(userIds.include), now, now] },
        userIds?.exclude && { sql: `NOT ${hasMember}`, values: [JSON.stringify(userIds.exclude), now, now] },
      ])
      const by = ordered(organizationOrders[order.field], order.descending)
      if (order.field !== 'members_count' && text === undefined)
        return spanned(connection, organizations, { key: 'id', condition, by, span })
      // Members are stored in the order of their organizations' ids, and a text is searched in whole rows: an index by
      // time would jump between them. The plus keeps SQLite from using it.
      const inRows = { sql: `${condition.sql || 'WHERE true'} AND id > ''`, values: condition.values }
      const byValues = order.field === 'members_count' ? [now, now] : []
      return spanned(connection, organizations, { key: 'id', condition: inRows, by: `+${by}`, byValues, span })
    },
    searchMemberships: async (query, order, span) => {
      const condition = where([
        given('organization_id = ?', query.organizationId),
        isInScope('scope', query.scope),
        ...isChosen('user_id', query.userIds),
        query.roleIds && (await holdsOneOf(connection, query.roleIds)),
        query.text === undefined ? undefined : contains(query.text, 'user_id'),
        given('created_at >= ?', query.createdFrom),
        given('created_at <= ?', query.createdTo),
        currentMembers(query.now),
      ])
      const by = ordered(membershipOrders[order.field], order.descending)
      return spanned(connection, memberships, { key: 'organization_id, scope, user_id', condition, by, span })
    },
    searchInvitations: ({ text, userId, invitee, ...query }, order, span) => {
      // A user has fewer invitations than an organization may have. The plus keeps SQLite from the index of organizations.
      const isOfOne = invitee !== undefined || query.inviterUserId !== undefined
      const condition = where([
        given(`${isOfOne ? '+' : ''}organization_id = ?`, query.organizationId),
        isInScope('+scope', query.scope),
        hasStatus(query.statuses, query.now),
        given('email_address = ? COLLATE NOCASE', query.emailAddress),
        text === undefined ? undefined : orId(text, contains(text, 'email_address')),
        userId === undefined ? undefined : { sql: isOfUser, values: [userId, userId] },
        given("inviter_user_id = ? AND inviter_user_id <> ''", query.inviterUserId),
        invitee && {
          sql: isInvitee,
          values: [JSON.stringify([invitee.userId, ...invitee.emailAddresses]), invitee.userId],
        },
      ])
      const by = ordered(invitationOrders[order.field], order.descending)
      return spanned(connection, invitations, { key: 'id', condition, by, span })
    },
  }
}

interface Search {
  /** The columns of the primary key. */
  readonly key: string
  readonly condition: Condition
  readonly by: string
  /** Of the placeholders of the order. */
  readonly byValues?: readonly Value[]
  readonly span: Span
}

async function spanned<T extends object>(
  connection: Connection,
  table: Table<T>,
  { key, condition, by, byValues = [], span }: Search,
): Promise<Spanned<T>> {
  checkSpan(span, table.name)
  const from = `FROM ${table.name} ${condition.sql}`
  const total = count(await connection.all(`SELECT count(*) AS total ${from}`, condition.values), 'total')
  if (span.limit === 0 || span.offset >= total) return { items: [], total }
  const page = `SELECT ${key} ${from} ORDER BY ${by} LIMIT ? OFFSET ?`
  const sql = `SELECT * FROM ${table.name} WHERE (${key}) IN (${page}) ORDER BY ${by}`
  const values = [...condition.values, ...byValues, span.limit, span.offset, ...byValues]
  return { items: await table.select(connection, sql, values), total }
}

/**
 * Members with one of these roles. Nearly all stores have nobody with a further one of them; then the index by the first role
 * is all that is needed, and is used.
 */
export async function holdsOneOf(connection: Connection, roleIds: readonly string[]): Promise<Condition> {
  const [asked, roles] = ['(SELECT value FROM json_each(?))', JSON.stringify(roleIds)]
  const first =
    roleIds.length === 1 ? { sql: 'role_id = ?', values: roleIds } : { sql: `role_id IN ${asked}`, values: [roles] }
  const found = `SELECT 1 FROM further_member_roles WHERE role_id IN ${asked} LIMIT 1`
  if ((await connection.all(found, [roles])).length === 0) return first
  const further = `SELECT organization_id, scope, user_id FROM further_member_roles WHERE role_id IN ${asked}`
  const isFurther = `(organization_id, scope, user_id) IN (${further})`
  return { sql: `${first.sql} OR ${isFurther}`, values: [...first.values, roles] }
}

export function isInScope(column: string, scope = ''): Condition | undefined {
  return scope === everyScope ? undefined : given(`${column} = ?`, scope)
}

function checkSpan({ offset, limit }: Span, noun: string): void {
  checkAtMost(limit, rowsMax, noun)
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new RangeError(`The offset of a list of ${noun} is ${offset}. It must be a whole number, 0 or more.`)
}

export function checkAtMost(size: number, max: number, noun: string): void {
  if (!Number.isInteger(size) || size < 0 || size > max) {
    throw new RangeError(`A read of ${size} ${noun} was requested. It can have 0 to ${max}.`)
  }
}

function ordered(columns: readonly string[], isDescending: boolean): string {
  return columns.map((column) => (isDescending ? `${column} DESC` : column)).join(', ')
}

function orId(text: string, condition: Condition): Condition {
  return { sql: `id = ? OR ${condition.sql}`, values: [text, ...condition.values] }
}
