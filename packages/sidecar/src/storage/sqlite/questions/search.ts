/**
 * Lists with offset pagination: one page of the things that match, and their number. The cost of counting, and of a page far
 * from the start, grows with the number of matches. So only keys are sorted, and only the rows of one page are read.
 */

import type { Invitation, Membership, Organization } from '@rolesets/core'
import type { InvitationQuery, MembershipQuery, Order, OrganizationQuery, Span, Spanned } from '../../store.ts'
import { contains, given, hasStatus, isChosen, isIn, where, type Condition } from './conditions.ts'
import type { Connection, Row } from '../connection.ts'
import { integer, invitationOf, membershipOf, organizationOf } from '../rows/things.ts'

/** Each ends with columns that no two rows share. A direction follows each column. */
const organizationOrders = {
  created_at: ['created_at', 'id'],
  name: ['name', 'id'],
  members_count: ['(SELECT count(*) FROM memberships WHERE organization_id = organizations.id)', 'id'],
} as const
const membershipOrders = {
  created_at: ['created_at', 'id', 'organization_id', 'user_id'],
  user_id: ['user_id', 'id', 'organization_id'],
} as const
const invitationOrders = {
  created_at: ['created_at', 'id'],
  email_address: ['email_address COLLATE NOCASE', 'id'],
} as const

const hasMember = 'id IN (SELECT organization_id FROM memberships WHERE user_id IN (SELECT value FROM json_each(?)))'
const isOfUser = `accepted_by_user_id = ? AND accepted_by_user_id <> '' OR email_address = ? COLLATE NOCASE`

export function searchOrganizations(
  connection: Connection,
  { text, ids, userIds }: OrganizationQuery,
  { order, span }: { readonly order: Order<keyof typeof organizationOrders>; readonly span: Span },
): Promise<Spanned<Organization>> {
  const condition = where([
    text === undefined ? undefined : orId(text, contains(text, 'name', 'slug')),
    ...isChosen('id', ids),
    given(hasMember, asJson(userIds?.include)),
    given(`NOT ${hasMember}`, asJson(userIds?.exclude)),
  ])
  const by = ordered(organizationOrders[order.field], order.descending)
  if (order.field !== 'members_count' && text === undefined)
    return spanned(connection, { table: 'organizations', thingOf: organizationOf, condition, by, span })
  // Members are stored in the order of their organizations' ids, and a text is searched in whole rows: an index by time would
  // jump between them. The plus keeps SQLite from using it.
  const inRows = { sql: `${condition.sql || 'WHERE true'} AND id > ''`, values: condition.values }
  return spanned(connection, { table: 'organizations', thingOf: organizationOf, condition: inRows, by: `+${by}`, span })
}

export function searchMemberships(
  connection: Connection,
  query: MembershipQuery,
  { order, span }: { readonly order: Order<keyof typeof membershipOrders>; readonly span: Span },
): Promise<Spanned<Membership>> {
  const condition = where([
    given('organization_id = ?', query.organizationId),
    ...isChosen('user_id', query.userIds),
    isIn('role_id', query.roleIds),
    query.text === undefined ? undefined : contains(query.text, 'user_id'),
    given('created_at >= ?', query.createdFrom),
    given('created_at <= ?', query.createdTo),
  ])
  const by = ordered(membershipOrders[order.field], order.descending)
  return spanned(connection, { table: 'memberships', thingOf: membershipOf, condition, by, span })
}

export function searchInvitations(
  connection: Connection,
  query: InvitationQuery,
  { order, span }: { readonly order: Order<keyof typeof invitationOrders>; readonly span: Span },
): Promise<Spanned<Invitation>> {
  const { text, userId } = query
  const condition = where([
    given('organization_id = ?', query.organizationId),
    hasStatus(query.statuses, query.now),
    given('email_address = ? COLLATE NOCASE', query.emailAddress),
    text === undefined ? undefined : orId(text, contains(text, 'email_address')),
    userId === undefined ? undefined : { sql: isOfUser, values: [userId, userId] },
  ])
  const by = ordered(invitationOrders[order.field], order.descending)
  return spanned(connection, { table: 'invitations', thingOf: invitationOf, condition, by, span })
}

const keys = { organizations: 'id', memberships: 'organization_id, user_id', invitations: 'id' } as const

interface Search<T> {
  readonly table: keyof typeof keys
  readonly thingOf: (row: Row) => T
  readonly condition: Condition
  readonly by: string
  readonly span: Span
}

async function spanned<T>(connection: Connection, search: Search<T>): Promise<Spanned<T>> {
  const { table, thingOf, condition, by, span } = search
  const from = `FROM ${table} ${condition.sql}`
  const [row] = await connection.all(`SELECT count(*) AS total ${from}`, condition.values)
  const total = integer(row ?? {}, 'total')
  if (span.limit === 0 || span.offset >= total) return { items: [], total }
  const page = `SELECT ${keys[table]} ${from} ORDER BY ${by} LIMIT ? OFFSET ?`
  const sql = `SELECT * FROM ${table} WHERE (${keys[table]}) IN (${page}) ORDER BY ${by}`
  const rows = await connection.all(sql, [...condition.values, span.limit, span.offset])
  return { items: rows.map(thingOf), total }
}

function ordered(columns: readonly string[], isDescending: boolean): string {
  return columns.map((column) => (isDescending ? `${column} DESC` : column)).join(', ')
}

function orId(text: string, condition: Condition): Condition {
  return { sql: `id = ? OR ${condition.sql}`, values: [text, ...condition.values] }
}

function asJson(values: readonly string[] | undefined): string | undefined {
  return values && JSON.stringify(values)
}
