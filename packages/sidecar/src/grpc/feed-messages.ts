/** The feed as it goes over the wire. A change names things as they are called now, and never carries the digest of a key. */

import type * as proto from '@rolesets/proto'
import { byKind, type ByKind, type Catalogue } from '@rolesets/core'
import type { FeedMessage } from '../service/changes.ts'
import {
  viewAccessKey,
  viewInvitation,
  viewMembership,
  viewOrganization,
  viewRole,
  viewRoleSet,
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
  settingsMessage,
} from './messages.ts'

type ChangeSetMessage = FeedMessage & { readonly kind: 'change_set' }

/** Messages for the streams of a listener. */
export class FeedMessages {
  readonly #unknownOrganizationsDenied: boolean
  /** The change set that was asked for last: many streams ask for it, one after the other. */
  #shared: { readonly message: ChangeSetMessage; readonly response: proto.WatchResponse } | undefined

  constructor(unknownOrganizationsDenied: boolean) {
    this.#unknownOrganizationsDenied = unknownOrganizationsDenied
  }

  /**
   * A change set that goes to many streams in the same millisecond is the same object for all of them, by which the
   * encoder knows it.
   *
   * @param sentAtMs milliseconds of a clock that only runs forward, at the moment at which the message is handed over
   */
  message(message: FeedMessage, sentAtMs: number): proto.WatchResponse {
    const { revision } = message
    const unknownOrganizationsDenied = this.#unknownOrganizationsDenied
    switch (message.kind) {
      case 'heartbeat':
        return { revision, sentAtMs, heartbeat: { stalenessMs: message.stalenessMs, unknownOrganizationsDenied } }
      case 'change_set':
        return this.#changeSet(message, sentAtMs)
      case 'snapshot_chunk':
        return {
          revision,
          sentAtMs,
          snapshotChunk: {
            permissions: message.permissions.map(permissionMessage),
            roles: message.roles.map(roleMessage),
            roleSets: message.roleSets.map(roleSetMessage),
            organizations: message.organizations.map(organizationMessage),
            last: message.last,
            unknownOrganizationsDenied,
          },
        }
    }
  }

  #changeSet(message: ChangeSetMessage, sentAtMs: number): proto.WatchResponse {
    const shared = this.#shared
    const isSame = shared?.message.changeSet === message.changeSet && shared.message.catalogue === message.catalogue
    if (isSame && shared.response.sentAtMs === sentAtMs) return shared.response
    const changeSet = isSame ? shared.response.changeSet : changeSetMessage(message)
    const response = { revision: message.revision, sentAtMs, changeSet: changeSet ?? null }
    this.#shared = { message, response }
    return response
  }
}

function changeSetMessage({ revision, changeSet, catalogue }: ChangeSetMessage): proto.ChangeSet {
  const at = { catalogue, now: changeSet.committedAt }
  return {
    revision,
    committedAtMs: changeSet.committedAt,
    actor: changeSet.actor,
    operation: changeSet.operation,
    changes: changeSet.changes.map((change) => byKind(changeMessages, change, at)),
  }
}

/** At which state the things of a change are named. */
interface Naming {
  readonly catalogue: Catalogue
  /** Unix milliseconds. An invitation is shown as it stood when the write was committed: expiring makes no change. */
  readonly now: number
}

const changeMessages: ByKind<proto.Change, [Naming]> = {
  permission_put: ({ after }) => ({ permissionPut: permissionMessage(after) }),
  permission_deleted: ({ before }) => ({ permissionDeleted: deleted(before) }),
  role_put: ({ after }, { catalogue }) => ({ rolePut: roleMessage(viewRole(after, catalogue)) }),
  role_deleted: ({ before }) => ({ roleDeleted: deleted(before) }),
  role_set_put: ({ after }, { catalogue }) => ({ roleSetPut: roleSetMessage(viewRoleSet(after, catalogue)) }),
  role_set_deleted: ({ before }) => ({ roleSetDeleted: deleted(before) }),
  organization_put: ({ after }, { catalogue }) => ({
    organizationPut: organizationMessage(viewOrganization(after, catalogue)),
  }),
  organization_deleted: ({ before }) => ({ organizationDeleted: { id: before.id } }),
  organizations_moved: ({ fromRoleSetId, toRoleSetId }) => ({ organizationsMoved: { fromRoleSetId, toRoleSetId } }),
  // No rule makes one yet: an organization's own assignment travels with the organization.
  assignment_put: () => ({}),
  assignment_deleted: () => ({}),
  membership_put: ({ after }, { catalogue }) => ({
    membershipPut: membershipMessage(viewMembership(after, catalogue)),
  }),
  membership_deleted: ({ before: { id, organizationId, userId } }) => ({
    membershipDeleted: { id, organizationId, userId },
  }),
  members_reassigned: ({ among, mappings }) => ({ membersReassigned: { ...among, mappings: [...mappings] } }),
  invitation_put: ({ after }, { catalogue, now }) => ({
    invitationPut: invitationMessage(viewInvitation(after, catalogue, now)),
  }),
  settings_put: ({ after }, { catalogue }) => ({ settingsPut: settingsMessage(viewSettings(after, catalogue)) }),
  access_key_put: ({ after }) => ({ accessKeyPut: accessKeyMessage(viewAccessKey(after)) }),
}

function deleted({ id, key }: { id: string; key: string }): proto.Deleted {
  return { id, key }
}
