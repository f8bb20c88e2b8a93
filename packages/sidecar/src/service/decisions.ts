/**
 * "May this role be granted here?", answered from memory. On a miss only, one point read in the storage; then the answer
 * is given at one revision, in one tick.
 */

import { availableRoles, decide, type Reason } from '../domain/decision.ts'
import type { UnknownOrganizations } from '../domain/model.ts'
import { organizationNotFound } from '../domain/registration.ts'
import { parseOrganizationId, parseQuestion, parseQuestions, type Question } from '../domain/questions.ts'
import type { Store } from '../storage/store.ts'
import type { ReadCall } from './call.ts'
import type { ReadModel } from './read-model.ts'
import { createStates, type State } from './state.ts'
import { viewRole, viewRoleSet, type RoleSetView, type RoleView } from './views.ts'

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
  /** The answer at the present revision if it is in memory; undefined when `check` must be called. */
  checkNow(question: Question): CheckAnswer | undefined
  check(question: Question, call: ReadCall): Promise<CheckAnswer>
  batchCheck(questions: readonly Question[], call: ReadCall): Promise<BatchAnswer>
  listAvailableRoles(organizationId: string, call: ReadCall): Promise<AvailableRolesAnswer>
}

interface DecisionsOptions {
  readonly store: Store
  readonly unknownOrganizations: UnknownOrganizations
}

export function createDecisions({ store, unknownOrganizations }: DecisionsOptions, readModel: ReadModel): Decisions {
  const states = createStates(store, readModel)

  function answer(state: State, question: Question): Answer {
    const assignment = state.assignment(question.organizationId)
    const decision = decide(state.catalogue, question, assignment ?? undefined, unknownOrganizations)
    return {
      allowed: decision.allowed,
      reason: decision.reason,
      roleSet: decision.roleSet?.key ?? '',
      roleSetId: decision.roleSet?.id ?? '',
      organizationRegistered: assignment !== null,
    }
  }

  function checkNow(unparsed: Question): CheckAnswer | undefined {
    const question = parseQuestion(unparsed)
    const assignment = readModel.assignment(question.organizationId)
    if (assignment === undefined) return undefined
    const { catalogue, revisionText: revision } = readModel
    return { ...answer({ catalogue, revision, assignment: () => assignment }, question), revision }
  }

  return {
    checkNow,

    async check(unparsed, call) {
      const question = parseQuestion(unparsed)
      const state = await states.at([question.organizationId], call)
      return { ...answer(state, question), revision: state.revision }
    },

    async batchCheck(unparsed, call) {
      const questions = parseQuestions(unparsed)
      const state = await states.at([...new Set(questions.map((question) => question.organizationId))], call)
      return { results: questions.map((question) => answer(state, question)), revision: state.revision }
    },

    async listAvailableRoles(unparsed, call) {
      const organizationId = parseOrganizationId(unparsed, 'organization_id')
      const state = await states.at([organizationId], call)
      const assignment = state.assignment(organizationId)
      const available = availableRoles(state.catalogue, assignment ?? undefined, unknownOrganizations)
      if (available === undefined) throw organizationNotFound(organizationId)
      return {
        roles: available.roles.map((role) => viewRole(role, state.catalogue)),
        roleSet: viewRoleSet(available.roleSet, state.catalogue),
        organizationRegistered: assignment !== null,
        revision: state.revision,
      }
    },
  }
}
