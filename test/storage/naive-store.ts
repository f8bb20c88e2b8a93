/**
 * The contract of a store in the plainest way: maps, one work after the other, a copy before each. It is the oracle for
 * random histories, so nothing in it is clever.
 */

import {
  everyScope,
  keyOfPlace,
  type Assignment,
  type Change,
  type ChangeSet,
  type Invitation,
  type Membership,
  type Place,
} from '@rolesets/core'
import type { RoleUsage } from '../../packages/sidecar/src/domain/decided.ts'
import type { ScopeUsage } from '../../packages/sidecar/src/domain/scope-facts.ts'
import {
  StoreError,
  type At,
  type MemberKey,
  type Page,
  type Where,
  type Provenance,
  type Writer,
} from '../../packages/sidecar/src/storage/store.ts'
import { compare, naiveSearches, small } from './naive-search.ts'
import { keyOf, Replay, statusOf } from './replay.ts'

export class NaiveStore {
  readonly changeSets: ChangeSet[] = []
  state = new Replay()

  get head(): number {
    return this.changeSets.length
  }

  get committedAt(): number {
    return this.changeSets.at(-1)?.committedAt ?? 0
  }

  async write<T>(provenance: Provenance, work: (writer: Writer) => Promise<T>): Promise<At<T>> {
    const before = this.state
    this.state = before.clone()
    const recorded: Change[] = []
    const { committedAt } = this
    const at = Math.max(provenance.at, committedAt)
    const revision = this.head + 1
    const record = async (changes: readonly Change[]) => {
      recorded.push(...changes)
      for (const change of changes) this.state.apply(change, { revision, at })
    }
    let isKept = false
    try {
      const value = await work(naiveWriter(() => this.state, { revision, committedAt, record }))
      const isToBeKept = provenance.dryRun !== true && recorded.length > 0
      if (isToBeKept && !isSound(this.state)) throw new StoreError('failed', 'It would not fit.')
      isKept = isToBeKept
      const { actor, operation } = provenance
      if (isKept) this.changeSets.push({ revision, committedAt: at, actor, operation, changes: recorded })
      return { revision: this.head, value }
    } finally {
      if (!isKept) this.state = before
    }
  }

  async read<T>(work: (reader: Writer) => Promise<T>): Promise<At<T>> {
    const record = async () => Promise.reject(new Error('A reader records nothing.'))
    return {
      revision: this.head,
      value: await work(
        naiveWriter(() => this.state, { revision: this.head + 1, committedAt: this.committedAt, record }),
      ),
    }
  }
}

