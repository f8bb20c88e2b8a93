/**
 * Lists with offset pagination, search and order, as the HTTP API shows them. Each list, and everything that it shows
 * about its things, is read from one state of the store.
 */

import {
  rolesOf,
  type Catalogue,
  type Index,
  type Membership,
  type Organization,
  type Role,
  type RoleSet,
} from '@rolesets/core'
import type { DomainQuery } from '../../domain/organization-domains.ts'
import { findRoleSet } from '../../domain/lookup.ts'
import { organizationNotFound } from '../../domain/registration.ts'
import { parseOrganizationId } from '../../domain/questions.ts'
import { parseScopeFilter } from '../../domain/scopes.ts'
import { isCreatorEligible } from '../../domain/roles.ts'
import type { InvitationQuery, MembershipQuery, OrganizationQuery, Reader, Spanned } from '../../storage/store.ts'
import type { Found, Listed, ReadCall, SpanOf } from './call.ts'
import type { Operations } from './operation.ts'
import { viewDomain } from './organization-domains.ts'
import { createScopeDirectory } from './scope-directory.ts'
import { parseSpan } from './span.ts'
import { viewInvitations } from '../past-names.ts'
import {
  viewMembership,
  viewOrganization,
  viewPermission,
  viewRole,
  viewRoleSet,
  type InvitationView,
  type MembershipView,
  type OrganizationView,
  type RoleSetView,
} from '../views.ts'

/** `text`: exactly the id, or a part of the name or the key, without regard to the case of ASCII letters. */
export interface CatalogueQuery extends SpanOf<'created_at' | 'name' | 'key'> {
  readonly text?: string | undefined
}

export interface OrganizationDetails {
  readonly withMemberCounts?: boolean | undefined
  readonly withMissingElevated?: boolean | undefined
}

export interface OrganizationsQuery
  extends Omit<OrganizationQuery, 'now'>, OrganizationDetails, SpanOf<'created_at' | 'name' | 'members_count'> {}

export interface MembershipsQuery extends Omit<MembershipQuery, 'roleIds' | 'now'>, SpanOf<'created_at' | 'user_id'> {
  /** Keys or ids. An unknown role matches no member. */
  readonly roles?: readonly string[] | undefined
}

export interface InvitationsQuery extends Omit<InvitationQuery, 'now'>, SpanOf<'created_at' | 'email_address'> {}

export interface DomainsQuery extends DomainQuery, SpanOf<'created_at' | 'name'> {}

export type DomainEntry = ReturnType<typeof viewDomain>

export interface OrganizationEntry {
  readonly organization: OrganizationView
  /** This and the next one: only when member counts were asked for. */
  readonly membersCount?: number
  readonly pendingInvitationsCount?: number
  /** Whether no member has a role that could be a creator role. Only when it was asked for. */
  readonly missingMemberWithElevatedPermissions?: boolean
}

export interface MembershipEntry {
  readonly membership: MembershipView
  readonly organization: OrganizationView
}

export interface InvitationEntry {
  readonly invitation: InvitationView
  readonly organization: OrganizationView
}

export interface RoleSetEntry {
  readonly roleSet: RoleSetView
  /** By role id, over all organizations on the set; only roles that members have. Undefined: not counted. */
  readonly members: ReadonlyMap<string, number> | undefined
}

export type Directory = ReturnType<typeof createDirectory>

