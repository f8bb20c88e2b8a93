/**
 * The answers to questions. **Equal answers are the same object**: there are few different ones, so nearly none has to be
 * made, and what is derived from one can be kept with it (`keptWith`), such as its bytes on the wire. So nothing may copy or
 * change an answer on its way to the encoder. The messages of the feed that go to many streams keep the same rule.
 */

import type { Decision, Reason, RoleSet } from '@rolesets/core'
export interface Answer {
  readonly allowed: boolean
  readonly reason: Reason
  /** Key; empty when the organization is unknown and unknown organizations are denied. */
  readonly roleSet: string
  readonly roleSetId: string
  readonly organizationRegistered: boolean
  /** With PERMISSION_UNKNOWN: a permission had this key once. */
  readonly permissionRetired: boolean
}

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

export class Answers {
  /** A set that is changed becomes another object, so nothing in here can be out of date. */
  readonly #ofSet = keptWith((_roleSet: RoleSet): { [key in 'registered' | 'unregistered']: ByReason } => ({
    registered: {},
    unregistered: {},
  }))
  #revision = ''
  #atRevision = (answer: Answer): CheckAnswer => ({ ...answer, revision: '' })

  of(decision: Decision, organizationRegistered: boolean): Answer {
    const { roleSet, reason } = decision
    if (roleSet === undefined) return answerOf(decision, organizationRegistered)
    const byReason = this.#ofSet(roleSet)[organizationRegistered ? 'registered' : 'unregistered']
    const key = decision.permissionRetired ? 'PERMISSION_RETIRED' : reason
    return (byReason[key] ??= answerOf(decision, organizationRegistered))
  }

  /** @param answer one that `of` returned */
  at(revision: string, answer: Answer): CheckAnswer {
    if (revision !== this.#revision) {
      this.#revision = revision
      this.#atRevision = keptWith((each: Answer) => Object.freeze({ ...each, revision }))
    }
    return this.#atRevision(answer)
  }
}

function answerOf({ allowed, reason, roleSet, permissionRetired }: Decision, organizationRegistered: boolean): Answer {
  return Object.freeze({
    allowed,
    reason,
    roleSet: roleSet?.key ?? '',
    roleSetId: roleSet?.id ?? '',
    organizationRegistered,
    permissionRetired,
  })
}