function naiveWriter(
  state: () => Replay,
  { revision, committedAt, record }: { revision: number; committedAt: number; record: Writer['record'] },
): Writer {
  const organizations = () => sorted([...state().organizations.values()], ({ id }) => id)
  const memberships = () => sorted([...state().memberships.values()], ({ userId }) => userId)
  const current = (now: number | undefined) =>
    memberships().filter((each) => now === undefined || state().isCurrent(each, now))
  const wholes = (now: number) => current(now).filter(({ scope }) => scope === '')
  const assignmentOf = (place: Place): Assignment | undefined => {
    const organization = state().organizations.get(place.organizationId)
    if (place.scope !== '') return state().assignments.get(keyOfPlace(place))
    if (organization === undefined) return undefined
    const { id, roleSetId, updatedAt, revision } = organization
    return { organizationId: id, scope: '', name: '', roleSetId, updatedAt, revision }
  }
  const invitations = () => sorted([...state().invitations.values()], ({ id }) => id)
  const pending = (now: number) => invitations().filter((each) => statusOf(each, now) === 'pending')
  const usage = (roleId: string, { isMeant, now }: { isMeant: (place: Place) => boolean; now: number }) => {
    const ofRole = (each: Membership | Invitation) => each.roleIds.includes(roleId) && isMeant(each)
    const [members, invited] = [current(now).filter(ofRole), pending(now).filter(ofRole)]
    const organizationIds = [...members, ...invited].map(({ organizationId }) => organizationId)
    const counts = { members: members.length, invitations: invited.length }
    return { roleId, ...counts, organizations: new Set(organizationIds).size } satisfies RoleUsage
  }
  const isHeldInWhole = (id: string, roleId: string, { roleSetId, now }: { roleSetId: string; now: number }) =>
    state().organizations.get(id)?.roleSetId === roleSetId &&
    usage(roleId, { isMeant: (place) => place.organizationId === id && place.scope === '', now }).organizations > 0
  return {
    revision: revision - 1,
    committedAt,
    nextRevision: revision,
    record,
    setBookmark: () => undefined,
    catalogue: async () => state().catalogue,
    organization: async (id) => state().organizations.get(id),
    organizationsById: async (ids) => organizations().filter(({ id }) => ids.includes(id)),
    organizationBySlug: async (slug) => organizations().find((each) => each.slug === slug),
    assignments: async ({ size, after }) => {
      const key = (place: Place) => `${place.organizationId}\0${place.scope}`
      const all = sorted([...state().assignments.values()], key)
      return all.filter((each) => after === undefined || compare(key(each), key(after)) > 0).slice(0, size)
    },
    assignment: async (place) => assignmentOf(place),
    roleSetIdsOf: async (places) =>
      new Map(places.map((place) => [keyOfPlace(place), assignmentOf(place)?.roleSetId] as const).filter(isKnown)),
    deletedOrganizations: async (ids) => new Set(ids.filter((id) => state().deletedOrganizations.has(id))),
    deletedOrganizationsAfter: async (page) =>
      paged(
        [...state().deletedOrganizations].map((id) => ({ id, revision: 0 })),
        page,
        ({ id }) => id,
      ),
    organizations: async (page, { roleSetId } = {}) => {
      const found = organizations().filter((each) => roleSetId === undefined || each.roleSetId === roleSetId)
      return paged(found, page, ({ id }) => id)
    },
    organizationCount: async (roleSetId) => organizations().filter((each) => each.roleSetId === roleSetId).length,
    // Which mappings are remembered is compared where they are given back.
    formerRoles: async () => ({ members: [], invitations: [] }),
    membership: async (organizationId, userId, scope = '') =>
      state().memberships.get(keyOf({ organizationId, scope, userId })),
    membershipsByKeys: async (keys) => {
      const wanted = new Set(keys.map(({ organizationId, scope, userId }) => `${organizationId} ${scope} ${userId}`))
      return memberships().filter((each) => wanted.has(`${each.organizationId} ${each.scope} ${each.userId}`))
    },
    memberships: async (organizationId, page, { roleId, scope = '', now } = {}) => {
      const members = current(now).filter(isOf({ organizationId, scope }))
      return paged(
        members.filter((each) => roleId === undefined || each.roleIds.includes(roleId)),
        page,
        ({ userId }) => userId,
      )
    },
    membershipsOfPlaces: async ({ organizationId, scope, userId, roleId, now }, { size, after }) => {
      const isMeant = (each: Membership) =>
        (organizationId === undefined || each.organizationId === organizationId) &&
        (scope === everyScope || each.scope === scope) &&
        (userId === undefined || each.userId === userId) &&
        (roleId === undefined || each.roleIds.includes(roleId))
      const key = (each: MemberKey) => [each.organizationId, each.scope, each.userId].join('\0')
      const isAfter = (each: Membership) => after === undefined || compare(key(each), key(after)) > 0
      return sorted(current(now).filter(isMeant).filter(isAfter), key).slice(0, size)
    },
    memberCount: async (where, now) => current(now).filter(isOf(where)).length,
    invitation: async (id) => state().invitations.get(id),
    pendingInvitation: async (where, emailAddress, now) =>
      pending(now).find((each) => isOf(where)(each) && small(each.emailAddress) === small(emailAddress)),
    pendingInvitationCount: async (where, now) => pending(now).filter(isOf(where)).length,
    invitations: async (organizationId, page, { statuses, now, scope }) => {
      const found = invitations().filter(isOf({ organizationId, scope }))
      const asked = found.filter((each) => statuses === undefined || statuses.includes(statusOf(each, now)))
      return paged(asked, page, ({ id }) => id)
    },
    usageIn: async (among, now) => {
      const roleIds = [...current(now), ...pending(now)].flatMap((each) => each.roleIds)
      const isMeant = (place: Place) => state().isIn(among, place)
      return sorted([...new Set(roleIds)], (id) => id)
        .map((roleId) => usage(roleId, { isMeant, now }))
        .filter((each) => each.organizations > 0)
    },
    usageOf: async (roleId, among, now) =>
      usage(roleId, { isMeant: (place) => among === undefined || state().isIn(among, place), now }),
    scopeUsage: async (among, now, isWhole = false) => {
      const isMeant = (each: Place) => each.scope !== '' && state().isAmong(among, each)
      const [members, invited] = [current(now).filter(isMeant), pending(now).filter(isMeant)]
      const groups = new Map<string, ScopeUsage & { readonly ids: Set<string> }>()
      for (const [each, isMember] of [
        ...members.map((member) => [member, true] as const),
        ...invited.map((it) => [it, false] as const),
      ])
        for (const heldRoleId of each.roleIds) {
          const organizationRoleSetId = isWhole ? '' : (state().organizations.get(each.organizationId)?.roleSetId ?? '')
          const key = `${heldRoleId} ${organizationRoleSetId}`
          const none = { members: 0, invitations: 0, organizations: 0, ids: new Set<string>() }
          const known = groups.get(key) ?? { roleId: heldRoleId, organizationRoleSetId, ...none }
          const counts = {
            members: known.members + Number(isMember),
            invitations: known.invitations + Number(!isMember),
          }
          const isNew = !('roleSetId' in among && isHeldInWhole(each.organizationId, heldRoleId, { ...among, now }))
          const ids = isNew ? known.ids.add(each.organizationId) : known.ids
          groups.set(key, { ...known, ...counts, ids, organizations: ids.size })
        }
      const found = [...groups].sort(([a], [b]) => compare(a, b))
      return found.map(([, { ids: _ids, ...usageOfGroup }]) => usageOfGroup)
    },
    scopePlaces: async (among, now, except) => {
      const all = [...current(now), ...pending(now), ...state().assignments.values()]
      const isExcepted = ({ organizationId }: Place) =>
        except !== undefined && state().organizations.get(organizationId)?.roleSetId === except.organizationsOn
      const meant = all.filter((each) => each.scope !== '' && state().isAmong(among, each) && !isExcepted(each))
      const found = new Map(
        meant.map(({ organizationId, scope }) => [`${organizationId} ${scope}`, { organizationId, scope }]),
      )
      const ordered = [...found].sort(([a], [b]) => compare(a, b)).map(([, each]) => each)
      return { places: ordered.length, firstPlaces: ordered.slice(0, 100) }
    },
    roleInScopes: async ({ roleId, roleSetId }, now) => {
      const isMeant = (each: Membership | Invitation) =>
        each.scope !== '' && each.roleIds.includes(roleId) && state().isAmong({ roleSetId }, each)
      const [members, invited] = [current(now).filter(isMeant), pending(now).filter(isMeant)]
      const places = new Map(
        [...members, ...invited].map(({ organizationId, scope }) => [
          `${organizationId} ${scope}`,
          { organizationId, scope },
        ]),
      )
      const ordered = [...places].sort(([a], [b]) => compare(a, b)).map(([, each]) => each)
      const ids = new Set(ordered.map(({ organizationId }) => organizationId))
      const organizations = [...ids].filter((each) => !isHeldInWhole(each, roleId, { roleSetId, now })).length
      const counts = { members: members.length, invitations: invited.length }
      return {
        usage: { roleId, ...counts, organizations },
        ...{ places: ordered.length, firstPlaces: ordered.slice(0, 100) },
      }
    },
    scopesOf: async (organizationId, { size, after = '', now }) => {
      const isMeant = (each: Place) =>
        each.organizationId === organizationId && each.scope !== '' && compare(each.scope, after) > 0
      const keys = new Set([...current(now), ...state().assignments.values()].filter(isMeant).map(({ scope }) => scope))
      return sorted([...keys], (key) => key)
        .slice(0, size)
        .map((scope) => {
          const assignment = state().assignments.get(keyOfPlace({ organizationId, scope }))
          const count = current(now).filter(isOf({ organizationId, scope })).length
          return {
            organizationId,
            scope,
            name: assignment?.name ?? '',
            own: assignment?.roleSetId ?? null,
            members: count,
          }
        })
    },
    scopeCount: async (organizationId) =>
      [...state().assignments.values()].filter((each) => each.organizationId === organizationId).length,
    ownAssignmentCount: async (roleSetId) =>
      [...state().assignments.values()].filter((each) => each.roleSetId === roleSetId).length,
    scopesInUse: async (of, now) => {
      const isMeant = (each: Place) =>
        'kind' in of
          ? each.scope.startsWith(`${of.kind}:`)
          : each.organizationId === of.organizationId && each.scope === of.scope
      return {
        members: current(now).filter(isMeant).length,
        invitations: pending(now).filter(isMeant).length,
        assignments: [...state().assignments.values()].filter(isMeant).length,
      }
    },
    repeatedHolders: async ({ among, roleIds, now, revision }) => {
      const isEverywhere = 'scope' in among && among.scope === everyScope
      const isMeant = (each: Place) => (isEverywhere ? state().isIn(among, each) : state().isAmong(among, each))
      const counted = (holders: readonly (Membership | Invitation)[]) =>
        holders
          .filter((each) => isMeant(each) && each.roleIds.length > 1)
          .map((each) => ({ ...each, held: each.roleIds.filter((id) => roleIds.includes(id)).length }))
          .reduce((sum, each) => sum + Math.max(0, each.held - (each.revision === revision ? 0 : 1)), 0)
      return { members: counted(current(now)), invitations: counted(pending(now)) }
    },
    withoutAdministrator: async ({ leaving, remainingRoleIds, onlyLasting = false }, { limit, now }) => {
      const isLeaving = (member: Membership) => {
        const { organizationId, userId, roleIds: held } = member
        if ('organizationIds' in leaving) return false
        if ('members' in leaving)
          return leaving.members.some((each) => each.organizationId === organizationId && each.userId === userId)
        const { roleIds, among } = leaving
        return roleIds.some((id) => held.includes(id)) && (among === undefined || state().isIn(among, member))
      }
      const gone: readonly Pick<Membership, 'organizationId' | 'expiresAt'>[] =
        'organizationIds' in leaving
          ? leaving.organizationIds
              .filter((id) => state().organizations.has(id))
              .map((organizationId) => ({ organizationId, expiresAt: onlyLasting ? null : 0 }))
          : 'members' in leaving
            ? leaving.members
            : wholes(now).filter(isLeaving)
      const isRemaining = ({ roleIds }: Membership) => roleIds.some((id) => remainingRoleIds.includes(id))
      // Someone who keeps a remaining role stays, whichever other one goes.
      const stays = (each: Membership) => isRemaining(each) && !('members' in leaving && isLeaving(each))
      const remaining = wholes(now).filter(stays)
      // Who has an end is no administrator in place of one who has none.
      const isReplaced = ({ organizationId, expiresAt }: Pick<Membership, 'organizationId' | 'expiresAt'>) =>
        remaining.some(
          (each) => each.organizationId === organizationId && (each.expiresAt === null || expiresAt !== null),
        )
      const counts = ({ expiresAt }: Pick<Membership, 'expiresAt'>) => !onlyLasting || expiresAt === null
      const left = gone.filter((each) => counts(each) && !isReplaced(each)).map((each) => each.organizationId)
      const found = sorted([...new Set(left)], (id) => id)
      return { organizations: found.length, organizationIds: found.slice(0, limit) }
    },
    ...naiveSearches(state),
    memberCounts: async (ids, now) => {
      const counts = ids.map((id) => [id, wholes(now).filter((each) => each.organizationId === id).length] as const)
      return new Map(counts.filter(([, count]) => count > 0))
    },
    pendingInvitationCounts: async (ids, now) => {
      const counts = ids.map((id) => [id, pending(now).filter(isOf({ organizationId: id })).length] as const)
      return new Map(counts.filter(([, count]) => count > 0))
    },
    accessKeys: async () => [...state().accessKeys.values()],
    history: unasked,
    changedNear: unasked,
    historyAnchor: unasked,
  }
}

