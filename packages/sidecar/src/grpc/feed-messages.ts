/**
 * The feed as it goes over the wire. A change names things by their present keys. Without a key a consumer sees the catalogue
 * and where organizations stand: all revisions, without what is about people. Only a record, for callers with a key, carries
 * the digest of an access key.
 */

import type * as proto from '@rolesets/proto'
import {
  actingUserOf,
  byKind,
  type Among,
  type Assignment,
  type ByKind,
  type Catalogue,
  type Organization,
  type Role,
  type RoleSet,
  type Settings,
} from '@rolesets/core'
import type { NamedFeedItem } from '../service/changes.ts'
import {
  keyOf,
  viewAccessKey,
  viewInvitation,
  viewMembership,
  viewOrganization,
  viewRole,
  viewRoleSet,
  viewScopeDefault,
  viewScopeKind,
  viewSettings,
} from '../service/views.ts'
import {
  accessKeyMessage,
  invitationMessage,
  membershipMessage,
  organizationMessage,
  permissionMessage,
  roleMessage,
  roleSetMessage,
  scopeDefaultMessage,
  scopeKindMessage,
  settingsMessage,
} from './messages.ts'

type ChangeSetMessage = Extract<NamedFeedItem, { readonly kind: 'change_set' }>
type SnapshotMessage = Extract<NamedFeedItem, { readonly kind: 'snapshot_chunk' }>
type PlacesMessage = Extract<NamedFeedItem, { readonly kind: 'places_chunk' }>

interface SharedChangeSet {
  readonly message: ChangeSetMessage
  readonly response: proto.WatchResponse
}

/** What a consumer may see and asked for: `anonymous` has no key, `recorded` also wants the sealed records. */
export type FeedView = 'anonymous' | 'keyed' | 'recorded'

interface Sending {
  readonly sentAtMs: number
  readonly view: FeedView
}

/** Messages for the streams of a listener. */
export class FeedMessages {
  readonly #unknownOrganizationsDenied: boolean
  /** The last change set in each view: many streams ask for the same one, one after the other. */
  readonly #shared: Partial<Record<FeedView, SharedChangeSet>> = {}

  constructor(unknownOrganizationsDenied: boolean) {
    this.#unknownOrganizationsDenied = unknownOrganizationsDenied
  }

  /**
   * A change set that goes to many streams in the same millisecond is the same object for all of them, by which the
   * encoder knows it.
   *
   * @param sentAtMs milliseconds of a monotonic clock, at the moment at which the message is handed over
   */
  message(message: NamedFeedItem, { sentAtMs, view }: Sending): proto.WatchResponse {
    const { revision } = message
    const unknownOrganizationsDenied = this.#unknownOrganizationsDenied
    switch (message.kind) {
      case 'heartbeat': {
        // The wire has no infinity.
        const stalenessMs = Math.min(Math.floor(message.stalenessMs), Number.MAX_SAFE_INTEGER)
        const membershipsShown = view !== 'anonymous'
        return { revision, sentAtMs, heartbeat: { stalenessMs, unknownOrganizationsDenied, membershipsShown } }
      }
      case 'change_set':
        return this.#changeSet(message, { sentAtMs, view })
      case 'snapshot_chunk': {
        const snapshotChunk = { ...chunkMessage(message, view), unknownOrganizationsDenied }
        return { revision, sentAtMs, snapshotChunk }
      }
      case 'places_chunk': {
        const snapshotChunk = { ...placesMessage(message), unknownOrganizationsDenied }
        return { revision, sentAtMs, snapshotChunk }
      }
    }
  }

  #changeSet(message: ChangeSetMessage, { sentAtMs, view }: Sending): proto.WatchResponse {
    const shared = this.#shared[view]
    const isSame = shared?.message.changeSet === message.changeSet && shared.message.catalogue === message.catalogue
    if (isSame && shared.response.sentAtMs === sentAtMs) return shared.response
    const changeSet = isSame ? shared.response.changeSet : changeSetMessage(message, view)
    const response = { revision: message.revision, sentAtMs, changeSet: changeSet ?? null }
    this.#shared[view] = { message, response }
    return response
  }
}

