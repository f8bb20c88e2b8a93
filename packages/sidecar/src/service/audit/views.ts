/**
 * Change sets of the history as callers see them: plain objects with the names of the wire, and with the keys that things
 * had at that revision beside their ids. The state before a change has the keys of the revision before it.
 */

import {
  actingUserOf,
  byThing,
  imagesOf,
  kindOf,
  plainFormOf,
  plainSettingsOf,
  snakeCase,
  type Among,
  type ByThing,
  type Catalogue,
  type Change,
  type ChangeKind,
  type Compacted,
  type Image,
  type Invitation,
  type Membership,
  type Moved,
  type OrganizationDomain,
  type Reassigned,
  type Renamed,
  type SealedChangeSet,
  type ThingName,
  type Things,
} from '@rolesets/core'
import type { Lineage, Reader } from '../../storage/store.ts'
import {
  keyOf,
  rolesOf,
  viewAccessKey,
  viewOrganization,
  viewPermission,
  viewRoleNamed,
  viewRoleSet,
  type Naming,
} from '../views.ts'
import { PastNames } from '../past-names.ts'

/** A thing as it was, as JSON, with the names of the wire. */
export type AuditImage = Readonly<Record<string, unknown>>

export interface AuditedChangeView {
  /** `role_put`, `organizations_moved` and so on. */
  readonly kind: ChangeKind
  readonly thing: ThingName | 'history'
  /** Of a set-wide change, the id of the set or the organization. */
  readonly id: string
  /** Undefined: it is new. */
  readonly before: AuditImage | undefined
  /** Undefined: it was deleted. Of a set-wide change, its content. */
  readonly after: AuditImage | undefined
  /** Members whose role was replaced or ended. */
  readonly members: number
  /** Pending invitations whose role was replaced or ended. */
  readonly invitations: number
}

export interface AuditedChangeSetView {
  /** `<epoch>:<number>`. */
  readonly revision: string
  /** Unix milliseconds. */
  readonly committedAt: number
  readonly actor: string
  readonly operation: string
  /** On whose behalf; absent: nobody was named, or several. */
  readonly actingUserId?: string
  readonly changes: readonly AuditedChangeView[]
  /** SHA-256, in hex. */
  readonly seal: string
}

export async function viewChangeSets(
  changeSets: readonly SealedChangeSet[],
  { reader, catalogue }: { readonly reader: Reader; readonly catalogue: Catalogue },
  lineage: Lineage,
): Promise<AuditedChangeSetView[]> {
  const names = new PastNames(reader, catalogue)
  const wanted = changeSets.flatMap(({ revision, changes }) =>
    [...new Set(changes.flatMap(namedIdsOf))].flatMap((id) => [
      { id, revision: revision - 1 },
      { id, revision },
    ]),
  )
  await names.load(wanted)
  return changeSets.map(({ revision, committedAt, actor, operation, changes, seal }) => {
    const actingUserId = actingUserOf(changes)
    const namings = { before: names.at(revision - 1, revision), after: names.at(revision, revision - 1) }
    return {
      revision: lineage.textOf(revision),
      ...{ committedAt, actor, operation, seal },
      ...(actingUserId !== undefined && { actingUserId }),
      changes: changes.map((change) => ({ kind: kindOf(change), ...factsOf(change, catalogue, namings) })),
    }
  })
}

/** Of the permissions, roles and role sets that a thing refers to. */
const namedIds: ByThing<readonly string[]> = {
  permission: () => [],
  role: ({ permissionIds }) => permissionIds,
  role_set: ({ roleIds, defaultRoleId, creatorRoleId }) => [...roleIds, defaultRoleId, ...given(creatorRoleId)],
  scope_kind: ({ roleSetId }) => given(roleSetId),
  scope_default: ({ roleSetId }) => [roleSetId],
  settings: () => [],
  organization: ({ roleSetId }) => [roleSetId],
  assignment: ({ roleSetId }) => given(roleSetId),
  membership: ({ roleIds }) => roleIds,
  invitation: ({ roleIds }) => roleIds,
  access_key: () => [],
}

function given(id: string | null): readonly string[] {
  return id === null ? [] : [id]
}

function namedIdsOf(change: Change): readonly string[] {
  if (change.verb === 'moved') return [change.fromRoleSetId, change.toRoleSetId]
  if (change.verb === 'reassigned') return change.mappings.flatMap(({ fromRoleId, toRoleId }) => [fromRoleId, toRoleId])
  return change.verb === 'compacted' || change.verb === 'renamed'
    ? []
    : imagesOf(change).flatMap((image) => byThing(namedIds, image))
}

interface Namings {
  readonly before: Naming
  readonly after: Naming
}

type Facts = Omit<AuditedChangeView, 'kind'>

/** Names the thing by its id; of an assignment, that is the id of its organization. */
type View = { readonly id: string }

