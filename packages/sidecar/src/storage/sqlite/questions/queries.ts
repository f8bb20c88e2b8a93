/** The reads of the contract, within the current transaction of a connection. */

import type { AccessKey, Assignment, Invitation, Membership, Organization, Place } from '@rolesets/core'
import type { RoleUsage } from '../../../domain/decided.ts'
import type { HistoryPage, HistoryQuery, KeptChangeSet, Page, Reader, Span, Spanned } from '../../store.ts'
import { readAccessKeys } from '../rows/access-keys.ts'
import type { RowReader } from '../../transactions/connection.ts'
import type { Connection, Row } from '../connection.ts'
import { readAssignment, roleSetIdsOf } from '../rows/assignments.ts'
import { readAnchor, readHistory } from '../rows/history.ts'
import { invitationsOf, pendingInvitation, pendingInvitationCount, type InvitationFilter } from '../rows/invitations.ts'
import { integer, invitationOf, membershipOf, organizationOf, text, unlessMalformed } from '../rows/things.ts'
import { searchInvitations, searchMemberships, searchOrganizations } from './search.ts'
import { organizationCount, usageIn, usageOf } from './usage.ts'

const rowsMax = 1_000
const idsMax = 10_000

export class Queries implements RowReader {
  protected readonly connection: Connection

  constructor(connection: Connection) {
    this.connection = connection
  }

  organization(id: string): Promise<Organization | undefined> {
    return this.#one(organizationOf, 'SELECT * FROM organizations WHERE id = ?', [id])
  }

  /** In no order. */
  organizationsById(ids: readonly string[]): Promise<readonly Organization[]> {
    const sql = 'SELECT * FROM organizations WHERE id IN (SELECT value FROM json_each(?))'
    return this.#many(organizationOf, sql, [JSON.stringify(ids)])
  }

  /** In no order. @param keys each the JSON of organization id and user id */
  membershipsByKey(keys: readonly string[]): Promise<readonly Membership[]> {
    const sql = `SELECT memberships.* FROM json_each(?) AS asked CROSS JOIN memberships
      ON organization_id = asked.value ->> 0 AND user_id = asked.value ->> 1`
    return this.#many(membershipOf, sql, [`[${keys.join()}]`])
  }

  organizationBySlug(slug: string): Promise<Organization | undefined> {
    return this.#one(organizationOf, 'SELECT * FROM organizations WHERE slug = ?', [slug])
  }

  assignment(place: Place): Promise<Assignment | undefined> {
    return this.checked(() => readAssignment(this.connection, place))
  }

  async roleSetIdsOf(places: readonly Place[]): Promise<ReadonlyMap<string, string>> {
    checkAtMost(places.length, idsMax, 'places')
    return this.checked(() => roleSetIdsOf(this.connection, places))
  }

  async organizations(
    { size, after = '' }: Page,
    filter: { readonly roleSetId?: string | undefined } = {},
  ): Promise<readonly Organization[]> {
    checkAtMost(size, rowsMax, 'organizations')
    if (filter.roleSetId === undefined)
      return this.#many(organizationOf, 'SELECT * FROM organizations WHERE id > ? ORDER BY id LIMIT ?', [after, size])
    const sql = 'SELECT * FROM organizations WHERE role_set_id = ? AND id > ? ORDER BY id LIMIT ?'
    return this.#many(organizationOf, sql, [filter.roleSetId, after, size])
  }

  organizationCount(roleSetId: string): Promise<number> {
    return this.checked(() => organizationCount(this.connection, roleSetId))
  }

  membership(organizationId: string, userId: string): Promise<Membership | undefined> {
    const sql = 'SELECT * FROM memberships WHERE organization_id = ? AND user_id = ?'
    return this.#one(membershipOf, sql, [organizationId, userId])
  }

  async memberships(
    organizationId: string,
    { size, after = '' }: Page,
    filter: { readonly roleId?: string | undefined } = {},
  ): Promise<readonly Membership[]> {
    checkAtMost(size, rowsMax, 'memberships')
    const sql = 'SELECT * FROM memberships WHERE organization_id = ? AND user_id > ?'
    const end = 'ORDER BY user_id LIMIT ?'
    if (filter.roleId === undefined) return this.#many(membershipOf, `${sql} ${end}`, [organizationId, after, size])
    return this.#many(membershipOf, `${sql} AND role_id = ? ${end}`, [organizationId, after, filter.roleId, size])
  }

