/**
 * The steps that works of random histories are made of: what they record, what they ask, and how they fail. Each says what
 * it saw.
 */

import fc from 'fast-check'
import { type Change, put, deleted } from '@rolesets/core'
import type { Departure } from '../../packages/sidecar/src/domain/decided.ts'
import type { Reader, Writer } from '../../packages/sidecar/src/storage/store.ts'
import {
  accessKey,
  at,
  invitation,
  invitationOf,
  membership,
  membershipOf,
  organization,
  organizationOf,
  role,
  roleSet,
  settings,
} from './things.ts'

/** A step of a work: it reads what it needs, records, and says what it saw. */
export type Step = (writer: Writer) => Promise<unknown>

const id = fc.constantFrom('a', 'b', 'c', 'd')
const user = fc.constantFrom('u', 'v')
const set = fc.constantFrom('free', 'pro', 'new')
const roleId = fc.constantFrom('admin', 'member', 'analyst', 'extra')
/** Most have one. */
const heldRoles = fc.oneof(
  { weight: 2, arbitrary: roleId.map((each) => [each]) },
  fc.uniqueArray(roleId, { minLength: 2, maxLength: 3 }),
)
const scopeName = fc.constantFrom('team:x', 'team:y')
const place = fc.record({ organizationId: id, scope: fc.oneof(fc.constant(''), scopeName) })
const slug = fc.constantFrom(null, 'x', 'y')
const address = fc.constantFrom('u', 'ann@x.y', 'Ann@X.Y', 'bob@x.y')
/** Rounds of a history are a millisecond apart, so invitations end while it goes on. */
const moment = fc.integer({ min: -1, max: 8 }).map((n) => at + n)
/** Most memberships have none. */
const end = fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, moment)
const status = fc.constantFrom('pending', 'accepted', 'revoked', 'expired')
const statuses = fc.option(fc.uniqueArray(status), { nil: undefined })
const slugText = fc.constantFrom('x', 'y')
const page = fc.record({ size: fc.integer({ min: 0, max: 3 }), after: fc.option(id, { nil: undefined }) })
const scope = fc.oneof(fc.record({ roleSetId: set }), fc.record({ organizationId: id }))
const among = fc.oneof(
  scope,
  fc.record({ organizationId: id, scope: scopeName }),
  fc.record({ scope: scopeName }),
  fc.constant({ kind: 'team' }),
)
const asked = fc.constantFrom(undefined, 'team:x')
const askedScope = fc.constantFrom(undefined, 'team:x', '*')

const order = <F extends string>(...fields: readonly F[]) =>
  fc.record({ field: fc.constantFrom(...fields), descending: fc.boolean() })
const span = fc.record({ offset: fc.nat(2), limit: fc.nat(3) })
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const choiceOf = (value: fc.Arbitrary<string>) =>
  optional(fc.record({ include: optional(fc.array(value)), exclude: optional(fc.array(value, { maxLength: 1 })) }))

const organizationQuery = fc.record({ text: optional(id), ids: choiceOf(id), userIds: choiceOf(user), now: moment })
const membershipQuery = fc.record({
  organizationId: optional(id),
  scope: askedScope,
  userIds: choiceOf(user),
  roleIds: optional(fc.uniqueArray(roleId)),
  text: optional(fc.constantFrom('U', 'v')),
  createdFrom: optional(moment),
  createdTo: optional(moment),
  now: optional(moment),
})
const invitationQuery = fc.record({
  organizationId: optional(id),
  scope: askedScope,
  statuses,
  emailAddress: optional(address),
  text: optional(fc.constantFrom('ANN', '@x', 'orginv_a_u')),
  userId: optional(address),
  inviterUserId: optional(user),
  invitee: optional(
    fc.record({ userId: fc.oneof(user, address), emailAddresses: fc.array(address, { maxLength: 2 }) }),
  ),
  now: moment,
})

