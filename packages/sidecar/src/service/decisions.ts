/**
 * "May this role be granted here?", answered from memory. On a miss only, one point read in the storage; then the answer
 * is given at one revision, in one tick.
 */

import { type Catalogue, decide, effectiveRoleSet, rolesOf, type UnknownOrganizations } from '@rolesets/core'
import { organizationNotFound } from '../domain/registration.ts'
import { parseOrganizationId, parseQuestion, parseQuestions, type Question } from '../domain/questions.ts'
import type { Store } from '../storage/store.ts'
import { Answers, type Answer, type CheckAnswer } from './answers.ts'
import type { ReadCall } from './call.ts'
import type { Assignment, ReadModel } from './read-model.ts'
import { createStates, type State } from './state.ts'
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

export interface Decisions {
  /** The answer at the present revision if it is in memory and will do; undefined when `check` must be called. */
  checkNow(question: Question, atLeastRevision?: string): CheckAnswer | undefined
  check(question: Question, call: ReadCall): Promise<CheckAnswer>
  /** The answers at the present revision if all are in memory and will do; undefined when `batchCheck` must be called. */
  batchCheckNow(questions: readonly Question[], atLeastRevision?: string): BatchAnswer | undefined
  batchCheck(questions: readonly Question[], call: ReadCall): Promise<BatchAnswer>
  listAvailableRoles(organizationId: string, call: ReadCall): Promise<AvailableRolesAnswer>
}

interface DecisionsOptions {
  readonly store: Store
  readonly unknownOrganizations: UnknownOrganizations
}

export function createDecisions({ store, unknownOrganizations }: DecisionsOptions, readModel: ReadModel): Decisions {
  const states = createStates(store, readModel)

  const answers = new Answers()

  function answer(catalogue: Catalogue, question: Question, assignment: Assignment): Answer {
    const decision = decide(catalogue, question, { roleSetId: assignment ?? undefined, unknownOrganizations })
    return answers.of(decision, assignment !== null)
  }

  function answerFrom(state: State, question: Question): Answer {
    return answer(state.catalogue, question, state.assignment(question.organizationId))
  }

  function checkNow(unparsed: Question, atLeastRevision = ''): CheckAnswer | undefined {
    if (!isPresent(atLeastRevision, readModel)) return undefined
    const question = parseQuestion(unparsed)
    const assignment = readModel.assignment(question.organizationId)
    if (assignment === undefined) return undefined
    return answers.at(readModel.revisionText, answer(readModel.catalogue, question, assignment))
  }

  /** In one tick, so all of one revision. */
  function batchCheckNow(unparsed: readonly Question[], atLeastRevision = ''): BatchAnswer | undefined {
    if (!isPresent(atLeastRevision, readModel)) return undefined
    const questions = parseQuestions(unparsed)
    const { catalogue, revisionText: revision } = readModel
    const results: Answer[] = []
    for (const question of questions) {
      const assignment = readModel.assignment(question.organizationId)
      if (assignment === undefined) return undefined
      results.push(answer(catalogue, question, assignment))
    }
    return { results, revision }
  }

  return {
    checkNow,
    batchCheckNow,

    async check(unparsed, call) {
      const question = parseQuestion(unparsed)
      const state = await states.at([question.organizationId], call)
      return answers.at(state.revision, answerFrom(state, question))
    },

    async batchCheck(unparsed, call) {
      const questions = parseQuestions(unparsed)
      const state = await states.at([...new Set(questions.map((question) => question.organizationId))], call)
      return { results: questions.map((question) => answerFrom(state, question)), revision: state.revision }
    },

    async listAvailableRoles(unparsed, call) {
      const organizationId = parseOrganizationId(unparsed, 'organization_id')
      const state = await states.at([organizationId], call)
      const assignment = state.assignment(organizationId)
      const { catalogue } = state
      const roleSet = effectiveRoleSet(catalogue, { roleSetId: assignment ?? undefined, unknownOrganizations })
      if (roleSet === undefined) throw organizationNotFound(organizationId)
      return {
        roles: rolesOf(catalogue, roleSet).map((role) => viewRole(role, catalogue)),
        roleSet: viewRoleSet(roleSet, catalogue),
        organizationRegistered: assignment !== null,
        revision: state.revision,
      }
    },
  }
}

/** Nearly all callers ask for no revision, or for the one that they have seen, which is the present one. */
function isPresent(atLeastRevision: string, readModel: ReadModel): boolean {
  return atLeastRevision === '' || atLeastRevision === readModel.revisionText
}