  memberCount(organizationId: string): Promise<number> {
    return this.checked(async () => {
      const sql = 'SELECT count(*) AS members FROM memberships WHERE organization_id = ?'
      const rows = await this.connection.all(sql, [organizationId])
      return integer(rows[0] ?? {}, 'members')
    })
  }

  invitation(id: string): Promise<Invitation | undefined> {
    return this.#one(invitationOf, 'SELECT * FROM invitations WHERE id = ?', [id])
  }

  pendingInvitation(organizationId: string, emailAddress: string, now: number): Promise<Invitation | undefined> {
    return this.checked(() => pendingInvitation(this.connection, { organizationId, emailAddress }, now))
  }

  pendingInvitationCount(organizationId: string, now: number): Promise<number> {
    return this.checked(() => pendingInvitationCount(this.connection, organizationId, now))
  }

  async invitations(organizationId: string, page: Page, filter: InvitationFilter): Promise<readonly Invitation[]> {
    checkAtMost(page.size, rowsMax, 'invitations')
    return this.checked(() => invitationsOf(this.connection, organizationId, { page, filter }))
  }

  usageIn(scope: Parameters<Reader['usageIn']>[0], now: number): Promise<readonly RoleUsage[]> {
    return this.checked(() => usageIn(this.connection, scope, now))
  }

  usageOf(roleId: string, scope: { readonly roleSetId: string } | undefined, now: number): Promise<RoleUsage> {
    return this.checked(() => usageOf(this.connection, { roleId, scope }, now))
  }

  async searchOrganizations(
    query: Parameters<Reader['searchOrganizations']>[0],
    order: Parameters<Reader['searchOrganizations']>[1],
    span: Span,
  ): Promise<Spanned<Organization>> {
    checkSpan(span, 'organizations')
    return this.checked(() => searchOrganizations(this.connection, query, { order, span }))
  }

  async searchMemberships(
    query: Parameters<Reader['searchMemberships']>[0],
    order: Parameters<Reader['searchMemberships']>[1],
    span: Span,
  ): Promise<Spanned<Membership>> {
    checkSpan(span, 'memberships')
    return this.checked(() => searchMemberships(this.connection, query, { order, span }))
  }

  async searchInvitations(
    query: Parameters<Reader['searchInvitations']>[0],
    order: Parameters<Reader['searchInvitations']>[1],
    span: Span,
  ): Promise<Spanned<Invitation>> {
    checkSpan(span, 'invitations')
    return this.checked(() => searchInvitations(this.connection, query, { order, span }))
  }

  async memberCounts(organizationIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    checkAtMost(organizationIds.length, rowsMax, 'organizations')
    return this.checked(async () => {
      const sql = `SELECT organization_id, count(*) AS members FROM memberships
        WHERE organization_id IN (SELECT value FROM json_each(?)) GROUP BY organization_id`
      const rows = await this.connection.all(sql, [JSON.stringify(organizationIds)])
      return new Map(rows.map((row) => [text(row, 'organization_id'), integer(row, 'members')]))
    })
  }

  accessKeys(): Promise<readonly AccessKey[]> {
    return this.checked(() => readAccessKeys(this.connection))
  }

  async history(query: HistoryQuery, page: HistoryPage): Promise<readonly KeptChangeSet[]> {
    checkAtMost(page.size, rowsMax, 'change sets')
    return this.checked(() => readHistory(this.connection, query, page))
  }

  historyAnchor(): ReturnType<Reader['historyAnchor']> {
    return this.checked(() => readAnchor(this.connection))
  }

  async #one<T>(thingOf: (row: Row) => T, sql: string, values: readonly string[]): Promise<T | undefined> {
    return (await this.#many(thingOf, sql, values))[0]
  }

  #many<T>(thingOf: (row: Row) => T, sql: string, values: readonly (string | number)[]): Promise<readonly T[]> {
    return this.checked(async () => (await this.connection.all(sql, values)).map(thingOf))
  }

  protected checked<T>(read: () => Promise<T>): Promise<T> {
    return unlessMalformed(this.connection.file, read)
  }
}

function checkSpan({ offset, limit }: Span, noun: string): void {
  checkAtMost(limit, rowsMax, noun)
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new RangeError(`The offset of a list of ${noun} is ${offset}. It must be a whole number, 0 or more.`)
}

function checkAtMost(count: number, max: number, noun: string): void {
  if (!Number.isInteger(count) || count < 0 || count > max) {
    throw new RangeError(`A read of ${count} ${noun} was requested. It can have 0 to ${max}.`)
  }
}