function chunkMessage({ first, organizations, assignments, last, catalogue }: SnapshotMessage, view: FeedView) {
  const { permissions, retiredPermissions, roles, roleSets, scopeKinds, scopeDefaults, settings } =
    first?.catalogue ?? {}
  return {
    permissions: [...(permissions?.values() ?? [])].map(permissionMessage),
    roles: [...(roles?.values() ?? [])].map((it) => messages.role(it, catalogue)),
    roleSets: [...(roleSets?.values() ?? [])].map((it) => messages.roleSet(it, catalogue)),
    organizations: organizations.map((it) => messages.organization(it, catalogue, view === 'anonymous')),
    assignments: assignments.map((it) => assignmentMessage(it, catalogue)),
    scopeKinds: [...(scopeKinds?.values() ?? [])].map((it) => scopeKindMessage(viewScopeKind(it, catalogue))),
    scopeDefaults: [...(scopeDefaults?.values() ?? [])].map((it) =>
      scopeDefaultMessage(viewScopeDefault(it, catalogue)),
    ),
    last,
    retiredPermissions: [...(retiredPermissions?.keys ?? [])],
    retiredPermissionsIncomplete: retiredPermissions?.isComplete === false,
    settings: settings ? messages.settings(settings, catalogue) : null,
    seal: view === 'recorded' ? (first?.seal ?? '') : '',
  }
}

function placesMessage({ first, record, deletedOrganizations, last }: PlacesMessage): proto.SnapshotChunk {
  return {
    seal: first?.seal ?? '',
    committedAtMs: first?.committedAt ?? 0,
    timelines: [...(first?.timelines ?? [])],
    retiredPermissions: [...(first?.retiredPermissions ?? [])],
    retiredPermissionsIncomplete: first?.retiredPermissionsIncomplete === true,
    record,
    deletedOrganizations: deletedOrganizations.map(({ id, revision }) => ({ id, revision })),
    last,
  }
}

function changeSetMessage({ revision, changeSet, catalogue }: ChangeSetMessage, view: FeedView): proto.ChangeSet {
  const { committedAt, actor, operation, changes, seal, record } = changeSet
  const isAnonymous = view === 'anonymous'
  const actingUserId = actingUserOf(changes)
  const shown = isAnonymous ? changes.filter((change) => !byKind(needsKey, change)) : changes
  return {
    ...{ revision, committedAtMs: committedAt },
    // A write of which nothing is shown isn't named either.
    ...{ actor: isAnonymous ? '' : actor, operation: isAnonymous && shown.length === 0 ? '' : operation },
    ...(!isAnonymous && actingUserId !== undefined && { actingUserId }),
    // An invitation is shown as it stood when the write was committed: expiring makes no change.
    changes: shown.map((change) => byKind(changeMessages, change, { catalogue, now: committedAt, isAnonymous })),
    ...(view === 'recorded' && { seal, record }),
  }
}

const [shownToAll, shownWithKey] = [() => false, () => true]

/** Whether a consumer needs a key to see a change. */
const needsKey: ByKind<boolean> = {
  permission_put: shownToAll,
  permission_deleted: shownToAll,
  role_put: shownToAll,
  role_deleted: shownToAll,
  role_set_put: shownToAll,
  role_set_deleted: shownToAll,
  organization_put: shownToAll,
  organization_deleted: shownToAll,
  organizations_moved: shownToAll,
  assignment_put: shownToAll,
  assignment_deleted: shownToAll,
  membership_put: shownWithKey,
  membership_deleted: shownWithKey,
  scope_kind_put: shownToAll,
  scope_kind_deleted: shownToAll,
  scope_default_put: shownToAll,
  scope_default_deleted: shownToAll,
  scope_renamed: shownWithKey,
  members_reassigned: shownWithKey,
  invitation_put: shownWithKey,
  settings_put: shownToAll,
  access_key_put: shownWithKey,
  history_compacted: shownToAll,
}

const messages = {
  role: (role: Role, catalogue: Catalogue) => roleMessage(viewRole(role, catalogue)),
  roleSet: (roleSet: RoleSet, catalogue: Catalogue) => roleSetMessage(viewRoleSet(roleSet, catalogue)),
  organization: (it: Organization, catalogue: Catalogue, isAnonymous: boolean) =>
    organizationMessage(viewOrganization(it, catalogue), isAnonymous),
  settings: (settings: Settings, catalogue: Catalogue) => settingsMessage(viewSettings(settings, catalogue)),
}

