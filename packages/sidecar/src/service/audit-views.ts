/**
 * Change sets of the history as callers see them: plain objects with the names of the wire, and with the present keys of
 * things beside their ids. A deleted thing has the key that the change set itself contains, or else its id.
 */

import {
  byKind,
  editOf,
  formatRevision,
  kindOf,
  snakeCase,
  type Assignment,
  type ByKind,
  type Catalogue,
  type Change,
  type ChangeKind,
  type Deleted,
  type Invitation,
  type Moved,
  type Put,
  type Reassigned,
  type Role,
  type RoleSet,
  type SealedChangeSet,
  type ThingName,
  type Things,
} from '@rolesets/core'
import { viewAccessKey, viewMembership, viewOrganization, viewRole, viewRoleSet } from './views.ts'

/** A thing as it was, as JSON, with the names of the wire. */
export type Image = Readonly<Record<string, unknown>>

export interface AuditedChangeView {
  /** `role_put`, `organizations_moved` and so on. */
  readonly kind: ChangeKind
  readonly thing: ThingName
  /** Of a set-wide change, the id of the set or the organization. */
  readonly id: string
  /** Undefined: it is new. */
  readonly before: Image | undefined
  /** Undefined: it was deleted. Of a set-wide change, its content. */
  readonly after: Image | undefined
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
  readonly changes: readonly AuditedChangeView[]
  /** SHA-256, in hex. */
  readonly seal: string
}

/** @param catalogue the present one */
export function viewChangeSet(changeSet: SealedChangeSet, catalogue: Catalogue, epoch: string): AuditedChangeSetView {
  const { revision, committedAt, actor, operation, changes, seal } = changeSet
  const views = viewsWith(withThoseGone(catalogue, changes))
  return {
    revision: formatRevision({ epoch, number: revision }),
    ...{ committedAt, actor, operation, seal },
    changes: changes.map((change) => ({ kind: kindOf(change), ...byKind(facts, change, views) })),
  }
}

type Facts = Omit<AuditedChangeView, 'kind'>
type Views = ReturnType<typeof viewsWith>

function viewsWith(catalogue: Catalogue) {
  const roleOf = (id: string) => catalogue.roles.byId(id)?.key ?? id
  const roleSetOf = (id: string) => catalogue.roleSets.byId(id)?.key ?? id
  return {
    roleOf,
    roleSetOf,
    asItIs: <T extends object>(thing: T): T => thing,
    role: (role: Role) => viewRole(role, catalogue),
    roleSet: (roleSet: RoleSet) => viewRoleSet(roleSet, catalogue),
    organization: (thing: Parameters<typeof viewOrganization>[0]) => viewOrganization(thing, catalogue),
    assignment: (thing: Assignment) => ({ id: thing.organizationId, ...thing, roleSet: roleSetOf(thing.roleSetId) }),
    membership: (thing: Parameters<typeof viewMembership>[0]) => viewMembership(thing, catalogue),
    // As it was written: what has become of one that was pending depends on when one looks.
    invitation: (invitation: Invitation) => ({ ...invitation, role: roleOf(invitation.roleId) }),
  }
}

const facts: ByKind<Facts, [Views]> = {
  permission_put: (change, { asItIs }) => put(change, asItIs),
  permission_deleted: (change, { asItIs }) => gone(change, asItIs),
  role_put: (change, { role }) => put(change, role),
  role_deleted: (change, { role }) => gone(change, role),
  role_set_put: (change, { roleSet }) => put(change, roleSet),
  role_set_deleted: (change, { roleSet }) => gone(change, roleSet),
  settings_put: (change) => put(change, (settings) => ({ id: 'settings', ...settings })),
  organization_put: (change, { organization }) => put(change, organization),
  organization_deleted: (change, { organization }) => {
    const { members, invitations } = change
    return { ...gone(change, organization), members, invitations }
  },
  organizations_moved: viewMove,
  assignment_put: (change, { assignment }) => put(change, assignment),
  assignment_deleted: (change, { assignment }) => gone(change, assignment),
  membership_put: (change, { membership }) => put(change, membership),
  membership_deleted: (change, { membership }) => ({ ...gone(change, membership), members: 1 }),
  members_reassigned: viewReassignment,
  invitation_put: (change, { invitation }) => put(change, invitation),
  access_key_put: (change) => put(change, viewAccessKey),
}

/** A view names the thing by its id; of an assignment, that is the id of its organization. */
type View<Thing> = (thing: Thing) => { readonly id: string }

function put<Name extends ThingName>({ thing, before, after }: Put<Name>, view: View<Things[Name]>): Facts {
  const [shown, shownBefore] = [view(after), before === null ? undefined : imageOf(view(before))]
  return { thing, id: shown.id, before: shownBefore, after: imageOf(shown), members: 0, invitations: 0 }
}

function gone<Name extends ThingName>({ thing, before }: Deleted<Name>, view: View<Things[Name]>): Facts {
  const shown = view(before)
  return { thing, id: shown.id, before: imageOf(shown), after: undefined, members: 0, invitations: 0 }
}

function viewMove(change: Moved, { roleSetOf }: Views): Facts {
  const { fromRoleSetId, toRoleSetId, organizations } = change
  const after = {
    ...{ from_role_set: roleSetOf(fromRoleSetId), from_role_set_id: fromRoleSetId },
    ...{ to_role_set: roleSetOf(toRoleSetId), to_role_set_id: toRoleSetId, organizations },
  }
  return { thing: 'role_set', id: fromRoleSetId, before: undefined, after, members: 0, invitations: 0 }
}

function viewReassignment(change: Reassigned, { roleOf }: Views): Facts {
  const { among } = change
  const mappings = change.mappings.map(({ fromRoleId, toRoleId, members, invitations }) => ({
    ...{ from_role: roleOf(fromRoleId), from_role_id: fromRoleId, to_role: roleOf(toRoleId), to_role_id: toRoleId },
    ...{ members, invitations },
  }))
  const total = (count: 'members' | 'invitations') => mappings.reduce((sum, mapping) => sum + mapping[count], 0)
  return {
    ...('roleSetId' in among
      ? ({ thing: 'role_set', id: among.roleSetId } as const)
      : ({ thing: 'organization', id: among.organizationId } as const)),
    ...{ before: undefined, after: { mappings } },
    ...{ members: total('members'), invitations: total('invitations') },
  }
}

/** Names as on the wire, where times have their unit. What is within metadata keeps its names: they are the application's. */
function imageOf(view: object): Image {
  const named = Object.entries(view).flatMap(([name, value]) => {
    if (name === 'revision') return []
    return [[snakeCase(name.replace(/At$/, 'AtMs')), value] as const]
  })
  return Object.fromEntries(named)
}

/** With the things that these changes delete, so that other changes beside them can name them. */
function withThoseGone(catalogue: Catalogue, changes: readonly Change[]): Catalogue {
  const goneOf = <Name extends 'permission' | 'role' | 'role_set'>(name: Name) =>
    new Map(
      changes.flatMap((change) => {
        const edit = editOf(change, name)
        return edit?.after === null && edit.before !== null ? [[edit.before.id, edit.before] as const] : []
      }),
    )
  return {
    ...catalogue,
    permissions: catalogue.permissions.edited(goneOf('permission')),
    roles: catalogue.roles.edited(goneOf('role')),
    roleSets: catalogue.roleSets.edited(goneOf('role_set')),
  }
}
