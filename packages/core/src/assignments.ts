/** Assignments: which role set a place has. Read models, caches and storage keep them by place. */

import { byKind, type ByKind, type Change } from './changes.ts'
import type { Assignment, Organization, Place } from './things.ts'

/** What a change does to assignments. A scope with a name alone has no role set of its own: for a decision it has no assignment. */
export type AssignmentEffect =
  | { readonly effect: 'set'; readonly place: Place; readonly roleSetId: string }
  | { readonly effect: 'ended'; readonly place: Place }
  /** The organization is gone, and all its places with it. */
  | { readonly effect: 'organization_ended'; readonly organizationId: string }
  /** Every place that has the first role set has the second one now. */
  | { readonly effect: 'moved'; readonly fromRoleSetId: string; readonly toRoleSetId: string }

const none = () => undefined

const effects: ByKind<AssignmentEffect | undefined> = {
  organization_put: ({ after }) => ({ effect: 'set', place: wholeOf(after.id), roleSetId: after.roleSetId }),
  organization_deleted: ({ before }) => ({ effect: 'organization_ended', organizationId: before.id }),
  organizations_moved: ({ fromRoleSetId, toRoleSetId }) => ({ effect: 'moved', fromRoleSetId, toRoleSetId }),
  assignment_put: ({ after }) =>
    after.roleSetId === null
      ? { effect: 'ended', place: after }
      : { effect: 'set', place: after, roleSetId: after.roleSetId },
  assignment_deleted: ({ before }) => ({ effect: 'ended', place: before }),
  // Its assignment is put and deleted by changes of their own.
  scope_renamed: none,
  permission_put: none,
  permission_deleted: none,
  role_put: none,
  role_deleted: none,
  role_set_put: none,
  role_set_deleted: none,
  scope_kind_put: none,
  scope_kind_deleted: none,
  scope_default_put: none,
  scope_default_deleted: none,
  settings_put: none,
  membership_put: none,
  membership_deleted: none,
  members_reassigned: none,
  history_compacted: none,
  invitation_put: none,
  access_key_put: none,
}

/** @returns undefined when the change leaves all assignments as they are */
export function assignmentEffectOf(change: Change): AssignmentEffect | undefined {
  return byKind(effects, change)
}

/** The organization as a whole, as a place. */
export function wholeOf(organizationId: string): Place {
  return { organizationId, scope: '' }
}

/** An organization's own assignment, in the empty scope. */
export function assignmentOf({
  id,
  roleSetId,
  updatedAt,
  revision,
}: Organization): Assignment & { readonly roleSetId: string } {
  return { ...wholeOf(id), name: '', roleSetId, updatedAt, revision }
}

/** @returns the user in the place as the key of a map */
export function keyOfMember({ organizationId, scope, userId }: Place & { readonly userId: string }): string {
  // Ids hold no control characters, and no key of a place ends with a line feed.
  return `${keyOfPlace({ organizationId, scope })}\n\n${userId}`
}

/** @returns the place as the key of a map; the organization's id for the organization as a whole */
export function keyOfPlace({ organizationId, scope }: Place): string {
  // Ids hold no control characters, so no two places have the same key.
  return scope === '' ? organizationId : `${organizationId}\n${scope}`
}
