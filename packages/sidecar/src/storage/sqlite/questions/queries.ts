/** The reads of an engine, within the current transaction of a connection. */

import type { Membership, Place } from '@rolesets/core'
import type { Page, PlacesQuery } from '../../store.ts'
import type { EngineConnection, RowReader } from '../../transactions/connection.ts'
import type { Connection, Row } from '../connection.ts'
import { listAssignments, readAssignment, roleSetIdsOf } from '../rows/assignments.ts'
import { readBookmark } from '../rows/bookmarks.ts'
import { inOrder, loadCatalogue } from '../rows/catalogue.ts'
import { count, integer, text } from '../rows/columns.ts'
import { organizationCounts } from '../rows/counts.ts'
import { readAnchor, readChangedNear, readChangeSets, readForgettable, readHistory } from '../rows/history.ts'
import { deletedOrganizations, deletedOrganizationsAfter } from '../rows/organizations.ts'
import type { Table } from '../rows/table.ts'
import { accessKeys, invitations, memberships, organizations } from '../rows/things.ts'
import { withoutAdministrator } from './administrators.ts'
import { given, hasStatus, where, type Condition } from './conditions.ts'
import { currentMembers, isCurrentMember, isCurrentMemberOfWhole } from './current-members.ts'
import { repeatedHolders } from './repeated-holders.ts'
import { checkAtMost, holdsOneOf, isInScope, rowsMax, searchesOf } from './search.ts'
import { roleInScopes } from './role-in-scopes.ts'
import { scopeReadsOf } from './scopes.ts'
import { usageIn, usageOf } from './usage.ts'
import { readFormerRoles } from '../rows/former-roles.ts'

const idsMax = 10_000

const memberCounts = `
SELECT organization_id, count(*) AS members FROM memberships
WHERE organization_id IN (SELECT value FROM json_each(?1)) AND scope = '' AND ${isCurrentMemberOfWhole('memberships', '?2')}
GROUP BY organization_id`

const memberCount = `
SELECT count(*) AS members FROM memberships
WHERE organization_id = ?1 AND scope = ?2 AND ${isCurrentMember('memberships', '?3')}`

const pendingCounts = `
SELECT organization_id, count(*) AS invitations FROM invitations
WHERE organization_id IN (SELECT value FROM json_each(?)) AND scope = '' AND status = 'pending' AND expires_at > ?
GROUP BY organization_id`

/** An address has fewer invitations than an organization, so its index is used. */
const pendingOfAddress = `
SELECT * FROM invitations INDEXED BY invitations_by_address
WHERE organization_id = ? AND scope = ? AND email_address = ? COLLATE NOCASE AND status = 'pending' AND expires_at > ?
ORDER BY id LIMIT 1`

const pendingCount = `
SELECT count(*) AS invitations FROM invitations
WHERE organization_id = ? AND scope = ? AND status = 'pending' AND expires_at > ?`

type Reads = RowReader &
  Pick<EngineConnection, 'catalogue' | 'membershipsByKey' | 'changeSets' | 'bookmark' | 'forgettable'>

export function readsOf(connection: Connection): Reads {
  return {
    organization: (id) => organizations.find(connection, id),
    organizationsById: async (ids) => {
      checkAtMost(ids.length, rowsMax, 'organizations')
      return organizations.findAll(connection, JSON.stringify(ids.map((id) => [id])))
    },
    organizationBySlug: async (slug) =>
      (await organizations.select(connection, 'SELECT * FROM organizations WHERE slug = ?', [slug]))[0],
    membership: (organizationId, userId, scope = '') => memberships.find(connection, organizationId, scope, userId),
    membershipsByKeys: async (keys) => {
      checkAtMost(keys.length, idsMax, 'memberships')
      const all = keys.map(({ organizationId, scope, userId }) => [organizationId, scope, userId])
      return memberships.findAll(connection, JSON.stringify(all))
    },
    membershipsByKey: (keys) => memberships.findAll(connection, `[${keys.join()}]`),
    memberCount: async ({ organizationId, scope = '' }, now) =>
      count(await connection.all(memberCount, [organizationId, scope, now]), 'members'),
    memberCounts: async (organizationIds, now) => {
      checkAtMost(organizationIds.length, rowsMax, 'organizations')
      return countsOf(await connection.all(memberCounts, [JSON.stringify(organizationIds), now]), 'members')
    },
    pendingInvitationCounts: async (organizationIds, now) => {
      checkAtMost(organizationIds.length, rowsMax, 'organizations')
      return countsOf(await connection.all(pendingCounts, [JSON.stringify(organizationIds), now]), 'invitations')
    },
    invitation: (id) => invitations.find(connection, id),
    pendingInvitation: async ({ organizationId, scope = '' }, ...address) =>
      (await invitations.select(connection, pendingOfAddress, [organizationId, scope, ...address]))[0],
    pendingInvitationCount: async ({ organizationId, scope = '' }, now) =>
      count(await connection.all(pendingCount, [organizationId, scope, now]), 'invitations'),
    assignments: (page) => {
      checkAtMost(page.size, rowsMax, 'assignments')
      return listAssignments(connection, page)
    },
    assignment: (place) => readAssignment(connection, place),
    roleSetIdsOf: async (places) => {
      checkAtMost(places.length, idsMax, 'places')
      return roleSetIdsOf(connection, places)
    },
    deletedOrganizations: async (ids) => {
      checkAtMost(ids.length, idsMax, 'organizations')
      return deletedOrganizations(connection, ids)
    },
    deletedOrganizationsAfter: (page) => deletedOrganizationsAfter(connection, page),
    organizationCount: (roleSetId) => organizationCounts.of(connection, roleSetId),
    usageIn: (among, now) => usageIn(connection, among, now),
    formerRoles: (asked) => readFormerRoles(connection, asked),
    usageOf: (roleId, among, now) => usageOf(connection, { roleId, among }, now),
    repeatedHolders: (asked) => repeatedHolders(connection, asked),
    withoutAdministrator: (departure, asked) => withoutAdministrator(connection, departure, asked),
    catalogue: () => loadCatalogue(connection),
    accessKeys: () => inOrder(connection, accessKeys),
    changeSets: (after, limit) => readChangeSets(connection, after, limit),
    history: async (query, page) => {
      checkAtMost(page.size, rowsMax, 'change sets')
      return readHistory(connection, query, page)
    },
    changedNear: (side, subjects) => readChangedNear(connection, side, subjects),
    historyAnchor: () => readAnchor(connection),
    bookmark: (name) => readBookmark(connection, name),
    forgettable: (keep) => readForgettable(connection, keep),
    roleInScopes: (of, now) => roleInScopes(connection, of, now),
    ...scopeReadsOf(connection),
    ...listsOf(connection),
    ...searchesOf(connection),
  }
}

