/** The requirements that are decided by what the caller holds now (`membership: 'current'`). */

import type { MemberDecision } from '@rolesets/client'
import { decideCurrent, refuseFormerMember, refuseWithdrawn, type MemberRoleSets } from './current-members.ts'
import { whenThere, type Eventually } from './outcome.ts'
import { hasPermission, permissionRequired, roleRequired, type ActiveCaller } from './requirement-refusals.ts'

interface CurrentCheck {
  readonly roleSets: MemberRoleSets
  readonly deadlineMs?: number | undefined
  readonly required: readonly string[]
}

export function checkCurrentRole(
  caller: ActiveCaller,
  { roleSets, deadlineMs, required }: CurrentCheck,
): Eventually<void> {
  const needed = required.map((role) => ({ role }))
  return whenThere(decideCurrent(roleSets, { member: caller, needed, deadlineMs }), (decisions) => {
    if (decisions.some(({ allowed }) => allowed)) return
    throw roleRequired(required, refusalOfMember(caller, decisions, required))
  })
}

export function checkCurrentPermission(
  caller: ActiveCaller,
  {
    roleSets,
    deadlineMs,
    required,
    unknownPermissions,
  }: CurrentCheck & { readonly unknownPermissions?: 'deny' | 'token' | undefined },
): Eventually<void> {
  const needed = required.map((permission) => ({ permission }))
  return whenThere(decideCurrent(roleSets, { member: caller, needed, deadlineMs }), (decisions) => {
    if (decisions.some(({ allowed }) => allowed)) return
    const fields = refusalOfMember(caller, decisions, required)
    // The caller still holds the role that the token has, so what the token lists for it counts.
    const listed = unknownPermissions === 'token' && caller.role !== undefined ? caller.permissions : []
    if (required.some((permission, position) => hasPermission(permission, listed, decisions[position]))) return
    throw permissionRequired(required, fields)
  })
}

/** The fields of the refusal of a member who lacks something. Throws if the caller is none, or has lost the token's role. */
function refusalOfMember(caller: ActiveCaller, decisions: readonly MemberDecision[], required: readonly string[]) {
  refuseFormerMember(caller, decisions, required)
  const { role, organizationId: organization } = caller
  if (role !== undefined) refuseWithdrawn(caller, { role, decisions, required })
  const { roles, roleSet: role_set, revision } = decisions[0] ?? {}
  return { role, roles, organization, role_set, revision }
}
