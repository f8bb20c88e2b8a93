/**
 * The feed as it goes over the wire. A change names things by their present keys. Only a record, for callers with a key,
 * carries the digest of an access key.
 */

import type * as proto from '@rolesets/proto'
import type { Change } from '../domain/change.ts'
import type { Catalogue } from '../domain/catalogue.ts'
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

interface SharedChangeSet {
  readonly message: ChangeSetMessage
  readonly response: proto.WatchResponse
}

interface Sending {
  readonly sentAtMs: number
  readonly withRecord: boolean
}

/** Messages for the streams of a listener. */
export class FeedMessages {
  readonly #unknownOrganizationsDenied: boolean
  /** The last change set without and with its record: many streams ask for the same one, one after the other. */
  readonly #shared: { plain?: SharedChangeSet; withRecord?: SharedChangeSet } = {}

  constructor(unknownOrganizationsDenied: boolean) {
    this.#unknownOrganizationsDenied = unknownOrganizationsDenied
  }

  /**
   * A change set that goes to many streams in the same millisecond is the same object for all of them, by which the
   * encoder knows it.
   *
   * @param sentAtMs milliseconds of a monotonic clock, at the moment at which the message is handed over
   */
  message(message: FeedMessage, { sentAtMs, withRecord }: Sending): proto.WatchResponse {
    const { revision } = message
    const unknownOrganizationsDenied = this.#unknownOrganizationsDenied
    switch (message.kind) {
      case 'heartbeat': {
        // The wire has no infinity.
        const stalenessMs = Math.min(Math.floor(message.stalenessMs), Number.MAX_SAFE_INTEGER)
        return { revision, sentAtMs, heartbeat: { stalenessMs, unknownOrganizationsDenied } }
      }
      case 'change_set':
        return this.#changeSet(message, { sentAtMs, withRecord })
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
            settings: message.settings ? settingsMessage(message.settings) : null,
            seal: withRecord ? (message.seal ?? '') : '',
          },
        }
    }
  }

  #changeSet(message: ChangeSetMessage, { sentAtMs, withRecord }: Sending): proto.WatchResponse {
    const variant = withRecord ? 'withRecord' : 'plain'
    const shared = this.#shared[variant]
    const isSame = shared?.message.changeSet === message.changeSet && shared.message.catalogue === message.catalogue
    if (isSame && shared.response.sentAtMs === sentAtMs) return shared.response
    const changeSet = isSame ? shared.response.changeSet : changeSetMessage(message, withRecord)
    const response = { revision: message.revision, sentAtMs, changeSet: changeSet ?? null }
    this.#shared[variant] = { message, response }
    return response
  }
}

function changeSetMessage({ revision, changeSet, catalogue }: ChangeSetMessage, withRecord: boolean): proto.ChangeSet {
  const at = { catalogue, now: changeSet.committedAt }
  return {
    revision,
    committedAtMs: changeSet.committedAt,
    actor: changeSet.actor,
    operation: changeSet.operation,
    changes: changeSet.changes.map((change) => changeMessage(change, at)),
    ...(withRecord && { seal: changeSet.seal, record: changeSet.record }),
  }
}

/** An invitation is told as it stood when the write was committed: nothing is told when its time is over. */
function changeMessage(change: Change, { catalogue, now }: { catalogue: Catalogue; now: number }): proto.Change {
  switch (change.kind) {
    case 'permission_put':
      return { permissionPut: permissionMessage(change.permission) }
    case 'permission_deleted':
      return { permissionDeleted: deleted(change.before) }
    case 'role_put':
      return { rolePut: roleMessage(viewRole(change.role, catalogue)) }
    case 'role_deleted':
      return { roleDeleted: deleted(change.before) }
    case 'role_set_put':
      return { roleSetPut: roleSetMessage(viewRoleSet(change.roleSet, catalogue)) }
    case 'role_set_deleted':
      return { roleSetDeleted: deleted(change.before) }
    case 'organization_put':
      return { organizationPut: organizationMessage(viewOrganization(change.organization, catalogue)) }
    case 'organization_deleted':
      return { organizationDeleted: { id: change.before.id } }
    case 'organizations_moved':
      return { organizationsMoved: { fromRoleSetId: change.fromRoleSetId, toRoleSetId: change.toRoleSetId } }
    case 'membership_put':
      return { membershipPut: membershipMessage(viewMembership(change.membership, catalogue)) }
    case 'membership_deleted': {
      const { id, organizationId, userId } = change.before
      return { membershipDeleted: { id, organizationId, userId } }
    }
    case 'invitation_put':
      return { invitationPut: invitationMessage(viewInvitation(change.invitation, catalogue, now)) }
    case 'settings_put':
      return { settingsPut: settingsMessage(viewSettings(change.settings, catalogue)) }
    case 'access_key_put':
      return { accessKeyPut: accessKeyMessage(viewAccessKey(change.accessKey)) }
    case 'members_reassigned':
      return { membersReassigned: { ...change.scope, mappings: [...change.mappings] } }
  }
}

function deleted({ id, key }: { id: string; key: string }): proto.Deleted {
  return { id, key }
}
