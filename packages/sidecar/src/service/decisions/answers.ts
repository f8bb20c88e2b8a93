/**
 * The answers to questions. **Equal answers are the same object**: there are few different ones, so nearly none has to be
 * made, and what is derived from one can be kept with it (`keptWith`), such as its bytes on the wire. So nothing may copy or
 * change an answer on its way to the encoder. The messages of the feed that go to many streams keep the same rule.
 */

import type { Decision, Reason, RoleSet } from '@rolesets/core'

/** What the store knows of an organization. */
export type Knowledge = 'registered' | 'unregistered' | 'deleted'

export interface Answer {
  readonly allowed: boolean
  readonly reason: Reason
  /** Key; empty when the organization is unknown and unknown organizations are denied, and where a scope has no role set. */
  readonly roleSet: string
  readonly roleSetId: string
  readonly organizationRegistered: boolean
  /** With ORGANIZATION_UNKNOWN: the organization was deleted. */
  readonly organizationDeleted: boolean
  /** With PERMISSION_UNKNOWN: a permission had this key once. */
  readonly permissionRetired: boolean
  /** The next three: only of a question about a scope. */
  readonly inScope?: true
  /** Of the organization as a whole; empty: it isn't registered. */
  readonly organizationRoleSetId?: string
  /** Of the scope itself; empty: it has none of its own. */
  readonly ownRoleSetId?: string
}

/** What caches need of a scope's place besides its role set: the assignments that led to it; empty: there is none. */
export type ScopeFacts = Required<Pick<Answer, 'inScope' | 'organizationRoleSetId' | 'ownRoleSetId'>>

export interface CheckAnswer extends Answer {
  /** `<epoch>:<number>`. */
  readonly revision: string
}

/** The result of `derive`, made once for each object and dropped with it. The object must not change. */
export function keptWith<Source extends object, Derived>(derive: (source: Source) => Derived) {
  const kept = new WeakMap<Source, Derived>()
  return (source: Source): Derived => {
    let derived = kept.get(source)
    if (derived === undefined) kept.set(source, (derived = derive(source)))
    return derived
  }
}

/** Equal decisions about a role set and a kind of organization. */
type ByReason = { [reason in Reason | 'PERMISSION_RETIRED']?: Answer }

/** There are few different ones: the sets of organizations times the sets of scopes. */
const answersInScopesMax = 10_000

export class Answers {
  /** A set that is changed becomes another object, so nothing in here can be out of date. */
  readonly #ofSet = keptWith((_roleSet: RoleSet): { [key in Knowledge]: ByReason } => ({
    ...{ registered: {}, unregistered: {}, deleted: {} },
  }))
  readonly #withoutSet: { [key in Knowledge]?: Answer } = {}
  /** Of scopes, by all that distinguishes them within a role set. */
  #inScopes = new Map<string, Answer>()
  #revision = ''
  #atRevision = (answer: Answer): CheckAnswer => ({ ...answer, revision: '' })

  of(decision: Decision, knowledge: Knowledge): Answer {
    const { roleSet, reason } = decision
    if (roleSet === undefined) return (this.#withoutSet[knowledge] ??= answerOf(decision, knowledge))
    const byReason = this.#ofSet(roleSet)[knowledge]
    const key = decision.permissionRetired ? 'PERMISSION_RETIRED' : reason
    return (byReason[key] ??= answerOf(decision, knowledge))
  }

  /** The answer to a question about a scope. */
  inScope(decision: Decision, knowledge: Knowledge, facts: ScopeFacts): Answer {
    const { roleSet, reason, permissionRetired } = decision
    const key = [roleSet?.id, roleSet?.revision, reason, permissionRetired, knowledge, ...Object.values(facts)].join(
      ' ',
    )
    const known = this.#inScopes.get(key)
    if (known !== undefined && known.roleSet === (roleSet?.key ?? '')) return known
    if (this.#inScopes.size >= answersInScopesMax) this.#inScopes = new Map()
    const answer: Answer = Object.freeze({ ...answerOf(decision, knowledge), ...facts })
    this.#inScopes.set(key, answer)
    return answer
  }

  /** @param answer one that `of` or `inScope` returned */
  at(revision: string, answer: Answer): CheckAnswer {
    if (revision !== this.#revision) {
      this.#revision = revision
      this.#atRevision = keptWith((each: Answer) => Object.freeze({ ...each, revision }))
    }
    return this.#atRevision(answer)
  }
}

function answerOf({ allowed, reason, roleSet, permissionRetired }: Decision, knowledge: Knowledge): Answer {
  return Object.freeze({
    allowed,
    reason,
    roleSet: roleSet?.key ?? '',
    roleSetId: roleSet?.id ?? '',
    organizationRegistered: knowledge === 'registered',
    organizationDeleted: knowledge === 'deleted',
    permissionRetired,
  })
}