export function createDirectory(operations: Operations) {
  const { find } = operations
  async function list<T>(
    call: ReadCall,
    read: (reader: Reader, catalogue: Catalogue, now: number) => Promise<Spanned<T>> | Spanned<T>,
  ): Promise<Listed<T>> {
    const { value, revision } = await find(call, read)
    return { ...value, revision }
  }

  return {
    ...createScopeDirectory(operations),
    permissions: (query: CatalogueQuery, call: ReadCall) =>
      list(call, (_reader, { permissions }) => spanOf(permissions, query, viewPermission)),
    roles: (query: CatalogueQuery, call: ReadCall) =>
      list(call, (_reader, catalogue) => spanOf(catalogue.roles, query, (it) => viewRole(it, catalogue))),
    roleSets: (query: CatalogueQuery, call: ReadCall) =>
      list(call, (_reader, catalogue) => spanOf(catalogue.roleSets, query, (it) => viewRoleSet(it, catalogue))),

    /** @param within counts members only while the set has at most so many organizations; default: always */
    roleSet: (ref: string, call: ReadCall, within = { organizationsMax: Infinity }): Promise<Found<RoleSetEntry>> =>
      find(call, async (reader, catalogue, now) => {
        const roleSet = findRoleSet(catalogue, ref)
        const isCounted = (await reader.organizationCount(roleSet.id)) <= within.organizationsMax
        const members = isCounted ? await membersByRole(reader, roleSet, now) : undefined
        return { roleSet: viewRoleSet(roleSet, catalogue), members }
      }),

    organizations: ({ order, ...query }: OrganizationsQuery, call: ReadCall) =>
      list(call, async (reader, catalogue, now) => {
        const { items, total } = await reader.searchOrganizations({ ...query, now }, order, parseSpan(query))
        return { items: await entriesOf(items, query, { reader, catalogue, now }), total }
      }),

    organization: (idOrSlug: string, details: OrganizationDetails, call: ReadCall) =>
      find(call, async (reader, catalogue, now) => {
        const id = parseOrganizationId(idOrSlug, 'organization_id')
        const organization = (await reader.organization(id)) ?? (await reader.organizationBySlug(id))
        if (organization === undefined) throw organizationNotFound(id)
        const [entry] = await entriesOf([organization], details, { reader, catalogue, now })
        return entry as OrganizationEntry
      }),

    /** This and the next two throw Refusal `organization_not_found` when the organization doesn't exist. */
    memberships: ({ order, roles, ...query }: MembershipsQuery, call: ReadCall): Promise<Listed<MembershipEntry>> =>
      list(call, async (reader, catalogue, now) => {
        const [span, scope] = [parseSpan(query), parseScopeFilter(query.scope)]
        await checkIsThere(reader, query.organizationId)
        const roleIds = roles?.flatMap((ref) => catalogue.roles.find(ref)?.id ?? [])
        if (roles !== undefined && roles.length > 0 && roleIds?.length === 0) return { items: [], total: 0 }
        const { items, total } = await reader.searchMemberships({ ...query, scope, roleIds, now }, order, span)
        const viewOf = (it: Membership) => ({ membership: viewMembership(it, catalogue) })
        return { items: await withOrganizations(items, viewOf, { reader, catalogue }), total }
      }),

    domains: (query: DomainsQuery, call: ReadCall): Promise<Listed<DomainEntry>> =>
      list(call, (reader, catalogue) => domainsIn(query, { reader, catalogue })),

    invitations: ({ order, ...query }: InvitationsQuery, call: ReadCall): Promise<Listed<InvitationEntry>> =>
      list(call, async (reader, catalogue, now) => {
        const [span, scope] = [parseSpan(query), parseScopeFilter(query.scope)]
        await checkIsThere(reader, query.organizationId)
        const { items, total } = await reader.searchInvitations({ ...query, scope, now }, order, span)
        const views = await viewInvitations(items, { reader, catalogue, now })
        const entries = await withOrganizations(views, (invitation) => ({ invitation }), { reader, catalogue })
        return { items: entries, total }
      }),
  }
}

async function domainsIn(
  { order, names, ...query }: DomainsQuery,
  { reader, catalogue }: Omit<State, 'now'>,
): Promise<Spanned<DomainEntry>> {
  const span = parseSpan(query)
  await checkIsThere(reader, query.organizationId)
  const lowered = names?.map((name) => name.toLowerCase())
  const { items, total } = await reader.searchDomains({ ...query, names: lowered }, order, span)
  return { items: items.map((each) => viewDomain(each, catalogue)), total }
}

type Named = Pick<Role, 'id' | 'key' | 'name' | 'createdAt'>