const views: ByThing<View, [naming: Naming, present: Catalogue]> = {
  permission: viewPermission,
  role: (role, naming, present) => viewRoleNamed(role, present, naming),
  role_set: viewRoleSet,
  settings: (settings) => ({ id: 'settings', ...plainSettingsOf(settings) }),
  organization: (organization, naming) => ({
    ...viewOrganization(organization, naming),
    ...(organization.domains && { domains: organization.domains.map(domainText) }),
  }),
  assignment: (it, { roleSets }) => ({ id: it.organizationId, ...it, ...roleSetOf(it.roleSetId, roleSets) }),
  scope_kind: (it, { roleSets }) => ({ id: it.kind, ...it, ...roleSetOf(it.roleSetId, roleSets) }),
  scope_default: (it, { roleSets }) => ({ id: it.scope, ...it, ...roleSetOf(it.roleSetId, roleSets) }),
  membership: viewHeld,
  // As it was written: what has become of one that was pending depends on when one looks.
  invitation: viewHeld,
  access_key: viewAccessKey,
}

/** Without what says nothing: the empty scope, other roles than the first, an end that there isn't. */
function viewHeld(thing: Membership | Invitation, naming: Naming): View & { readonly role: string } {
  const { role, roles } = rolesOf(thing.roleIds, naming.roles)
  return { id: thing.id, ...plainFormOf(thing), role, ...(roles.length > 1 && { roles }) }
}

/** Empty where a scope or a kind names none. */
function roleSetOf(id: string | null, roleSets: Naming['roleSets']) {
  return { roleSetId: id ?? '', roleSet: id === null ? '' : keyOf(roleSets, id) }
}

/** Domains stand in the image of their organization. */
function domainText({ name, enrollmentMode, verified }: OrganizationDomain): string {
  return `${name} (${enrollmentMode}, ${verified ? 'verified' : 'not verified'})`
}

function factsOf(change: Change, present: Catalogue, namings: Namings): Facts {
  if (change.verb === 'moved') return factsOfMove(change, namings)
  if (change.verb === 'reassigned') return factsOfReassignment(change, namings)
  if (change.verb === 'compacted') return factsOfCompaction(change)
  if (change.verb === 'renamed') return factsOfRenaming(change)
  const { thing } = change
  // Both states of a change are of its thing, which the compiler can't connect.
  const viewOf = (value: Things[ThingName] | null, naming: Naming) =>
    value === null ? undefined : byThing(views, { thing, value } as Image, naming, present)
  const before = viewOf(change.before, namings.before)
  const after = change.verb === 'put' ? viewOf(change.after, namings.after) : undefined
  return {
    ...{ thing, id: (after ?? before)?.id ?? '' },
    ...{ before: before && imageOf(before), after: after && imageOf(after) },
    ...goneWith(change),
  }
}

/** What was deleted together with a thing. */
function goneWith(change: Change): Pick<Facts, 'members' | 'invitations'> {
  if (change.verb !== 'deleted') return { members: 0, invitations: 0 }
  if (change.thing === 'organization') return { members: change.members, invitations: change.invitations }
  return { members: change.thing === 'membership' ? 1 : 0, invitations: 0 }
}

function factsOfMove({ fromRoleSetId: from, toRoleSetId: to, organizations }: Moved, namings: Namings): Facts {
  const after = {
    ...{ from_role_set: keyOf(namings.before.roleSets, from), from_role_set_id: from },
    ...{ to_role_set: keyOf(namings.after.roleSets, to), to_role_set_id: to, organizations },
  }
  return { thing: 'role_set', id: from, before: undefined, after, members: 0, invitations: 0 }
}

function factsOfRenaming({ thing, organizationId: id, fromScope, toScope, members, invitations }: Renamed): Facts {
  return { thing, id, before: undefined, after: { from_scope: fromScope, to_scope: toScope }, members, invitations }
}

/** The digests are for `doctor`, which reads them in the file. */
function factsOfCompaction({ thing, upTo }: Compacted): Facts {
  const after = { up_to_revision: upTo }
  return { thing, id: thing, before: undefined, after, members: 0, invitations: 0 }
}

function factsOfReassignment(change: Reassigned, { before, after }: Namings): Facts {
  const { among } = change
  const mappings = change.mappings.map(({ fromRoleId: from, toRoleId: to, members, invitations }) => ({
    ...{ from_role: keyOf(before.roles, from), from_role_id: from },
    ...{ to_role: keyOf(after.roles, to), to_role_id: to },
    ...{ members, invitations },
  }))
  const { repeated } = change
  const total = (count: 'members' | 'invitations') =>
    mappings.reduce((sum, mapping) => sum + mapping[count], 0) - (repeated?.[count] ?? 0)
  const counts = { members: total('members'), invitations: total('invitations') }
  const { scope, ...subject } = subjectOf(among)
  return { ...subject, before: undefined, after: { ...(scope && { scope }), mappings }, ...counts }
}

/** What a reassignment is shown as a fact of. */
function subjectOf(among: Among): Pick<Facts, 'thing' | 'id'> & { readonly scope?: string } {
  if ('roleSetId' in among) return { thing: 'role_set', id: among.roleSetId }
  if ('kind' in among) return { thing: 'scope_kind', id: among.kind }
  if (!('organizationId' in among)) return { thing: 'scope_default', id: among.scope }
  const { organizationId: id } = among
  return 'scope' in among ? { thing: 'assignment', id, scope: among.scope } : { thing: 'organization', id }
}

/** Names as on the wire, where times have their unit. What is within metadata keeps its names: they are the application's. */
function imageOf(view: object): AuditImage {
  const { revision: _revision, ...shown } = view as { readonly revision?: number }
  return Object.fromEntries(
    Object.entries(shown).map(([name, value]) => [snakeCase(name.replace(/At$/, 'AtMs')), value]),
  )
}
