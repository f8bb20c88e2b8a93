/**
 * What a store keeps rows of. The store of a replica has none of memberships and invitations: it answers for places, and
 * asks its authority about members. Its history has their changes all the same, because a seal covers the whole record.
 */

import { byKind, type ByKind, type Change } from '@rolesets/core'
import type { Holds } from '../options.ts'

const [ofPlaces, ofMembers] = [() => true, () => false]

/** Whether a change has rows that a store of places keeps. */
const concernsPlaces: ByKind<boolean> = {
  permission_put: ofPlaces,
  permission_deleted: ofPlaces,
  role_put: ofPlaces,
  role_deleted: ofPlaces,
  role_set_put: ofPlaces,
  role_set_deleted: ofPlaces,
  organization_put: ofPlaces,
  organization_deleted: ofPlaces,
  organizations_moved: ofPlaces,
  assignment_put: ofPlaces,
  assignment_deleted: ofPlaces,
  membership_put: ofMembers,
  membership_deleted: ofMembers,
  scope_kind_put: ofPlaces,
  scope_kind_deleted: ofPlaces,
  scope_default_put: ofPlaces,
  scope_default_deleted: ofPlaces,
  // Its name and its role set move by changes of their own.
  scope_renamed: ofMembers,
  members_reassigned: ofMembers,
  invitation_put: ofMembers,
  settings_put: ofPlaces,
  access_key_put: ofPlaces,
  history_compacted: ofPlaces,
}

export function heldOf(changes: readonly Change[], holds: Holds): readonly Change[] {
  return holds === 'everything' ? changes : changes.filter((change) => byKind(concernsPlaces, change))
}