const everyPlace = fc.record({ organizationId: id, scope: fc.constant('*') })
const roleIds = fc.uniqueArray(roleId, { maxLength: 3 })
const leaving = fc.oneof(
  fc.record({ members: fc.array(fc.record({ organizationId: id, userId: user, expiresAt: end }), { maxLength: 3 }) }),
  fc.record({ roleIds, among: optional(scope) }),
  fc.record({ organizationIds: fc.array(id) }),
)

const placesQuery = fc.record({
  ...{ organizationId: optional(id), userId: optional(user), roleId: optional(roleId) },
  ...{ scope: fc.constantFrom('', 'team:x', '*'), now: optional(moment) },
})
const memberKey = fc.record({ organizationId: id, scope: fc.constantFrom('', 'team:x', 'team:y'), userId: user })
const placesPage = fc.record({ size: fc.integer({ min: 0, max: 3 }), after: optional(memberKey) })

interface Named {
  readonly title: string
  readonly step: Step
}

/** A step with its values, which name it. */
function step<V>(
  name: string,
  values: fc.Arbitrary<V>,
  run: (values: V, writer: Writer) => Promise<unknown>,
): fc.Arbitrary<Named> {
  return values.map((value) => ({ title: `${name} ${JSON.stringify(value)}`, step: (writer) => run(value, writer) }))
}

const records = (writer: Writer, change: Change) => writer.record([change])

const hasRole = async (w: Writer, each: string) => (await w.catalogue()).roles.byId(each) !== undefined
const hasRoles = async (w: Writer, all: readonly string[]) =>
  (await Promise.all(all.map((each) => hasRole(w, each)))).every(Boolean)
const hasSet = async (w: Writer, each: string) => (await w.catalogue()).roleSets.byId(each) !== undefined

