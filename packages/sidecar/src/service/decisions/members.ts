/**
 * "What does this user hold here now?", answered by one read of the storage, in which the catalogue, the role set and the
 * memberships are of one revision. Clients that ask often keep what they are told, and follow the feed.
 */

import {
  decideMember,
  effectiveRoleSet,
  keyOfPlace,
  permissionKeysOf,
  wholeOf,
  type Catalogue,
  type Held,
  type Membership,
  type MemberReason,
  type MemberStanding,
} from '@rolesets/core'
import {
  parseMemberQuestion,
  parseMemberQuestions,
  type MemberQuestionInput,
  type ParsedMemberQuestion,
} from '../../domain/member-questions.ts'
import type { Reader } from '../../storage/store.ts'
import type { ReadCall } from '../operations/call.ts'
import { standingOf, type DecisionsOptions } from './decisions.ts'
import { ended, readRoleSetIds, type ReadModel } from './read-model.ts'

export interface MemberAnswer {
  readonly allowed: boolean
  readonly reason: MemberReason
  /** Keys. */
  readonly roles: readonly string[]
  /** Keys of the permissions of these roles; empty unless it was asked whether the user is a member at all. */
  readonly permissions: readonly string[]
  /** Key; empty where the place has none. */
  readonly roleSet: string
  /** Of the organization; empty: the store doesn't have it. */
  readonly roleSetId: string
  readonly organizationRegistered: boolean
  readonly organizationDeleted: boolean
  readonly permissionRetired: boolean
  /** That the user holds in the place. */
  readonly roleIds: readonly string[]
  /** Milliseconds; 0: without an end. */
  readonly endsInMs: number
}

export interface MemberAnswers {
  /** In the order of the questions. */
  readonly results: readonly MemberAnswer[]
  /** `<epoch>:<number>`, the one of all. */
  readonly revision: string
}

export interface MemberDecisionsOptions extends DecisionsOptions {
  /** Unix milliseconds. */
  readonly now: () => number
}

export type MemberDecisions = ReturnType<typeof createMemberDecisions>

/** Each throws ServiceError `not_serving`, `deadline`, `call_cancelled`, `revision_of_another_epoch`. */
export function createMemberDecisions(options: MemberDecisionsOptions, readModel: ReadModel) {
  const { store, freshness } = options

  async function answer(
    questions: readonly ParsedMemberQuestion[],
    { atLeastRevision, signal }: ReadCall,
  ): Promise<MemberAnswers> {
    if (atLeastRevision) await readModel.reach(atLeastRevision, signal)
    freshness.check()
    const { revision, value } = await store.read((reader) => answersFrom(reader, questions, options))
    // The source can be lost during the read.
    freshness.check()
    return { results: value, revision: store.lineage.textOf(revision) }
  }

  return {
    checkMember: async (unparsed: MemberQuestionInput, call: ReadCall) => {
      const { results, revision } = await answer([parseMemberQuestion(unparsed)], call)
      return { ...(results[0] as MemberAnswer), revision }
    },

    batchCheckMember: async (unparsed: readonly MemberQuestionInput[], call: ReadCall): Promise<MemberAnswers> =>
      answer(parseMemberQuestions(unparsed), call),
  }
}

/** What was read for the questions, at one revision. */
interface Facts {
  readonly catalogue: Catalogue
  readonly roleSetIds: ReadonlyMap<string, string | typeof ended>
  readonly memberships: ReadonlyMap<string, Membership | undefined>
}

async function answersFrom(
  reader: Reader,
  questions: readonly ParsedMemberQuestion[],
  options: MemberDecisionsOptions,
): Promise<readonly MemberAnswer[]> {
  const organizations = new Map(questions.map(({ organizationId }) => [organizationId, wholeOf(organizationId)]))
  const members = new Map(questions.map((question) => [keyOfMember(question), question]))
  const [catalogue, roleSetIds, memberships] = await Promise.all([
    reader.catalogue(),
    readRoleSetIds(reader, [...organizations.values()]),
    readMemberships(reader, members),
  ])
  const now = options.now()
  return questions.map((question) => answerOf(question, { catalogue, roleSetIds, memberships }, { ...options, now }))
}

type Members = ReadonlyMap<string, { readonly organizationId: string; readonly userId: string }>

async function readMemberships(reader: Reader, members: Members): Promise<Facts['memberships']> {
  const read = [...members].map(async ([key, { organizationId, userId }]) => {
    return [key, await reader.membership(organizationId, userId)] as const
  })
  return new Map(await Promise.all(read))
}

function answerOf(
  question: ParsedMemberQuestion,
  { catalogue, roleSetIds, memberships }: Facts,
  { now, unknownOrganizations }: Pick<MemberDecisionsOptions, 'unknownOrganizations'> & { readonly now: number },
): MemberAnswer {
  const roleSetId = roleSetIds.get(keyOfPlace(wholeOf(question.organizationId))) ?? null
  const roleSet = effectiveRoleSet(catalogue, standingOf(roleSetId, unknownOrganizations))
  const held = heldBy(memberships.get(keyOfMember(question)))
  const organization: MemberStanding = { roleSet: roleSet ?? 'ORGANIZATION_UNKNOWN', held }
  const decision = decideMember(catalogue, question.asked, { organization, reach: question.reach, now })
  return {
    allowed: decision.allowed,
    reason: decision.reason,
    roles: decision.roles.map(({ key }) => key),
    permissions: 'anyRole' in question.asked ? permissionKeysOf(catalogue, decision.roles) : [],
    roleSet: decision.roleSet?.key ?? '',
    roleSetId: typeof roleSetId === 'string' ? roleSetId : '',
    organizationRegistered: typeof roleSetId === 'string',
    organizationDeleted: roleSetId === ended,
    permissionRetired: decision.permissionRetired,
    ...lasting(held, now),
  }
}

/** What a cache keeps of a membership, and for how long. One whose time is over is none, and stays so until a change says otherwise. */
function lasting(held: Held | undefined, now: number): Pick<MemberAnswer, 'roleIds' | 'endsInMs'> {
  if (held === undefined || (held.expiresAt !== null && held.expiresAt <= now)) return { roleIds: [], endsInMs: 0 }
  return { roleIds: held.roleIds, endsInMs: held.expiresAt === null ? 0 : held.expiresAt - now }
}

function heldBy(membership: Membership | undefined): Held | undefined {
  return membership && { roleIds: membership.roleIds, expiresAt: membership.expiresAt }
}

function keyOfMember({ organizationId, userId }: { readonly organizationId: string; readonly userId: string }): string {
  // Ids hold no control characters.
  return `${organizationId}\n${userId}`
}