function listsOf(
  connection: Connection,
): Pick<Reads, 'organizations' | 'memberships' | 'membershipsOfPlaces' | 'invitations'> {
  return {
    organizations: (page, { roleSetId } = {}) =>
      list(connection, organizations, { page, by: 'id', conditions: [given('role_set_id = ?', roleSetId)] }),
    memberships: async (organizationId, page, { roleId, scope = '', now } = {}) => {
      const isHolder = roleId === undefined ? undefined : await holdsOneOf(connection, [roleId])
      const conditions = [...isIn({ organizationId, scope }), isHolder, currentMembers(now)]
      return list(connection, memberships, { page, by: 'user_id', conditions })
    },
    membershipsOfPlaces: (query, page) => membershipsOfPlaces(connection, query, page),
    invitations: (organizationId, page, { statuses, now, scope = '' }) => {
      const conditions = [...isIn({ organizationId, scope }), hasStatus(statuses, now)]
      return list(connection, invitations, { page, by: 'id', conditions })
    },
  }
}

function isIn({ organizationId, scope }: Place): readonly (Condition | undefined)[] {
  return [given('organization_id = ?', organizationId), isInScope('scope', scope)]
}

async function membershipsOfPlaces(
  connection: Connection,
  { organizationId, scope, userId, roleId, now }: PlacesQuery,
  { size, after = { organizationId: '', scope: '', userId: '' } }: Parameters<RowReader['membershipsOfPlaces']>[1],
): Promise<readonly Membership[]> {
  checkAtMost(size, rowsMax, 'memberships')
  const key = 'organization_id, scope, user_id'
  const { sql, values } = where([
    given('organization_id = ?', organizationId),
    isInScope('scope', scope),
    given('user_id = ?', userId),
    roleId === undefined ? undefined : await holdsOneOf(connection, [roleId]),
    currentMembers(now),
    { sql: `(${key}) > (?, ?, ?)`, values: [after.organizationId, after.scope, after.userId] },
  ])
  // A user is in fewer places than an organization may have members, and its index has the order of the key.
  const index = userId === undefined ? '' : 'INDEXED BY memberships_by_user'
  const rows = `SELECT * FROM memberships ${index} ${sql} ORDER BY ${key} LIMIT ?`
  return memberships.select(connection, rows, [...values, size])
}

interface List {
  readonly page: Page
  readonly by: string
  readonly conditions: readonly (Condition | undefined)[]
}

async function list<T extends object>(
  connection: Connection,
  table: Table<T>,
  { page, by, conditions }: List,
): Promise<readonly T[]> {
  checkAtMost(page.size, rowsMax, table.name)
  const { sql, values } = where([...conditions, given(`${by} > ?`, page.after ?? '')])
  const rows = `SELECT * FROM ${table.name} ${sql} ORDER BY ${by} LIMIT ?`
  return table.select(connection, rows, [...values, page.size])
}

/** By organization. */
function countsOf(rows: readonly Row[], column: string): ReadonlyMap<string, number> {
  return new Map(rows.map((row) => [text(row, 'organization_id'), integer(row, column)]))
}
