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
  /** Key; empty when the organization is unknown and unknown organizations are denied. */
  readonly roleSet: string
  readonly roleSetId: string
  readonly organizationRegistered: boolean
  /** With ORGANIZATION_UNKNOWN: the organization was deleted. */
  readonly organizationDeleted: boolean
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
  readonly #ofSet = keptWith((_roleSet: RoleSet): { [key in Knowledge]: ByReason } => ({
    ...{ registered: {}, unregistered: {}, deleted: {} },
  }))
  readonly #withoutSet: { [key in Knowledge]?: Answer } = {}
  #revision = ''
  #atRevision = (answer: Answer): CheckAnswer => ({ ...answer, revision: '' })

  of(decision: Decision, knowledge: Knowledge): Answer {
    const { roleSet, reason } = decision
    if (roleSet === undefined) return (this.#withoutSet[knowledge] ??= answerOf(decision, knowledge))
    const byReason = this.#ofSet(roleSet)[knowledge]
    const key = decision.permissionRetired ? 'PERMISSION_RETIRED' : reason
    return (byReason[key] ??= answerOf(decision, knowledge))
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
