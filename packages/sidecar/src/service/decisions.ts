/**
 * "May this role be granted here?", answered from memory. Only on a miss there is one point read in the storage. Each answer
 * is given at one revision, in one tick.
 */

import { decide, effectiveRoleSet, rolesOf, wholeOf, type UnknownOrganizations } from '@rolesets/core'
import { organizationNotFound } from '../domain/registration.ts'
import { parseOrganizationId, parseQuestion, parseQuestions, type Question } from '../domain/questions.ts'
import type { Store } from '../storage/store.ts'
import { Answers, type Answer, type CheckAnswer } from './answers.ts'
import { createLoadBasis, type Basis } from './basis.ts'
import type { ReadCall } from './call.ts'
import type { Freshness } from './freshness.ts'
import type { ReadModel } from './read-model.ts'
import { viewRole, viewRoleSet, type RoleSetView, type RoleView } from './views.ts'

export interface BatchAnswer {
  /** In the order of the questions. */
  readonly results: readonly Answer[]
  /** The one revision of all. */
  readonly revision: string
}

export interface AvailableRolesAnswer {
  /** Ordered by key. */
  readonly roles: readonly RoleView[]
  readonly roleSet: RoleSetView
  readonly organizationRegistered: boolean
  readonly revision: string
}

/** Each throws ServiceError `not_serving` when the data is too old to decide from. */
export interface Decisions {
  /** The answer at the present revision, if it is in memory and new enough; undefined: call `check`. */
  checkNow(question: Question, atLeastRevision?: string): CheckAnswer | undefined
  check(question: Question, call: ReadCall): Promise<CheckAnswer>
  /** The answers at the present revision, if all are in memory and new enough; undefined: call `batchCheck`. */
  batchCheckNow(questions: readonly Question[], atLeastRevision?: string): BatchAnswer | undefined
  batchCheck(questions: readonly Question[], call: ReadCall): Promise<BatchAnswer>
  listAvailableRoles(organizationId: string, call: ReadCall): Promise<AvailableRolesAnswer>
}

interface DecisionsOptions {
  readonly store: Store
  readonly unknownOrganizations: UnknownOrganizations
  readonly freshness: Freshness
}

export function createDecisions(options: DecisionsOptions, readModel: ReadModel): Decisions {
  const { unknownOrganizations, freshness } = options
  const loadBasis = createLoadBasis(options, readModel)
  const answers = new Answers()

  /** Undefined: the organization isn't in the basis. */
  function answerFrom(basis: Basis, question: Question): Answer | undefined {
    const roleSetId = basis.roleSetIdOf(wholeOf(question.organizationId))
    if (roleSetId === undefined) return undefined
    const facts = { roleSetId: roleSetId ?? undefined, unknownOrganizations }
    return answers.of(decide(basis.catalogue, question, facts), roleSetId !== null)
  }

  function checkFrom(basis: Basis, question: Question): CheckAnswer | undefined {
    const answer = answerFrom(basis, question)
    return answer && answers.at(basis.revisionText, answer)
  }

  function batchFrom(basis: Basis, questions: readonly Question[]): BatchAnswer | undefined {
    const results: Answer[] = []
    for (const question of questions) {
      const answer = answerFrom(basis, question)
      if (answer === undefined) return undefined
      results.push(answer)
    }
    return { results, revision: basis.revisionText }
  }

  /** Nearly all callers ask for no revision, or for the one that they have seen, which is the present one. */
  function isPresent(atLeastRevision: string): boolean {
    freshness.check()
    return atLeastRevision === '' || atLeastRevision === readModel.revisionText
  }

  return {
    checkNow: (unparsed, atLeastRevision = '') =>
      isPresent(atLeastRevision) ? checkFrom(readModel, parseQuestion(unparsed)) : undefined,

    batchCheckNow: (unparsed, atLeastRevision = '') =>
      isPresent(atLeastRevision) ? batchFrom(readModel, parseQuestions(unparsed)) : undefined,

    async check(unparsed, call) {
      const question = parseQuestion(unparsed)
      return loaded(checkFrom(await loadBasis([wholeOf(question.organizationId)], call), question))
    },

    async batchCheck(unparsed, call) {
      const questions = parseQuestions(unparsed)
      const organizationIds = [...new Set(questions.map(({ organizationId }) => organizationId))]
      return loaded(batchFrom(await loadBasis(organizationIds.map(wholeOf), call), questions))
    },

    async listAvailableRoles(unparsed, call) {
      const organizationId = parseOrganizationId(unparsed, 'organization_id')
      const place = wholeOf(organizationId)
      const basis = await loadBasis([place], call)
      const roleSetId = loaded(basis.roleSetIdOf(place))
      const { catalogue } = basis
      const roleSet = effectiveRoleSet(catalogue, { roleSetId: roleSetId ?? undefined, unknownOrganizations })
      if (roleSet === undefined) throw organizationNotFound(organizationId)
      return {
        roles: rolesOf(catalogue, roleSet).map((role) => viewRole(role, catalogue)),
        roleSet: viewRoleSet(roleSet, catalogue),
        organizationRegistered: roleSetId !== null,
        revision: basis.revisionText,
      }
    },
  }
}

/** A basis has the organizations that it was loaded for. */
function loaded<T>(found: T | undefined): T {
  if (found === undefined) throw new Error('An organization is missing in the basis that was loaded for it.')
  return found
}
