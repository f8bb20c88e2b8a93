/**
 * "May this role be granted here?", answered from memory. Only on a miss there is one point read in the storage. Each answer
 * is given at one revision, in one tick.
 */

import {
  decide,
  keyOfPlace,
  roleSetAt,
  rolesOf,
  wholeOf,
  type OrganizationStanding,
  type Place,
  type ScopeReason,
  type RoleSet,
  type UnknownOrganizations,
} from '@rolesets/core'
import { organizationDeleted, organizationNotFound } from '../../domain/registration.ts'
import { parseScopeOrWhole, withoutRoleSet } from '../../domain/scopes.ts'
import { parseOrganizationId, parseQuestion, parseQuestions, type Question } from '../../domain/questions.ts'
import type { Store } from '../../storage/store.ts'
import { Answers, type Answer, type CheckAnswer, type Knowledge, type ScopeFacts } from './answers.ts'
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

/** `scope`: empty or not given: the organization as a whole. */
export type AvailableRolesQuestion = Pick<Question, 'organizationId' | 'scope'>

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
      const basis = await loadBasis(placesOf([question]), call)
      note([question], basis, call)
      return loaded(checkFrom(basis, question))
    },

    /** The answers at the present revision, if all are in memory and new enough; undefined: call `batchCheck`. */
    batchCheckNow: (unparsed: readonly Question[], atLeastRevision = '') =>
      isPresent(atLeastRevision)
        ? inMemory(batchFrom(readModel, parseQuestions(unparsed)), unparsed.length)
        : undefined,

    batchCheck: async (unparsed: readonly Question[], call: QuestionCall): Promise<BatchAnswer> => {
      const questions = parseQuestions(unparsed)
      const basis = await loadBasis(placesOf(questions), call)
      note(questions, basis, call)
      return loaded(batchFrom(basis, questions))
    },

    listAvailableRoles: async (unparsed: AvailableRolesQuestion, call: ReadCall) => {
      const organizationId = parseOrganizationId(unparsed.organizationId, 'organization_id')
      const place = { organizationId, scope: parseScopeOrWhole(unparsed.scope) }
      const basis = await loadBasis(placesOf([place]), call)
      note([place], basis, call)
      const roleSetId = loaded(basis.roleSetIdOf(wholeOf(organizationId)))
      if (roleSetId === ended) throw organizationDeleted(organizationId)
      const own = place.scope === '' ? null : loaded(basis.roleSetIdOf(place))
      const standing = standingOf(roleSetId, unknownOrganizations)
      const found = roleSetAt(basis.catalogue, { ...standing, scope: place.scope, own: idOf(own) })
      if (found.roleSet === undefined) throw refusalOf(place, found.reason)
      const facts = place.scope === '' ? undefined : scopeFactsOf(roleSetId, own)
      return { ...availableIn(basis, found.roleSet), ...facts, organizationRegistered: roleSetId !== null }
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
    const { scope } = question
    if (scope !== undefined) return answerInScope(basis, { ...question, scope }, roleSetId)
    return answers.of(
      decide(basis.catalogue, question, standingOf(roleSetId, unknownOrganizations)),
      knowledgeOf(roleSetId),
    )
  }

  function answerInScope(
    basis: Basis,
    question: Question & { readonly scope: string },
    roleSetId: RoleSetId,
  ): Answer | undefined {
    const own = basis.roleSetIdOf(question)
    if (own === undefined) return undefined
    const standing = { ...standingOf(roleSetId, unknownOrganizations), scope: question.scope, own: idOf(own) }
    const decision = decide(basis.catalogue, question, standing)
    return answers.inScope(decision, knowledgeOf(roleSetId), scopeFactsOf(roleSetId, own))
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

  function note(questions: readonly AvailableRolesQuestion[], basis: LoadedBasis, call: QuestionCall): void {
    const wasRead = ({ organizationId, scope }: AvailableRolesQuestion) =>
      basis.wasRead(wholeOf(organizationId)) || (scope !== undefined && basis.wasRead({ organizationId, scope }))
    const read = questions.filter(wasRead)
    readModel.noteAnswers(questions.length - read.length, read.length)
    for (const { organizationId } of read) call.onRead?.(organizationId)
  }

  return { inMemory, note }
}

/** The organizations of the questions, and their scopes: a scope is decided from both. Each place once. */
export function placesOf(questions: readonly AvailableRolesQuestion[]): readonly Place[] {
  const places = new Map<string, Place>()
  for (const { organizationId, scope = '' } of questions) {
    if (!places.has(organizationId)) places.set(organizationId, wholeOf(organizationId))
    if (scope !== '') places.set(keyOfPlace({ organizationId, scope }), { organizationId, scope })
  }
  return [...places.values()]
}

export function idOf(roleSetId: RoleSetId): string | null {
  return typeof roleSetId === 'string' ? roleSetId : null
}

function scopeFactsOf(roleSetId: RoleSetId, own: RoleSetId): ScopeFacts {
  return { inScope: true, organizationRoleSetId: idOf(roleSetId) ?? '', ownRoleSetId: idOf(own) ?? '' }
}

function refusalOf({ organizationId, scope }: Place, reason: 'ORGANIZATION_UNKNOWN' | ScopeReason) {
  if (reason === 'ORGANIZATION_UNKNOWN') return organizationNotFound(organizationId)
  return withoutRoleSet(scope, organizationId, reason)
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