interface Showing {
  readonly catalogue: Catalogue
  readonly now: number
  readonly isAnonymous: boolean
}

const changeMessages: ByKind<proto.Change, [showing: Showing]> = {
  permission_put: ({ after }) => ({ permissionPut: permissionMessage(after) }),
  permission_deleted: ({ before }) => ({ permissionDeleted: deleted(before) }),
  role_put: ({ after }, { catalogue }) => ({ rolePut: messages.role(after, catalogue) }),
  role_deleted: ({ before }) => ({ roleDeleted: deleted(before) }),
  role_set_put: ({ after }, { catalogue }) => ({ roleSetPut: messages.roleSet(after, catalogue) }),
  role_set_deleted: ({ before }) => ({ roleSetDeleted: deleted(before) }),
  organization_put: ({ after }, { catalogue, isAnonymous }) => ({
    organizationPut: messages.organization(after, catalogue, isAnonymous),
  }),
  organization_deleted: ({ before }) => ({ organizationDeleted: { id: before.id } }),
  organizations_moved: ({ fromRoleSetId, toRoleSetId }) => ({ organizationsMoved: { fromRoleSetId, toRoleSetId } }),
  // An organization's own assignment travels with the organization.
  assignment_put: ({ after }, { catalogue }) => ({ assignmentPut: assignmentMessage(after, catalogue) }),
  assignment_deleted: ({ before: { organizationId, scope } }) => ({ assignmentDeleted: { organizationId, scope } }),
  membership_put: ({ after }, { catalogue }) => ({
    membershipPut: membershipMessage(viewMembership(after, catalogue)),
  }),
  membership_deleted: ({ before: { id, organizationId, scope, userId } }) => ({
    membershipDeleted: { id, organizationId, scope, userId },
  }),
  scope_kind_put: ({ after }, { catalogue }) => ({ scopeKindPut: scopeKindMessage(viewScopeKind(after, catalogue)) }),
  scope_kind_deleted: ({ before: { kind } }) => ({ scopeKindDeleted: { kind } }),
  scope_default_put: ({ after }, { catalogue }) => ({
    scopeDefaultPut: scopeDefaultMessage(viewScopeDefault(after, catalogue)),
  }),
  scope_default_deleted: ({ before: { scope } }) => ({ scopeDefaultDeleted: { scope } }),
  scope_renamed: ({ verb: _verb, thing: _thing, ...scopeRenamed }) => ({ scopeRenamed }),
  members_reassigned: ({ among, mappings }) => ({
    membersReassigned: { ...amongMessage(among), mappings: [...mappings] },
  }),
  invitation_put: ({ after }, { catalogue, now }) => ({
    invitationPut: invitationMessage(viewInvitation(after, catalogue, now)),
  }),
  settings_put: ({ after }, { catalogue }) => ({ settingsPut: messages.settings(after, catalogue) }),
  access_key_put: ({ after }) => ({ accessKeyPut: accessKeyMessage(viewAccessKey(after)) }),
  history_compacted: ({ upTo }) => ({ historyCompacted: { upToRevision: upTo } }),
}

function assignmentMessage(assignment: Assignment, { roleSets }: Catalogue): proto.Assignment {
  const { organizationId, scope, name, roleSetId, updatedAt: updatedAtMs } = assignment
  const roleSet = roleSetId === null ? '' : keyOf(roleSets, roleSetId)
  return { organizationId, scope, name, roleSetId: roleSetId ?? '', roleSet, updatedAtMs }
}

function amongMessage(among: Among): Omit<proto.MembersReassigned, 'mappings'> {
  if ('roleSetId' in among) return { roleSetId: among.roleSetId }
  if ('kind' in among) return { scopeKind: among.kind }
  if (!('organizationId' in among)) return { scopeDefault: among.scope }
  const { organizationId } = among
  return 'scope' in among ? { organizationId, scopeKey: among.scope } : { organizationId }
}

function deleted({ id, key }: { id: string; key: string }): proto.Deleted {
  return { id, key }
}
