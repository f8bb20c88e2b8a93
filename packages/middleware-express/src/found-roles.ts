/** The roles that are found in a request, and the errors of those that can't be read. A pointer says where in the body. */

import { isIdentifier, limits } from '@rolesets/core'
import type { RoleSetsExpressError } from './errors.ts'
import { problem } from './problem.ts'

/** Repeated roles count each time. */
const ROLES_MAX = 1_000

/** Each role once, in the order of the request. */
export class FoundRoles {
  readonly roles = new Set<string>()
  readonly #remedy: string
  count = 0

  /** @param remedy what to do about a role that can't be read */
  constructor(remedy = '') {
    this.#remedy = remedy
  }

  add(role: unknown, at: string): void {
    if (!isIdentifier(role))
      throw unreadableRole(at, `A role must be a string of 1 to ${limits.idCharactersMax} characters.${this.#remedy}`)
    this.count += 1
    if (this.count > ROLES_MAX) {
      throw problem('roles_too_many', `A request may name at most ${ROLES_MAX} roles.`, { fields: { max: ROLES_MAX } })
    }
    this.roles.add(role)
  }
}

export function missingRole(detail: string, pointer?: string): RoleSetsExpressError {
  return problem('role_missing', detail, { fields: { pointer } })
}

/** What stands at `pointer` can't be read, so it could name any role. */
export function unreadableRole(pointer: string, detail: string): RoleSetsExpressError {
  return problem('role_invalid', detail, { fields: { pointer } })
}