export const writes = [
  step('put', fc.tuple(id, set, slug, moment), async ([a, roleSetId, s, createdAt], w) => {
    if (!(await hasSet(w, roleSetId))) return
    const owner = s === null ? undefined : await w.organizationBySlug(s)
    const free = owner === undefined || owner.id === a ? s : null
    await records(w, organization(a, w.nextRevision, { roleSetId, slug: free, createdAt, name: s ?? a }))
  }),
  step('delete', id, async (a, w) => {
    const members = await w.memberCount({ organizationId: a }, w.committedAt)
    await records(w, { verb: 'deleted', thing: 'organization', before: organizationOf(a, 0), members, invitations: 0 })
  }),
  step(
    'grant',
    fc.tuple(place, user, heldRoles, end),
    async ([{ organizationId: a, scope: s }, u, roles, expiresAt], w) => {
      if ((await w.organization(a)) && (await hasRoles(w, roles)))
        await records(w, membership(a, u, w.nextRevision, { scope: s, roleIds: roles, expiresAt }))
      return w.membership(a, u, s)
    },
  ),
  step('withdraw', fc.tuple(place, user), ([{ organizationId: a, scope: s }, u], w) =>
    records(w, deleted('membership', membershipOf(a, u, 0, { scope: s }))),
  ),
  step('assign', fc.tuple(id, scopeName, set), async ([organizationId, name, roleSetId], w) => {
    if (!(await w.organization(organizationId)) || !(await hasSet(w, roleSetId))) return
    const own = { name: 'Team', roleSetId: name === 'team:y' ? null : roleSetId }
    const assignment = { organizationId, scope: name, ...own, updatedAt: at, revision: w.nextRevision }
    await records(w, put('assignment', assignment, null))
  }),
  step('unassign', fc.tuple(id, scopeName), ([organizationId, name], w) =>
    records(
      w,
      deleted('assignment', { organizationId, scope: name, name: '', roleSetId: '', updatedAt: 0, revision: 0 }),
    ),
  ),
  step('kind', fc.tuple(fc.constantFrom('organization', 'role_set', 'none'), set), async ([fallback, roleSetId], w) => {
    if (!(await hasSet(w, roleSetId))) return
    const stamp = { updatedAt: at, revision: w.nextRevision }
    const own = { kind: 'team', fallback, roleSetId: fallback === 'role_set' ? roleSetId : null }
    await records(w, put('scope_kind', { ...own, ...stamp }, null))
  }),
  step('default', fc.tuple(scopeName, set), async ([scope, roleSetId], w) => {
    if (!(await hasSet(w, roleSetId))) return
    await records(w, put('scope_default', { scope, roleSetId, updatedAt: at, revision: w.nextRevision }, null))
  }),
  step('no kind', fc.constant('team'), async (kind, w) => {
    const before = (await w.catalogue()).scopeKinds.get(kind)
    if (before) await records(w, deleted('scope_kind', before))
  }),
  step('no default', scopeName, async (name, w) => {
    const before = (await w.catalogue()).scopeDefaults.get(name)
    if (before) await records(w, deleted('scope_default', before))
  }),
  step(
    'invite',
    fc.tuple(place, address, heldRoles, moment, user),
    async ([{ organizationId: a, scope: s }, email, roles, expiresAt, inviterUserId], w) => {
      const more = { scope: s, roleIds: roles, expiresAt, createdAt: expiresAt - 5, inviterUserId }
      if ((await w.organization(a)) && (await hasRoles(w, roles)))
        await records(w, invitation(a, email, w.nextRevision, more))
      return w.pendingInvitation({ organizationId: a, scope: s }, email, at)
    },
  ),
  step('end invitation', fc.tuple(id, address, fc.constantFrom('accepted', 'revoked')), async ([a, email, end], w) => {
    const before = await w.invitation(invitationOf(a, email, 0).id)
    const acceptedByUserId = end === 'accepted' ? 'u' : ''
    const stamp = { revision: w.nextRevision, updatedAt: at }
    if (before === undefined) return
    const ended = { ...before, ...stamp, status: end, acceptedByUserId } as const
    await records(w, put('invitation', ended, before))
  }),
  step(
    'settle',
    fc.record({ maxAllowedMemberships: fc.nat(9), domainsEnrollmentModes: fc.array(slugText) }),
    (more, w) => records(w, settings(w.nextRevision, more)),
  ),
  step('put key', fc.tuple(slugText, fc.option(moment)), async ([k, revokedAt], w) => {
    await records(w, accessKey(k, w.nextRevision, { revokedAt }))
    return w.accessKeys()
  }),
  step('move', fc.tuple(set, set), async ([fromRoleSetId, toRoleSetId], w) => {
    if (!(await hasSet(w, toRoleSetId))) return
    await records(w, { verb: 'moved', thing: 'assignment', fromRoleSetId, toRoleSetId, organizations: 0 })
  }),
  step('reassign', fc.tuple(among, fc.uniqueArray(roleId, { minLength: 2, maxLength: 4 })), async ([where, all], w) => {
    const ids = all.filter((each) => each !== 'extra')
    const mappings = ids.map((fromRoleId, n) => ({
      fromRoleId,
      toRoleId: ids[(n + 1) % ids.length] ?? '',
      members: 0,
      invitations: 0,
    }))
    await records(w, { verb: 'reassigned', thing: 'membership', among: where, mappings })
  }),
  step('rename scope', id, async (organizationId, w) => {
    const [from, to] = ['team:x', 'team:y'].map((each) => ({ organizationId, scope: each }))
    if (from === undefined || to === undefined || (await w.memberCount(to, w.committedAt)) > 0) return
    const facts = { organizationId, fromScope: from.scope, toScope: to.scope, members: 0, invitations: 0 }
    await records(w, { verb: 'renamed', thing: 'assignment', ...facts })
  }),
  step('put role', fc.constant('extra'), (r, w) => records(w, role(r, w.nextRevision, { permissionIds: ['read'] }))),
  step('delete role', fc.constant('extra'), async (r, w) => {
    const { roles, roleSets } = await w.catalogue()
    const before = roles.byId(r)
    const isInSet = [...roleSets.values()].some(({ roleIds }) => roleIds.includes(r))
    const { members, organizations } = await w.usageOf(r, undefined, w.committedAt)
    if (before && !isInSet && members === 0 && organizations === 0) await records(w, deleted('role', before))
  }),
  step('put set', fc.uniqueArray(roleId, { minLength: 1 }), async (all, w) => {
    const ids = (await hasRole(w, 'extra')) ? all : all.filter((each) => each !== 'extra')
    if (ids.length > 0) await records(w, roleSet('new', ids, w.nextRevision))
  }),
  step('delete set', fc.constant('new'), async (s, w) => {
    const { roleSets, scopeKinds, scopeDefaults } = await w.catalogue()
    const before = roleSets.byId(s)
    const places = ['a', 'b', 'c', 'd'].flatMap((organizationId) =>
      ['team:x', 'team:y'].map((name) => ({ organizationId, scope: name })),
    )
    const isAssigned = [...(await w.roleSetIdsOf(places)).values()].includes(s)
    // The storage refuses it at the commit, so it would depend on what is committed together.
    const isNamed = [...scopeKinds.values(), ...scopeDefaults.values()].some(({ roleSetId }) => roleSetId === s)
    if (before && !isAssigned && !isNamed && (await w.organizationCount(s)) === 0)
      await records(w, deleted('role_set', before))
  }),
  step('make initial', set, async (s, w) => {
    const { roleSets } = await w.catalogue()
    const stamp = { revision: w.nextRevision, updatedAt: at }
    const initial = [...roleSets.values()].find(({ type }) => type === 'initial')
    const next = roleSets.byId(s)
    if (!initial || !next || initial.id === s) return
    await records(w, put('role_set', { ...initial, ...stamp, type: 'custom' }, initial))
    await records(w, put('role_set', { ...next, ...stamp, type: 'initial' }, next))
  }),
]