/** The catalogue is in memory, so its lists are made there. */
function spanOf<T extends Named, V>(index: Index<T>, query: CatalogueQuery, view: (thing: T) => V): Spanned<V> {
  const { offset, limit } = parseSpan(query)
  const text = lowerCased(query.text ?? '')
  const isFound = (thing: T) =>
    thing.id === query.text || lowerCased(thing.name).includes(text) || lowerCased(thing.key).includes(text)
  const found = [...index.values()].filter((thing) => text === '' || isFound(thing)).sort(comparing(query.order))
  return { items: found.slice(offset, offset + limit).map(view), total: found.length }
}

function comparing({ field, descending }: CatalogueQuery['order']): (a: Named, b: Named) => number {
  const valueOf = (thing: Named) => (field === 'created_at' ? thing.createdAt : thing[field])
  const compare = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0)
  return (a, b) => (compare(valueOf(a), valueOf(b)) || compare(a.id, b.id)) * (descending ? -1 : 1)
}

/** As the storage compares: only letters of ASCII lose their case. */
function lowerCased(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

interface State {
  readonly reader: Reader
  readonly catalogue: Catalogue
  readonly now: number
}

async function entriesOf(
  organizations: readonly Organization[],
  { withMemberCounts, withMissingElevated }: OrganizationDetails,
  state: State,
): Promise<OrganizationEntry[]> {
  const { reader, catalogue, now } = state
  const ids = organizations.map(({ id }) => id)
  const counts = withMemberCounts && {
    members: await reader.memberCounts(ids, now),
    invitations: await reader.pendingInvitationCounts(ids, now),
  }
  const entries: OrganizationEntry[] = []
  for (const organization of organizations) {
    const { id } = organization
    entries.push({
      organization: viewOrganization(organization, catalogue),
      ...(counts && {
        membersCount: counts.members.get(id) ?? 0,
        pendingInvitationsCount: counts.invitations.get(id) ?? 0,
      }),
      ...(withMissingElevated && {
        missingMemberWithElevatedPermissions: !(await hasElevatedMember(organization, state)),
      }),
    })
  }
  return entries
}

/** Reads one member for each role, so the cost doesn't depend on the number of members. */
async function hasElevatedMember({ id, roleSetId }: Organization, { reader, catalogue, now }: State): Promise<boolean> {
  const roleSet = catalogue.roleSets.byId(roleSetId)
  for (const role of roleSet ? rolesOf(catalogue, roleSet) : []) {
    if (!isCreatorEligible(catalogue, role)) continue
    const [member] = await reader.memberships(id, { size: 1 }, { roleId: role.id, now })
    if (member !== undefined) return true
  }
  return false
}

async function membersByRole(reader: Reader, { id }: RoleSet, now: number): Promise<ReadonlyMap<string, number>> {
  const usage = await reader.usageIn({ roleSetId: id }, now)
  return new Map(usage.filter((it) => it.members > 0).map((it) => [it.roleId, it.members]))
}

async function checkIsThere(reader: Reader, unparsed: string | undefined): Promise<void> {
  if (unparsed === undefined) return
  const id = parseOrganizationId(unparsed, 'organization_id')
  if ((await reader.organization(id)) === undefined) throw organizationNotFound(id)
}

async function withOrganizations<T extends Pick<Membership, 'id' | 'organizationId'>, V>(
  things: readonly T[],
  viewOf: (thing: T) => V,
  { reader, catalogue }: Omit<State, 'now'>,
): Promise<(V & { readonly organization: OrganizationView })[]> {
  const organizations = new Map<string, OrganizationView>()
  const entries = []
  for (const thing of things) {
    const { id, organizationId } = thing
    const known = organizations.get(organizationId)
    const found = known ? undefined : await reader.organization(organizationId)
    const organization = known ?? (found && viewOrganization(found, catalogue))
    if (!organization) throw new Error(`${id} belongs to organization ${organizationId}, which doesn't exist.`)
    organizations.set(organizationId, organization)
    entries.push({ ...viewOf(thing), organization })
  }
  return entries
}
