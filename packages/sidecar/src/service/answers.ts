/**
 * The answers to questions. Equal ones are the same object: there are few different ones, so hardly any has to be made,
 * and what is made of one, such as its bytes, can be kept with it.
 */

import type { Decision, Reason, RoleSet } from '@rolesets/core'
export interface Answer {
  readonly allowed: boolean
  readonly reason: Reason
  /** Key; empty when the organization is unknown and unknown organizations are denied. */
  readonly roleSet: string
  readonly roleSetId: string
  readonly organizationRegistered: boolean
}

export interface CheckAnswer extends Answer {
  readonly revision: string
}

type Kept = { [reason in Reason]?: Answer }

export class Answers {
  /** A set that is changed is another object, so nothing here grows old. */
  readonly #registered = new WeakMap<RoleSet, Kept>()
  readonly #unregistered = new WeakMap<RoleSet, Kept>()
  #revision = ''
  #atRevision = new WeakMap<Answer, CheckAnswer>()

  of(decision: Decision, organizationRegistered: boolean): Answer {
    const { roleSet, reason } = decision
    if (roleSet === undefined) return answerOf(decision, organizationRegistered)
    const bySet = organizationRegistered ? this.#registered : this.#unregistered
    let kept = bySet.get(roleSet)
    if (kept === undefined) bySet.set(roleSet, (kept = {}))
    return (kept[reason] ??= answerOf(decision, organizationRegistered))
  }

  /** @param answer one that `of` gave */
  at(revision: string, answer: Answer): CheckAnswer {
    if (revision !== this.#revision) {
      this.#revision = revision
      this.#atRevision = new WeakMap()
    }
    let answered = this.#atRevision.get(answer)
    if (answered === undefined) this.#atRevision.set(answer, (answered = Object.freeze({ ...answer, revision })))
    return answered
  }
}

function answerOf({ allowed, reason, roleSet }: Decision, organizationRegistered: boolean): Answer {
  return Object.freeze({
    allowed,
    reason,
    roleSet: roleSet?.key ?? '',
    roleSetId: roleSet?.id ?? '',
    organizationRegistered,
  })
}