/** `none` doesn't exist, and an id has no line break. */
const anyId = fc.oneof(id, fc.constantFrom('none', 'a\n'))
export const foreseen = fc.record({
  organizationIds: fc.array(anyId),
  memberships: fc.array(fc.record({ organizationId: anyId, userId: user })),
})

/** What rules never ask for: the storage finds it at the commit, and it spoils the transaction. */
export const spoils = step('spoil', fc.constantFrom('organization', 'member'), (what, w) => {
  if (what === 'member') return records(w, membership('nowhere', 'u', w.nextRevision))
  return records(w, organization('lost', w.nextRevision, { roleSetId: 'none' }))
})

export const reads = [
  step('organization', id, (a, w) => w.organization(a)),
  step('by ids', fc.uniqueArray(id), async (ids, w) => byId(await w.organizationsById(ids))),
  step('by slug', fc.constantFrom('x', 'y'), (s, w) => w.organizationBySlug(s)),
  step('assignment', place, (p, w) => w.assignment(p)),
  step('sets of', fc.array(place), async (places, w) => [...(await w.roleSetIdsOf(places))].sort()),
  step('deleted', fc.array(id), async (ids, w) => [...(await w.deletedOrganizations(ids))].sort()),
  step('page', fc.tuple(page, fc.option(set, { nil: undefined })), ([p, roleSetId], w) =>
    w.organizations(p, { roleSetId }),
  ),
  step('count', set, (s, w) => w.organizationCount(s)),
  step('membership', fc.tuple(id, user, asked), ([a, u, s], w) => w.membership(a, u, s)),
  step('members', fc.tuple(id, page, optional(roleId), asked, optional(moment)), ([a, p, r, s, now], w) =>
    w.memberships(a, p, { roleId: r, scope: s, now }),
  ),
  step('members of places', fc.tuple(placesQuery, placesPage), ([query, p], w) => w.membershipsOfPlaces(query, p)),
  step('member count', fc.tuple(id, asked, moment), ([organizationId, s, now], w) =>
    w.memberCount({ organizationId, scope: s }, now),
  ),
  step('scope usage', fc.tuple(among, moment, fc.boolean()), ([where, now, isWhole], w) =>
    w.scopeUsage(where, now, isWhole),
  ),
  step(
    'scope places',
    fc.tuple(among, moment, fc.option(fc.record({ organizationsOn: set }), { nil: undefined })),
    ([where, now, except], w) => w.scopePlaces(where, now, except),
  ),
  step('own assignments', set, (s, w) => w.ownAssignmentCount(s)),
  step('role in scopes', fc.tuple(fc.record({ roleId, roleSetId: set }), moment), ([of, now], w) =>
    w.roleInScopes(of, now),
  ),
  step('scopes', fc.tuple(id, optional(scopeName), moment), ([a, after, now], w) =>
    w.scopesOf(a, { size: 2, after, now }),
  ),
  step('scopes in use', fc.tuple(fc.oneof(place, fc.constant({ kind: 'team' })), moment), ([of, now], w) =>
    w.scopesInUse(of, now),
  ),
  step('usage in', fc.tuple(fc.oneof(scope, place, everyPlace), moment), ([where, now], w) => w.usageIn(where, now)),
  step(
    'usage of',
    fc.tuple(roleId, fc.option(fc.record({ roleSetId: set }), { nil: undefined }), moment),
    ([r, s, now], w) => w.usageOf(r, s, now),
  ),
  step(
    'repeated',
    fc.tuple(fc.oneof(among, everyPlace), roleIds, moment, fc.boolean()),
    ([where, all, now, isLater], w) =>
      w.repeatedHolders({ among: where, roleIds: all, now, revision: isLater ? w.nextRevision : 0 }),
  ),
  step(
    'without administrator',
    fc.tuple(fc.record({ leaving, remainingRoleIds: roleIds, onlyLasting: fc.boolean() }), fc.nat(3), moment),
    ([gone, limit, now], w) => w.withoutAdministrator(consistent(gone), { limit, now }),
  ),
  step('invitation', fc.tuple(id, address), ([a, email], w) => w.invitation(invitationOf(a, email, 0).id)),
  step('pending', fc.tuple(place, address, moment), ([a, email, now], w) => w.pendingInvitation(a, email, now)),
  step('pending count', fc.tuple(place, moment), ([a, now], w) => w.pendingInvitationCount(a, now)),
  step('invitations', fc.tuple(id, page, statuses, moment, askedScope), ([a, p, wanted, now, s], w) =>
    w.invitations(a, p, { statuses: wanted, now, scope: s }),
  ),
  step('member counts', fc.tuple(fc.array(id), moment), async ([ids, now], w) =>
    [...(await w.memberCounts(ids, now))].sort(),
  ),
  step('pending counts', fc.tuple(fc.array(id), moment), async ([ids, now], w) =>
    [...(await w.pendingInvitationCounts(ids, now))].sort(),
  ),
  step('keys', fc.constant(''), (_, w) => w.accessKeys()),
  step(
    'search organizations',
    fc.tuple(organizationQuery, order('created_at', 'name', 'members_count'), span),
    ([query, by, cut], w) => w.searchOrganizations(query, by, cut),
  ),
  step('search members', fc.tuple(membershipQuery, order('created_at', 'user_id'), span), ([query, by, cut], w) =>
    w.searchMemberships(query, by, cut),
  ),
  step(
    'search invitations',
    fc.tuple(invitationQuery, order('created_at', 'email_address'), span),
    ([query, by, cut], w) => w.searchInvitations(query, by, cut),
  ),
  step('catalogue', fc.constant(''), async (_, w) => catalogueSeenBy(w)),
]

export const throws = step('throw', fc.constant(''), () => Promise.reject(new Error('refused by its own rule')))

export async function catalogueSeenBy(reader: Reader): Promise<unknown> {
  const catalogue = await reader.catalogue()
  const byId = <T extends { readonly id: string }>(things: Iterable<T>) =>
    [...things].sort((a, b) => (a.id < b.id ? -1 : 1))
  const indexes = [catalogue.permissions, catalogue.roles, catalogue.roleSets].map((index) =>
    byId<{ id: string }>(index.values()),
  )
  return [...indexes, catalogue.settings]
}

function byId<T extends { readonly id: string }>(things: readonly T[]): readonly T[] {
  return [...things].sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** A role whose holders leave doesn't remain: no rule asks otherwise. */
function consistent({ leaving: gone, remainingRoleIds, ...more }: Departure): Departure {
  const lost = 'roleIds' in gone ? gone.roleIds : []
  return { leaving: gone, ...more, remainingRoleIds: remainingRoleIds.filter((each) => !lost.includes(each)) }
}
