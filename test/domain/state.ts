/**
 * A store in memory for tests of the rules: it reads the facts, asks the rule, and applies the changes the way a storage
 * would. It trusts nothing: each change is compared with what is really there, and the impact with what really happened.
 */

import assert from 'node:assert/strict'
import {
  type AccessKey,
  type Assignment,
  applyToCatalogue,
  type Catalogue,
  type Change,
  type ChangeSet,
  emptyCatalogue,
  type Invitation,
  type Membership,
  type Organization,
  type UnknownOrganizations,
  byKind,
  keyOfPlace,
  wholeOf,
  type ByKind,
  type Reassigned,
} from '@rolesets/core'
import { checkMayGrant, parseActing, rolesGivenBy, type Acting } from '../../packages/sidecar/src/domain/acting.ts'
import { absenceIn, administratorNeeded, departuresOf } from '../../packages/sidecar/src/domain/administrators.ts'
import type { SentFacts } from '../../packages/sidecar/src/domain/invitees.ts'
import type { Context, Decided, Departure, RoleUsage } from '../../packages/sidecar/src/domain/decided.ts'
import { statusOf } from '../../packages/sidecar/src/domain/invitations.ts'
import { seedChanges } from '../../packages/sidecar/src/domain/seed.ts'
import { decideCommand, type Command } from './commands.ts'
import { decideScopeCommand, scopeCommandOf, type ScopeCommand } from './scope-commands.ts'

export interface Snapshot {
  readonly catalogue: Catalogue
  readonly organizations: ReadonlyMap<string, Organization>
  readonly deletedOrganizations: ReadonlySet<string>
  /** By `memberKey`. */
  readonly memberships: ReadonlyMap<string, Membership>
  readonly invitations: ReadonlyMap<string, Invitation>
  readonly accessKeys: ReadonlyMap<string, AccessKey>
  /** Of scopes, by place. */
  readonly assignments: ReadonlyMap<string, Assignment>
}

/** What members and invitations have in common: they hold a role in an organization. */
type Holder = Pick<Membership, 'organizationId' | 'roleIds'>

/** What a call says about the whole write. */
export interface How extends Acting {
  readonly allowNoAdministrator?: boolean | undefined
}

