/**
 * Permissions, roles and role sets at one revision. It is immutable: a change set makes a new one, which shares what the
 * changes don't touch.
 */

import {
  applyToCatalogue,
  effectiveRoleSet,
  emptyCatalogue,
  formatRevision,
  Index,
  RetiredKeys,
  type Catalogue,
  type Change,
  type Revision,
} from '@rolesets/core'
import type { Snapshot } from '../feed/sink.ts'
import { permissionOf, roleOf, roleSetOf, scopeDefaultOf, scopeKindOf } from './core-form.ts'
import { RoleSetAnswers } from './role-set-answers.ts'

/** What `roleSetId` is for an organization that the store doesn't have. */
export const unregistered = ''

/** What it is for one that was deleted. No id has control characters. */
export const ended = '\n'

export class CatalogueAtRevision implements Revision {
  readonly epoch: string
  readonly number: number
  /** `<epoch>:<number>` */
  readonly revision: string
  readonly content: Catalogue
  readonly unknownOrganizationsDenied: boolean
  readonly #answers = new Map<string, RoleSetAnswers>()

  constructor({ epoch, number }: Revision, content: Catalogue, unknownOrganizationsDenied: boolean) {
    this.epoch = epoch
    this.number = number
    this.revision = formatRevision({ epoch, number })
    this.content = content
    this.unknownOrganizationsDenied = unknownOrganizationsDenied
  }

  static fromSnapshot({ revision, chunks }: Snapshot): CatalogueAtRevision {
    const content = {
      ...emptyCatalogue,
      permissions: new Index(chunks.flatMap((chunk) => chunk.permissions.map(permissionOf))),
      retiredPermissions: new RetiredKeys(
        chunks.flatMap((chunk) => chunk.retiredPermissions ?? []),
        !chunks.some((chunk) => chunk.retiredPermissionsIncomplete),
      ),
      roles: new Index(chunks.flatMap((chunk) => chunk.roles.map(roleOf))),
      roleSets: new Index(chunks.flatMap((chunk) => chunk.roleSets.map(roleSetOf))),
      scopeKinds: new Map(
        chunks.flatMap(({ scopeKinds = [] }) => scopeKinds.map(scopeKindOf)).map((each) => [each.kind, each]),
      ),
      scopeDefaults: new Map(
        chunks.flatMap(({ scopeDefaults = [] }) => scopeDefaults.map(scopeDefaultOf)).map((each) => [each.scope, each]),
      ),
    }
    return new CatalogueAtRevision(revision, content, chunks.at(-1)?.unknownOrganizationsDenied ?? true)
  }

  /** The catalogue after the next change set. @param epoch of the change set: it can be on another timeline */
  next(changes: readonly Change[], epoch: string): CatalogueAtRevision {
    const revision = { epoch, number: this.number + 1 }
    return new CatalogueAtRevision(revision, applyToCatalogue(this.content, changes), this.unknownOrganizationsDenied)
  }

  withUnknownOrganizations(denied: boolean): CatalogueAtRevision {
    return denied === this.unknownOrganizationsDenied ? this : new CatalogueAtRevision(this, this.content, denied)
  }

  /** The answers of the organizations with a role set, made when first asked for; undefined if there is no such set. */
  answersOf(roleSetId: string): RoleSetAnswers | undefined {
    const known = this.#answers.get(roleSetId)
    if (known !== undefined) return known
    const answers = this.#newAnswersOf(roleSetId)
    if (answers !== undefined) this.#answers.set(roleSetId, answers)
    return answers
  }

  #newAnswersOf(roleSetId: string): RoleSetAnswers | undefined {
    if (roleSetId === ended)
      return new RoleSetAnswers(this.content, { roleSet: 'deleted', isRegistered: false }, this.revision)
    const unknownOrganizations = this.unknownOrganizationsDenied ? 'deny' : 'initial'
    const facts = { roleSetId: roleSetId === unregistered ? undefined : roleSetId, unknownOrganizations } as const
    try {
      const roleSet = effectiveRoleSet(this.content, facts)
      return new RoleSetAnswers(this.content, { roleSet, isRegistered: facts.roleSetId !== undefined }, this.revision)
    } catch {
      // The catalogue lacks the set: the sidecar is asked.
      return undefined
    }
  }
}
