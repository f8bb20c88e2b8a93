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
  roleSetAt,
  type Catalogue,
  type Change,
  type Revision,
} from '@rolesets/core'
import type { SnapshotChunk } from '../wire/transport.ts'
import { permissionOf, roleOf, roleSetOf, scopeDefaultOf, scopeKindOf } from './core-form.ts'
import { notFound, type Present } from './present.ts'
import { RoleSetAnswers } from './role-set-answers.ts'

/** What `roleSetId` is for an organization that the store doesn't have. */
export const unregistered = ''

/** What it is for one that was deleted. No id has control characters. */
export const ended = '\n'

/** Which role sets decide about a scope. */
export interface ScopeAssignments {
  readonly scope: string
  readonly whole: string
  readonly own: string | null
}

/** Everything at one revision, in parts as they came. */
interface WholeSnapshot {
  readonly revision: Revision
  readonly chunks: readonly SnapshotChunk[]
}

export class CatalogueAtRevision implements Revision {
  readonly epoch: string
  readonly number: number
  /** `<epoch>:<number>` */
  readonly revision: string
  readonly content: Catalogue
  readonly unknownOrganizationsDenied: boolean
  readonly #present = new Map<string, { answers: RoleSetAnswers | undefined }>()

  constructor({ epoch, number }: Revision, content: Catalogue, unknownOrganizationsDenied: boolean) {
    this.epoch = epoch
    this.number = number
    this.revision = formatRevision({ epoch, number })
    this.content = content
    this.unknownOrganizationsDenied = unknownOrganizationsDenied
  }

  static fromSnapshot({ revision, chunks }: WholeSnapshot): CatalogueAtRevision {
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

  /** The answers of the organizations with a role set, made when first asked for; none if there is no such set. */
  answersOf(roleSetId: string): Present<RoleSetAnswers> {
    return this.#present.get(roleSetId) ?? this.#keep(roleSetId, this.#newAnswersOf(roleSetId))
  }

  /**
   * The answers of a scope.
   * @param facts ids of role sets as entries have them: `whole` of the organization, `own` of the scope, null: none
   */
  answersOfScope({ scope, whole, own }: ScopeAssignments): Present<RoleSetAnswers> {
    if (whole === ended) return this.answersOf(ended)
    const isRegistered = whole !== unregistered
    const standing = { roleSetId: isRegistered ? whole : undefined, unknownOrganizations: this.#unknownOrganizations }
    try {
      const found = roleSetAt(this.content, { ...standing, scope, own })
      const { roleSet } = found
      if (roleSet !== undefined && isRegistered) return this.answersOf(roleSet.id)
      const reason = roleSet === undefined ? found.reason : undefined
      const key = `${isRegistered ? 'registered' : 'unregistered'}\n${reason ?? roleSet?.id ?? ''}`
      const place = { roleSet, isRegistered, ...(reason !== undefined && { missing: reason }) }
      return this.#present.get(key) ?? this.#keep(key, new RoleSetAnswers(this.content, place, this.revision))
    } catch {
      // The catalogue lacks the set: the sidecar is asked.
      return notFound
    }
  }

  /** Another catalogue is the present one. */
  withdrawAnswers(): void {
    for (const present of this.#present.values()) {
      present.answers?.withdrawMembers()
      present.answers = undefined
    }
    this.#present.clear()
  }

  #keep(key: string, answers: RoleSetAnswers | undefined): Present<RoleSetAnswers> {
    if (answers === undefined) return notFound
    const present = { answers }
    this.#present.set(key, present)
    return present
  }

  get #unknownOrganizations(): 'deny' | 'initial' {
    return this.unknownOrganizationsDenied ? 'deny' : 'initial'
  }

  #newAnswersOf(roleSetId: string): RoleSetAnswers | undefined {
    if (roleSetId === ended)
      return new RoleSetAnswers(this.content, { roleSet: 'deleted', isRegistered: false }, this.revision)
    const unknownOrganizations = this.#unknownOrganizations
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