export class State {
  catalogue: Catalogue = emptyCatalogue
  organizations = new Map<string, Organization>()
  deletedOrganizations = new Set<string>()
  memberships = new Map<string, Membership>()
  invitations = new Map<string, Invitation>()
  accessKeys = new Map<string, AccessKey>()
  assignments = new Map<string, Assignment>()
  /** Each kind, held against what is really there. */
  readonly #appliers: ByKind<void, [{ updatedAt: number; revision: number }]> = {
    permission_put: ({ after, before }) => this.#compare(this.catalogue.permissions.byId(after.id), before),
    permission_deleted: ({ before }) => this.#compare(this.catalogue.permissions.byId(before.id), before),
    role_put: ({ after, before }) => this.#compare(this.catalogue.roles.byId(after.id), before),
    role_deleted: ({ before }) => this.#compare(this.catalogue.roles.byId(before.id), before),
    role_set_put: ({ after, before }) => this.#compare(this.catalogue.roleSets.byId(after.id), before),
    role_set_deleted: ({ before }) => this.#compare(this.catalogue.roleSets.byId(before.id), before),
    settings_put: ({ before }) => this.#compare(this.catalogue.settings, before),
    organization_put: ({ after, before }) => {
      this.#compare(this.organizations.get(after.id), before)
      this.organizations.set(after.id, after)
      this.deletedOrganizations.delete(after.id)
    },
    organization_deleted: (change) => {
      const { id } = change.before
      this.#compare(this.organizations.get(id), change.before)
      assert.deepEqual([change.members, change.invitations], [this.members(id).length, this.pending(id).length])
      this.organizations.delete(id)
      this.deletedOrganizations.add(id)
      for (const member of this.members(id)) this.memberships.delete(memberKey(member))
      for (const invitation of this.invitations.values())
        if (invitation.organizationId === id) this.invitations.delete(invitation.id)
      for (const assignment of this.scopesOf(id)) this.assignments.delete(keyOfPlace(assignment))
    },
    organizations_moved: (change, stamps) => {
      const moved = [...this.organizations.values()].filter(({ roleSetId }) => roleSetId === change.fromRoleSetId)
      assert.equal(change.organizations, moved.length)
      for (const each of moved) this.organizations.set(each.id, { ...each, ...stamps, roleSetId: change.toRoleSetId })
    },
    scope_kind_put: ({ after, before }) => this.#compare(this.catalogue.scopeKinds.get(after.kind), before),
    scope_kind_deleted: ({ before }) => this.#compare(this.catalogue.scopeKinds.get(before.kind), before),
    scope_default_put: ({ after, before }) => this.#compare(this.catalogue.scopeDefaults.get(after.scope), before),
    scope_default_deleted: ({ before }) => this.#compare(this.catalogue.scopeDefaults.get(before.scope), before),
    scope_renamed: () => assert.fail('Nobody is a member of a scope here.'),
    assignment_put: ({ after, before }) => {
      this.#compare(this.assignments.get(keyOfPlace(after)), before)
      this.assignments.set(keyOfPlace(after), after)
    },
    assignment_deleted: ({ before }) => {
      this.#compare(this.assignments.get(keyOfPlace(before)), before)
      this.assignments.delete(keyOfPlace(before))
    },
    membership_put: ({ after, before }) => {
      this.#compare(this.memberships.get(memberKey(after)), before)
      this.memberships.set(memberKey(after), after)
    },
    membership_deleted: ({ before }) => {
      this.#compare(this.memberships.get(memberKey(before)), before)
      this.memberships.delete(memberKey(before))
    },
    history_compacted: () => undefined,
    members_reassigned: (change, stamps) => this.#reassign(change, stamps),
    invitation_put: ({ after, before }) => {
      this.#compare(this.invitations.get(after.id), before)
      this.invitations.set(after.id, after)
    },
    access_key_put: ({ after, before }) => {
      this.#compare(this.accessKeys.get(after.id), before)
      this.accessKeys.set(after.id, after)
    },
  }
  readonly changeSets: ChangeSet[] = []
  readonly unknownOrganizations: UnknownOrganizations
  now = 1_700_000_000_000
  #ids = 0

  /** Fresh: it holds what the seed gives, at revision 1. */
  constructor(unknownOrganizations: UnknownOrganizations = 'initial') {
    this.unknownOrganizations = unknownOrganizations
    this.#commit('Seed', seedChanges(this.context()))
  }

  get revision(): number {
    return this.changeSets.at(-1)?.revision ?? 0
  }

  context(): Context {
    const newId: Context['newId'] = (prefix) => `${prefix}_${String(++this.#ids).padStart(6, '0')}`
    return { now: this.now, revision: this.revision + 1, newId, unknownOrganizations: this.unknownOrganizations }
  }

  /** Decides and commits. @throws Refusal, and then nothing has changed */
  run(command: Command | ScopeCommand, how: How = {}): Decided<unknown> {
    return this.runAll(command.operation, () => [command], how)[0] as Decided<unknown>
  }

  /** Several commands as one write: each sees what the ones before it recorded, and one refusal undoes them all. */
  runAll(operation: string, plan: () => readonly (Command | ScopeCommand)[], how: How = {}): Decided<unknown>[] {
    const before = this.snapshot()
    this.now += 1_000
    try {
      const context = this.context()
      const left: string[] = []
      const decisions = plan().map((command) => {
        const decided = this.#decide(command, context, how)
        const departures = departuresOf(this.catalogue, decided.changes, this.now)
        left.push(...departures.flatMap((departure) => this.withoutAdministrator(departure)))
        this.#record(decided.changes, context)
        return decided
      })
      const all = this.#withAdministrators(decisions, left)
      const impact = all.at(-1)?.impact
      const isRefused = how.allowNoAdministrator !== true && before.catalogue.settings.lastAdministrator === 'refuse'
      if (impact && impact.withoutAdministrator.organizations > 0 && isRefused) throw administratorNeeded(impact)
      const changes = all.flatMap((decided) => decided.changes)
      if (changes.length > 0) this.#log(operation, changes)
      return all
    } catch (error) {
      this.restore(before)
      throw error
    }
  }

  #decide(given: Command | ScopeCommand, context: Context, how: How): Decided<unknown> {
    const ofScopes = scopeCommandOf(given)
    if (ofScopes !== undefined) return decideScopeCommand(this, ofScopes, context)
    const command = given as Command
    const acting = parseActing(how)
    if (acting === undefined) return decideCommand(this, command, context)
    const { organizationId } = command.input as Holder
    const membership = this.membership(organizationId, acting.userId)
    const user = { ...acting, place: wholeOf(organizationId), memberships: membership ? [membership] : [] }
    checkMayGrant(this.catalogue, user, [], acting)
    const decided = decideCommand(this, command, context)
    checkMayGrant(this.catalogue, user, rolesGivenBy(decided.changes, context.now), acting)
    return decided
  }

  /** Rule 19 is about the whole write: what one command takes, a later one may give back. It stands in the last impact. */
  #withAdministrators(decisions: readonly Decided<unknown>[], left: readonly string[]): Decided<unknown>[] {
    const organizationIds = this.withoutAdministrator(absenceIn(this.catalogue, [...new Set(left)]))
    const withoutAdministrator = { organizations: organizationIds.length, organizationIds }
    return decisions.map((decided, place) => {
      if (place < decisions.length - 1) return decided
      return { ...decided, impact: { ...decided.impact, withoutAdministrator } }
    })
  }

  /** As a storage answers it, in order. */
  withoutAdministrator({ leaving, remainingRoleIds }: Departure): string[] {
    const isLeaving = (member: Membership) => {
      if ('organizationIds' in leaving) return false
      if ('members' in leaving)
        return leaving.members.some((each) => memberKey({ ...each, scope: '' }) === memberKey(member))
      const isHolder = member.roleIds.some((id) => leaving.roleIds.includes(id))
      return isHolder && (leaving.among === undefined || this.#isAmong(leaving.among, member))
    }
    const all = [...this.memberships.values()]
    const concerned =
      'organizationIds' in leaving ? leaving.organizationIds : all.filter(isLeaving).map((it) => it.organizationId)
    // Someone who keeps a remaining role stays, whichever other one goes.
    const goes = (member: Membership) => 'members' in leaving && isLeaving(member)
    const remains = (id: string) =>
      this.members(id).some((each) => each.roleIds.some((it) => remainingRoleIds.includes(it)) && !goes(each))
    return [...new Set(concerned)].filter((id) => this.organizations.has(id) && !remains(id)).sort()
  }

  #isAmong(among: Reassigned['among'], holder: Holder): boolean {
    if ('scope' in among || 'kind' in among) return false
    return 'roleSetId' in among ? this.isOn(among.roleSetId, holder) : holder.organizationId === among.organizationId
  }

  /** The pending ones to a user, in one organization or in all. */
  invitationsTo(user: { userId: string; emailAddresses?: readonly string[] | undefined }, organizationId?: string) {
    const accepted = [...this.invitations.values()].filter(({ acceptedByUserId }) => acceptedByUserId === user.userId)
    const known = [user.userId, ...(user.emailAddresses ?? []), ...accepted.map(({ emailAddress }) => emailAddress)]
    const addresses = known.map((address) => String(address).toLowerCase())
    return this.pending(organizationId).filter(({ emailAddress }) => addresses.includes(emailAddress.toLowerCase()))
  }

  /** The pending ones that a user sent. */
  invitationsFrom(userId: string, organizationId?: string): SentFacts {
    const sent = this.pending(organizationId).filter(({ inviterUserId }) => inviterUserId === userId)
    return { sent, sentCount: sent.length }
  }

  snapshot(): Snapshot {
    return {
      catalogue: this.catalogue,
      organizations: new Map(this.organizations),
      deletedOrganizations: new Set(this.deletedOrganizations),
      memberships: new Map(this.memberships),
      invitations: new Map(this.invitations),
      accessKeys: new Map(this.accessKeys),
      assignments: new Map(this.assignments),
    }
  }

  restore({ catalogue, organizations, memberships, invitations, accessKeys, ...more }: Snapshot): void {
    this.assignments = new Map(more.assignments)
    this.catalogue = catalogue
    this.deletedOrganizations = new Set(more.deletedOrganizations)
    this.organizations = new Map(organizations)
    this.memberships = new Map(memberships)
    this.invitations = new Map(invitations)
    this.accessKeys = new Map(accessKeys)
  }

  /** Those with a name or a role set of their own. */
  scopesOf(organizationId: string): Assignment[] {
    return [...this.assignments.values()].filter((assignment) => assignment.organizationId === organizationId)
  }

  members(organizationId: string): Membership[] {
    return [...this.memberships.values()].filter((membership) => membership.organizationId === organizationId)
  }

  membership(organizationId: string, userId: string, scope = ''): Membership | undefined {
    return this.memberships.get(memberKey({ organizationId, scope, userId }))
  }

  /** Those that are pending now, of one organization or of all. */
  pending(organizationId?: string): Invitation[] {
    return [...this.invitations.values()].filter((invitation) => {
      const isMeant = organizationId === undefined || invitation.organizationId === organizationId
      return isMeant && statusOf(invitation, this.now) === 'pending'
    })
  }

  countOn(roleSetId: string): number {
    return [...this.organizations.values()].filter((organization) => organization.roleSetId === roleSetId).length
  }

  /** Who holds which role, among the holders that the predicate lets through. */
  usage(isMeant: (holder: Holder) => boolean): RoleUsage[] {
    const members: Holder[] = [...this.memberships.values()].filter(isMeant)
    const invitations: Holder[] = this.pending().filter(isMeant)
    const all = [...members, ...invitations]
    return [...new Set(all.flatMap(({ roleIds }) => roleIds))].map((roleId) => {
      const isIt = (holder: Holder) => holder.roleIds.includes(roleId)
      const organizations = new Set(all.filter(isIt).map(({ organizationId }) => organizationId)).size
      const counts = { members: members.filter(isIt).length, invitations: invitations.filter(isIt).length }
      return { roleId, ...counts, organizations }
    })
  }

  isOn(roleSetId: string, { organizationId }: Holder): boolean {
    return this.organizations.get(organizationId)?.roleSetId === roleSetId
  }

  #commit(operation: string, changes: readonly Change[]): void {
    this.#record(changes, this.context())
    this.#log(operation, changes)
  }

  #log(operation: string, changes: readonly Change[]): void {
    this.changeSets.push({ revision: this.revision + 1, committedAt: this.now, actor: 'tests', operation, changes })
  }

  #record(changes: readonly Change[], context: Context): void {
    for (const change of changes) {
      this.#apply(change, context)
      this.catalogue = applyToCatalogue(this.catalogue, [change])
      this.#checkReferences(change)
    }
  }

  #apply(change: Change, { now: updatedAt, revision }: Context): void {
    byKind(this.#appliers, change, { updatedAt, revision })
  }

  #compare(there: object | undefined, before: object | null): void {
    assert.deepEqual(there ?? null, before)
  }

  /** In one pass over the holders, as the contract says: all mappings at the same time. */
  #reassign({ among, mappings }: Reassigned, stamps: { updatedAt: number; revision: number }): void {
    assert.ok(mappings.length > 0)
    assert.equal(new Set(mappings.map(({ fromRoleId }) => fromRoleId)).size, mappings.length)
    const isMeant = (holder: Holder) =>
      this.#isAmong(among, holder) && mappings.some(({ fromRoleId }) => holder.roleIds.includes(fromRoleId))
    const members = [...this.memberships.values()].filter(isMeant)
    const invitations = this.pending().filter(isMeant)
    const targets = new Map(mappings.map(({ fromRoleId, toRoleId }) => [fromRoleId, toRoleId]))
    const mapped = ({ roleIds }: Holder) => [...new Set(roleIds.map((id) => targets.get(id) ?? id))]
    for (const it of members) this.memberships.set(memberKey(it), { ...it, ...stamps, roleIds: mapped(it) })
    for (const it of invitations) this.invitations.set(it.id, { ...it, ...stamps, roleIds: mapped(it) })
    for (const mapping of mappings) {
      const isFrom = ({ roleIds }: Holder) => roleIds.includes(mapping.fromRoleId)
      assert.notEqual(mapping.fromRoleId, mapping.toRoleId)
      assert.equal(mapping.members, members.filter(isFrom).length)
      assert.equal(mapping.invitations, invitations.filter(isFrom).length)
      assert.ok(mapping.members + mapping.invitations > 0)
    }
  }

  /** What a storage with unique indexes and foreign keys insists on, after each single change. */
  #checkReferences(change: Change): void {
    const { permissions, roles, roleSets } = this.catalogue
    assert.ok([...roleSets.values()].filter(({ type }) => type === 'initial').length <= 1)
    for (const index of [permissions, roles, roleSets]) {
      const keys = [...index.values()].map(({ key }) => key)
      assert.equal(new Set(keys).size, keys.length)
    }
    if (change.verb === 'deleted' && change.thing === 'role_set') assert.equal(this.countOn(change.before.id), 0)
    for (const role of roles.values()) for (const id of role.permissionIds) assert.ok(permissions.byId(id))
    for (const roleSet of roleSets.values()) for (const id of roleSet.roleIds) assert.ok(roles.byId(id))
    for (const { roleSetId } of this.organizations.values()) assert.ok(roleSets.byId(roleSetId))
    for (const { roleIds } of [...this.memberships.values(), ...this.pending()])
      for (const id of roleIds) assert.ok(roles.byId(id))
  }
}

/** The things of a state, as the invariants are looked for in them. */
export function valuesOf({ catalogue, organizations, memberships, invitations }: Snapshot) {
  return {
    catalogue,
    ...{ organizations: organizations.values(), memberships: memberships.values(), invitations: invitations.values() },
  }
}

function memberKey({ organizationId, scope, userId }: Pick<Membership, 'organizationId' | 'scope' | 'userId'>): string {
  return JSON.stringify([organizationId, scope, userId])
}
