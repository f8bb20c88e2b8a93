/** The requirements that are decided by what the caller holds now (`membership: 'current'`). */

import type { MemberDecision, Reach } from '@rolesets/client'
import { quoted } from '@rolesets/core'
import { decideCurrent, refuseFormerMember, type CheckingRoleSets } from './current-members.ts'
import { whenThere, type Eventually } from './outcome.ts'
import { about } from './place.ts'
import { problem } from './problem.ts'
import { anyOf, hasPermission, permissionRequired, roleRequired, type Caller } from './requirement-refusals.ts'

interface CurrentCheck {
  readonly roleSets: CheckingRoleSets
  readonly reach?: Reach | undefined
  readonly deadlineMs?: number | undefined
  readonly required: readonly string[]
}

export function checkCurrentRole(
  caller: Caller,
  { roleSets, reach, deadlineMs, required }: CurrentCheck,
): Eventually<void> {
  const needed = required.map((role) => ({ role }))
  return whenThere(decideCurrent(roleSets, { member: caller, reach, needed, deadlineMs }), (decisions) => {
    if (decisions.some(({ allowed }) => allowed)) return
    const fields = refusalOfMember(caller, decisions, required)
    if (caller.scope === undefined) throw roleRequired(required, fields)
    // The token says nothing of the scope, so whether the caller held the role before is not known.
    const detail = `The caller does not hold the role ${anyOf(required)} in the scope ${quoted(caller.scope)} now.`
    throw problem('role_withdrawn', detail, { fields: { required, ...fields } })
  })
}

export function checkCurrentPermission(
  caller: Caller,
  {
    roleSets,
    reach,
    deadlineMs,
    required,
    unknownPermissions,
  }: CurrentCheck & { readonly unknownPermissions?: 'deny' | 'token' | undefined },
): Eventually<void> {
  const needed = required.map((permission) => ({ permission }))
  return whenThere(decideCurrent(roleSets, { member: caller, reach, needed, deadlineMs }), (decisions) => {
    if (decisions.some(({ allowed }) => allowed)) return
    const fields = refusalOfMember(caller, decisions, required)
    // The caller still holds a role that the token has, so what the token lists for it counts.
    const listed = unknownPermissions === 'token' && caller.roles.length > 0 ? caller.permissions : []
    if (required.some((permission, position) => hasPermission(permission, listed, decisions[position]))) return
    throw permissionRequired(required, fields)
  })
}

/** The fields of the refusal of a member who lacks something. Throws if the caller is none, or has lost the token's roles. */
function refusalOfMember(caller: Caller, decisions: readonly MemberDecision[], required: readonly string[]) {
  refuseFormerMember(caller, decisions, { required })
  const { roles = [], roleSet: role_set, revision } = decisions[0] ?? {}
  const fields = { role: caller.roles[0], roles, ...about(caller), role_set, revision }
  const isWithdrawn = caller.scope === undefined && caller.roles.some((role) => !roles.includes(role))
  if (!isWithdrawn) return fields
  const lost = caller.roles.filter((role) => !roles.includes(role))
  const detail = `The caller does not hold the role ${anyOf(lost)}, which the token has, any more.`
  throw problem('role_withdrawn', detail, { fields: { required, ...fields, role: lost[0] } })
}
