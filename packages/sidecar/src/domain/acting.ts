/** Rule 18 for the users that Clerk's wire names as inviter or requester: they must be able to manage the members. */

import { quoted, type Catalogue, type Membership } from '@rolesets/core'
import { Refusal } from './refusal.ts'

const managing = 'org:sys_memberships:manage'

/** A user on whose behalf a call is made; the membership is undefined for a user who isn't a member. */
export interface ActingUser {
  readonly organizationId: string
  readonly userId: string
  readonly membership: Membership | undefined
}

export function checkMayManageMembers(catalogue: Catalogue, user: ActingUser, field: string): void {
  const { organizationId, userId, membership } = user
  const roles = membership?.roleIds.flatMap((id) => catalogue.roles.byId(id) ?? []) ?? []
  const permission = catalogue.permissions.byKey(managing)
  if (permission && roles.some((each) => each.permissionIds.includes(permission.id))) return
  const [role] = roles
  const problem = role ? `whose role ${role.key} doesn't hold it` : `who isn't a member`
  const message = `Only a member of ${quoted(organizationId)} with the permission ${managing} may do this, and it is to be done for ${quoted(userId)}, ${problem}. Name another user, or give this one a role that holds it.`
  const facts = { organization: organizationId, user: userId, permission: managing, ...(role && { role: role.key }) }
  throw new Refusal('user_lacks_permission', message, { field, facts })
}