/** The history has tests of its own. */
async function unasked(): Promise<never> {
  throw new Error('The naive store keeps no seals.')
}

/** What a storage holds by itself: references, unique keys, at most one initial set. */
function isSound({ catalogue, organizations, assignments, memberships, invitations, accessKeys }: Replay): boolean {
  const slugs = [...organizations.values()].flatMap(({ slug }) => slug ?? [])
  const roleSets = [...catalogue.roleSets.values()]
  const { roles } = catalogue
  const names = [...accessKeys.values()].map(({ name }) => name)
  const specialRoles = roleSets.every((each) =>
    [each.defaultRoleId, each.creatorRoleId].every((id) => id === null || each.roleIds.includes(id)),
  )
  const isSet = (id: string | null) => id === null || catalogue.roleSets.byId(id) !== undefined
  return (
    new Set(slugs).size === slugs.length &&
    [...organizations.values()].every(({ roleSetId }) => catalogue.roleSets.byId(roleSetId)) &&
    [...assignments.values()].every((each) => organizations.has(each.organizationId) && isSet(each.roleSetId)) &&
    [...catalogue.scopeKinds.values(), ...catalogue.scopeDefaults.values()].every((each) => isSet(each.roleSetId)) &&
    [...memberships.values()].every(
      (each) => organizations.has(each.organizationId) && each.roleIds.every((id) => roles.byId(id)),
    ) &&
    [...invitations.values()].every(({ organizationId }) => organizations.has(organizationId)) &&
    new Set(names).size === names.length &&
    roleSets.every(({ roleIds }) => roleIds.every((id) => roles.byId(id))) &&
    specialRoles &&
    roleSets.filter(({ type }) => type === 'initial').length <= 1
  )
}

function isOf({ organizationId, scope = '' }: Where) {
  return (each: Place) => each.organizationId === organizationId && (scope === everyScope || each.scope === scope)
}

function paged<T>(things: readonly T[], { size, after }: Page, by: (thing: T) => string): readonly T[] {
  return things.filter((thing) => after === undefined || compare(by(thing), after) > 0).slice(0, size)
}

function sorted<T>(things: readonly T[], by: (thing: T) => string): readonly T[] {
  return [...things].sort((a, b) => compare(by(a), by(b)))
}

function isKnown(entry: readonly [string, string | null | undefined]): entry is readonly [string, string] {
  return typeof entry[1] === 'string'
}
