/**
 * Change sets of the history as callers see them: plain objects with the names of the wire, and with the keys that things
 * have now beside their ids. A thing that is gone is named by the key that the change set itself tells, or by its id.
 */

import type { Catalogue } from '../domain/catalogue.ts'
import type { Change, SealedChangeSet } from '../domain/change.ts'
import type { Invitation, Role, RoleSet } from '../domain/model.ts'
import { formatRevision } from '../domain/revision.ts'
import { viewAccessKey, viewMembership, viewOrganization, viewRole, viewRoleSet } from './views.ts'

export type AuditedThing =
  'permission' | 'role' | 'role_set' | 'settings' | 'organization' | 'membership' | 'invitation' | 'access_key'

/** A thing as it was, as JSON, with the names of the wire. */
export type Image = Readonly<Record<string, unknown>>

export interface AuditedChangeView {
  /** `role_put`, `organizations_moved` and so on. */
  readonly kind: Change['kind']
  readonly thing: AuditedThing
  /** Of a set-wide fact, the id of the set or the organization. */
  readonly id: string
  /** Undefined: it is new. */
  readonly before: Image | undefined
  /** Undefined: it is gone. Of a set-wide fact, what it says. */
  readonly after: Image | undefined
  /** Members who got another role or lost theirs. */
  readonly members: number
  /** Pending invitations that got another role or went. */
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
    revision: formatRevision(epoch, revision),
    ...{ committedAt, actor, operation, seal },
    changes: changes.map((change) => ({ kind: change.kind, ...viewChange(change, views) })),
  }
}

type Facts = Omit<AuditedChangeView, 'kind'>
type Views = ReturnType<typeof viewsWith>

function viewsWith(catalogue: Catalogue) {
  const roleOf = (id: string) => catalogue.roles.byId(id)?.key ?? id
  return {
    roleOf,
    roleSetOf: (id: string) => catalogue.roleSets.byId(id)?.key ?? id,
    asItIs: <T extends object>(thing: T): T => thing,
    role: (role: Role) => viewRole(role, catalogue),
    roleSet: (roleSet: RoleSet) => viewRoleSet(roleSet, catalogue),
    organization: (thing: Parameters<typeof viewOrganization>[0]) => viewOrganization(thing, catalogue),
    membership: (thing: Parameters<typeof viewMembership>[0]) => viewMembership(thing, catalogue),
    // As it was written: what has become of one that was pending depends on when one looks.
    invitation: (invitation: Invitation) => ({ ...invitation, role: roleOf(invitation.roleId) }),
  }
}

function viewChange(change: Change, views: Views): Facts {
  switch (change.kind) {
    case 'permission_put':
      return put('permission', change.permission, { before: change.before, view: views.asItIs })
    case 'permission_deleted':
      return gone('permission', change.before, views.asItIs)
    case 'role_put':
      return put('role', change.role, { before: change.before, view: views.role })
    case 'role_deleted':
      return gone('role', change.before, views.role)
    case 'role_set_put':
      return put('role_set', change.roleSet, { before: change.before, view: views.roleSet })
    case 'role_set_deleted':
      return gone('role_set', change.before, views.roleSet)
    case 'settings_put': {
      const settings = { id: 'settings', ...change.settings }
      return put('settings', settings, { before: { id: 'settings', ...change.before }, view: views.asItIs })
    }
    case 'organization_put':
      return put('organization', change.organization, { before: change.before, view: views.organization })
    case 'organization_deleted': {
      const { members, invitations } = change
      return { ...gone('organization', change.before, views.organization), members, invitations }
    }
    case 'organizations_moved':
      return viewMove(change, views)
    case 'membership_put':
      return put('membership', change.membership, { before: change.before, view: views.membership })
    case 'membership_deleted':
      return { ...gone('membership', change.before, views.membership), members: 1 }
    case 'invitation_put':
      return put('invitation', change.invitation, { before: change.before, view: views.invitation })
    case 'members_reassigned':
      return viewReassignment(change, views)
    case 'access_key_put':
      return put('access_key', change.accessKey, { before: change.before, view: viewAccessKey })
  }
}

interface Shown<T> {
  readonly before: T | null
  readonly view: (thing: T) => object
}

function put<T extends { readonly id: string }>(thing: AuditedThing, after: T, { before, view }: Shown<T>): Facts {
  const images = { before: before === null ? undefined : imageOf(view(before)), after: imageOf(view(after)) }
  return { thing, id: after.id, ...images, members: 0, invitations: 0 }
}

function gone<T extends { readonly id: string }>(thing: AuditedThing, before: T, view: (thing: T) => object): Facts {
  return { thing, id: before.id, before: imageOf(view(before)), after: undefined, members: 0, invitations: 0 }
}

function viewMove(change: Extract<Change, { kind: 'organizations_moved' }>, { roleSetOf }: Views): Facts {
  const { fromRoleSetId, toRoleSetId, organizations } = change
  const after = {
    ...{ from_role_set: roleSetOf(fromRoleSetId), from_role_set_id: fromRoleSetId },
    ...{ to_role_set: roleSetOf(toRoleSetId), to_role_set_id: toRoleSetId, organizations },
  }
  return { thing: 'role_set', id: fromRoleSetId, before: undefined, after, members: 0, invitations: 0 }
}

function viewReassignment(change: Extract<Change, { kind: 'members_reassigned' }>, { roleOf }: Views): Facts {
  const { scope } = change
  const mappings = change.mappings.map(({ fromRoleId, toRoleId, members, invitations }) => ({
    ...{ from_role: roleOf(fromRoleId), from_role_id: fromRoleId, to_role: roleOf(toRoleId), to_role_id: toRoleId },
    ...{ members, invitations },
  }))
  const total = (count: 'members' | 'invitations') => mappings.reduce((sum, mapping) => sum + mapping[count], 0)
  return {
    ...('roleSetId' in scope
      ? ({ thing: 'role_set', id: scope.roleSetId } as const)
      : ({ thing: 'organization', id: scope.organizationId } as const)),
    ...{ before: undefined, after: { mappings } },
    ...{ members: total('members'), invitations: total('invitations') },
  }
}

/** Names as on the wire, where times have their unit. What is within metadata keeps its names: they are the application's. */
function imageOf(view: object): Image {
  const named = Object.entries(view).flatMap(([name, value]) => {
    if (name === 'revision') return []
    const wireName = name.replace(/At$/, 'AtMs').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    return [[wireName, value] as const]
  })
  return Object.fromEntries(named)
}

/** With the things that these changes delete, so that other changes beside them can name them. */
function withThoseGone(catalogue: Catalogue, changes: readonly Change[]): Catalogue {
  const permissions = changes.flatMap((change) => (change.kind === 'permission_deleted' ? [change.before] : []))
  const roles = changes.flatMap((change) => (change.kind === 'role_deleted' ? [change.before] : []))
  const roleSets = changes.flatMap((change) => (change.kind === 'role_set_deleted' ? [change.before] : []))
  return {
    ...catalogue,
    permissions: catalogue.permissions.edited(byId(permissions)),
    roles: catalogue.roles.edited(byId(roles)),
    roleSets: catalogue.roleSets.edited(byId(roleSets)),
  }
}

function byId<T extends { readonly id: string }>(things: readonly T[]): ReadonlyMap<string, T> {
  return new Map(things.map((thing) => [thing.id, thing]))
}
