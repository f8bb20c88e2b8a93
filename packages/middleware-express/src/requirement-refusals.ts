/** What the requirements share, whether the token decides or what the caller holds now. */

import type { Decision, MemberDecision } from '@rolesets/client'
import { quoted } from '@rolesets/core'
import type { Auth } from './authenticate/auth.ts'
import type { RoleSetsExpressError } from './errors.ts'
import { problem } from './problem.ts'

/** A caller with an active organization, and the place that the request is about. */
export interface Caller extends Omit<Auth, 'organizationId' | 'role' | 'roles'> {
  readonly organizationId: string
  /** Undefined: the organization as a whole. */
  readonly scope: string | undefined
  /** That the token has in the place. */
  readonly roles: readonly string[]
}

export function roleRequired(required: readonly string[], fields: object): RoleSetsExpressError {
  return problem('role_required', `This request needs the role ${anyOf(required)}.`, {
    fields: { required, ...fields },
  })
}

export function permissionRequired(required: readonly string[], fields: object): RoleSetsExpressError {
  return problem('permission_required', `This request needs the permission ${anyOf(required)}.`, {
    fields: { required, ...fields },
  })
}

/** @param listed the permissions that count because the token lists them, if the sidecar has never known them */
export function hasPermission(
  permission: string,
  listed: readonly string[],
  decision: Decision | MemberDecision | undefined,
): boolean {
  if (decision?.reason !== 'PERMISSION_UNKNOWN') return decision?.allowed === true
  // A key that was deleted or renamed away stays refused.
  return !decision.permissionRetired && listed.includes(permission)
}

export function anyOf(required: readonly string[]): string {
  return required.map(quoted).join(' or ')
}
