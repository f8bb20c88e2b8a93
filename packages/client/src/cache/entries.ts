/** What the cache keeps of organizations. Entries are changed in place by the feed. */

import type { RoleSetAnswers } from './role-set-answers.ts'

/** A role set, as entries refer to it: shared by all of them, so that a change of the set is one change here. */
export interface SharedRoleSet {
  /** Id of the set; `unregistered` or `ended` for organizations that the store doesn't have. */
  readonly id: string
  /** At the revision of the catalogue; found when they are first needed. */
  answers: RoleSetAnswers | undefined
}

/** Which role set an organization as a whole has. It is kept under its id. */
export interface Entry {
  roleSet: SharedRoleSet
  /** Number of the revision at which it was read, or by which it was changed since. */
  revision: number
  /**
   * Entries of its scopes that are older don't count: since then the organization was first kept here, or it was deleted, and what
   * a scope had before may have gone with it.
   */
  scopesFrom: number
}
