/**
 * "May this role be granted here?", answered from memory. Only on a miss there is one point read in the storage. Each answer
 * is given at one revision, in one tick.
 */

import {
  decide,
  effectiveRoleSet,
  rolesOf,
  wholeOf,
  type OrganizationStanding,
  type RoleSet,
  type UnknownOrganizations,
} from '@rolesets/core'
import { organizationDeleted, organizationNotFound } from '../../domain/registration.ts'
import { parseOrganizationId, parseQuestion, parseQuestions, type Question } from '../../domain/questions.ts'
import type { Store } from '../../storage/store.ts'
import { Answers, type Answer, type Knowledge, type CheckAnswer } from './answers.ts'
import { createLoadBasis, type Basis, type LoadedBasis } from './basis.ts'
import type { QuestionCall, ReadCall } from '../operations/call.ts'
import type { Freshness } from '../freshness.ts'
import { ended, type ReadModel, type RoleSetId } from './read-model.ts'
import { viewRole, viewRoleSet } from '../views.ts'

export interface BatchAnswer {
  /** In the order of the questions. */
  readonly results: readonly Answer[]
  /** The one revision of all. */
  readonly revision: string
}

export type Decisions = ReturnType<typeof createDecisions>

export interface DecisionsOptions {
  readonly store: Store
  readonly unknownOrganizations: UnknownOrganizations
  readonly freshness: Freshness
}

/** Each throws ServiceError `not_serving` when the data is too old to decide from. */
export function createDecisions(options: DecisionsOptions, readModel: ReadModel) {
  const { freshness, unknownOrganizations } = options
  const loadBasis = createLoadBasis(options, readModel)
  const { checkFrom, batchFrom } = createAnswering(options)
  const { inMemory, note } = createCounting(readModel)

  /** Nearly all callers ask for no revision, or for the one that they have seen, which is the present one. */
  function isPresent(atLeastRevision: string): boolean {
    freshness.check()
    return atLeastRevision === '' || atLeastRevision === readModel.revisionText
  }

  return {
    /** The answer at the present revision, if it is in memory and new enough; undefined: call `check`. */
    checkNow: (unparsed: Question, atLeastRevision = '') =>
      isPresent(atLeastRevision) ? inMemory(checkFrom(readModel, parseQuestion(unparsed)), 1) : undefined,

    check: async (unparsed: Question, call: QuestionCall): Promise<CheckAnswer> => {
      const question = parseQuestion(unparsed)
      const basis = await loadBasis([wholeOf(question.organizationId)], call)
      note([question.organizationId], basis, call)
      return loaded(checkFrom(basis, question))
    },

    /** The answers at the present revision, if all are in memory and new enough; undefined: call `batchCheck`. */
    batchCheckNow: (unparsed: readonly Question[], atLeastRevision = '') =>
      isPresent(atLeastRevision)
        ? inMemory(batchFrom(readModel, parseQuestions(unparsed)), unparsed.length)
        : undefined,

    batchCheck: async (unparsed: readonly Question[], call: QuestionCall): Promise<BatchAnswer> => {
      const questions = parseQuestions(unparsed)
      const organizationIds = questions.map(({ organizationId }) => organizationId)
      const basis = await loadBasis([...new Set(organizationIds)].map(wholeOf), call)
      note(organizationIds, basis, call)
      return loaded(batchFrom(basis, questions))
    },

    listAvailableRoles: async (unparsed: string, call: ReadCall) => {
      const organizationId = parseOrganizationId(unparsed, 'organization_id')
      const basis = await loadBasis([wholeOf(organizationId)], call)
      note([organizationId], basis, call)
      const roleSetId = loaded(basis.roleSetIdOf(wholeOf(organizationId)))
      if (roleSetId === ended) throw organizationDeleted(organizationId)
      const roleSet = effectiveRoleSet(basis.catalogue, standingOf(roleSetId, unknownOrganizations))
      if (roleSet === undefined) throw organizationNotFound(organizationId)
      return { ...availableIn(basis, roleSet), organizationRegistered: roleSetId !== null }
    },
  }
}

/** An organization that was deleted is unknown, and denied by any setting (rule 20). */
export function standingOf(roleSetId: RoleSetId, unknownOrganizations: UnknownOrganizations): OrganizationStanding {
  if (roleSetId === ended) return { roleSetId: undefined, unknownOrganizations: 'deny' }
  return { roleSetId: roleSetId ?? undefined, unknownOrganizations }
}

/** How questions are answered from a basis. */
function createAnswering({ unknownOrganizations }: DecisionsOptions) {
  const answers = new Answers()

  /** Undefined: the organization isn't in the basis. */
  function answerFrom(basis: Basis, question: Question): Answer | undefined {
    const roleSetId = basis.roleSetIdOf(wholeOf(question.organizationId))
    if (roleSetId === undefined) return undefined
    return answers.of(
      decide(basis.catalogue, question, standingOf(roleSetId, unknownOrganizations)),
      knowledgeOf(roleSetId),
    )
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

  return { checkFrom, batchFrom }
}

/** Counts where the role sets were found. */
function createCounting(readModel: ReadModel) {
  /** Questions that are answered in the tick in which they come are counted as found in memory. */
  function inMemory<T>(answer: T | undefined, questions: number): T | undefined {
    if (answer !== undefined) readModel.noteAnswers(questions, 0)
    return answer
  }

  function note(organizationIds: readonly string[], basis: LoadedBasis, call: QuestionCall): void {
    const read = organizationIds.filter((id) => basis.wasRead(wholeOf(id)))
    readModel.noteAnswers(organizationIds.length - read.length, read.length)
    for (const id of read) call.onRead?.(id)
  }

  return { inMemory, note }
}

function knowledgeOf(roleSetId: RoleSetId): Knowledge {
  return roleSetId === null ? 'unregistered' : roleSetId === ended ? 'deleted' : 'registered'
}

/** The roles are ordered by key. */
function availableIn({ catalogue, revisionText }: Basis, roleSet: RoleSet) {
  const roles = rolesOf(catalogue, roleSet).map((role) => viewRole(role, catalogue))
  return { roles, roleSet: viewRoleSet(roleSet, catalogue), revision: revisionText }
}

/** A basis has the organizations that it was loaded for. */
function loaded<T>(found: T | undefined): T {
  if (found === undefined) throw new Error('An organization is missing in the basis that was loaded for it.')
  return found
}
