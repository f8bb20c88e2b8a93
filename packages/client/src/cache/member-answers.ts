/**
 * The answers about members with the same roles under the same role set, at one revision. Each is made once and shared, so
 * that a cached check allocates nothing. Only names that the catalogue has are remembered.
 */

import {
  decideMember,
  permissionKeysOf,
  type Catalogue,
  type MemberDecision as CoreDecision,
  type MemberFacts,
  type MemberQuestion,
} from '@rolesets/core'
import type { RareFacts } from './decision.ts'
import type { Member, MemberCheck, MemberDecision, MemberRoles } from './member-decision.ts'

/** What the answers have in common. */
export interface MemberAnswersBasis {
  readonly catalogue: Catalogue
  readonly facts: MemberFacts
  /** `<epoch>:<number>`. */
  readonly revision: string
  readonly more: Omit<RareFacts, 'permissionRetired'>
}

export class MemberAnswers {
  readonly #basis: MemberAnswersBasis
  /** By the name of the role in the question: key or id. */
  readonly #byRole = new Map<string, MemberDecision>()
  readonly #byPermission = new Map<string, MemberDecision>()
  #roles: Omit<MemberRoles, 'organizationId' | 'scope' | 'userId'> | undefined

  constructor(basis: MemberAnswersBasis) {
    this.#basis = basis
  }

  /** An answer that was given before. The question needn't be valid: one that isn't finds nothing. */
  remembered(question: MemberCheck | null | undefined): MemberDecision | undefined {
    const role = question?.role
    const permission = question?.permission
    if (role !== undefined) return permission === undefined ? this.#byRole.get(role) : undefined
    return permission === undefined ? undefined : this.#byPermission.get(permission)
  }

  answer(question: Exclude<MemberQuestion, { readonly anyRole: true }>): MemberDecision {
    const { roles, permissions } = this.#basis.catalogue
    const decision = decisionOf(this.#basis, this.#decide(question))
    if ('role' in question) {
      if (roles.find(question.role) !== undefined) this.#byRole.set(question.role, decision)
    } else if (permissions.byKey(question.permission) !== undefined)
      this.#byPermission.set(question.permission, decision)
    return decision
  }

  /** Everything that the member holds. */
  roles({ organizationId, scope, userId }: Member): MemberRoles {
    const { catalogue, revision } = this.#basis
    if (this.#roles === undefined) {
      const { allowed: isMember, reason, roles, roleSet } = this.#decide({ anyRole: true })
      const permissions = Object.freeze(permissionKeysOf(catalogue, roles))
      this.#roles = {
        ...{ isMember, reason, roles: Object.freeze(roles.map(({ key }) => key)) },
        ...{ permissions, roleSet: roleSet?.key ?? '', revision, source: 'cache' },
      }
    }
    return Object.freeze({ organizationId, ...(scope !== '' && { scope }), userId, ...this.#roles })
  }

  #decide(question: MemberQuestion): CoreDecision {
    return decideMember(this.#basis.catalogue, question, this.#basis.facts)
  }
}

function decisionOf({ revision, more }: MemberAnswersBasis, decision: CoreDecision): MemberDecision {
  const { allowed, reason, roles, roleSet, permissionRetired } = decision
  return Object.freeze({
    ...{ allowed, reason, roles: Object.freeze(roles.map(({ key }) => key)), roleSet: roleSet?.key ?? '' },
    ...{ revision, source: 'cache' as const },
    ...(permissionRetired ? { permissionRetired } : {}),
    ...more,
  })
}
