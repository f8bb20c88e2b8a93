/**
 * "What does this user hold here now?", answered by one read of the storage, in which the catalogue, the role set and the
 * memberships are of one revision. Calls that come at the same time share a read. Clients that ask often keep what they
 * are told, and follow the feed.
 */

import {
  decideMember,
  isCurrent,
  keyOfMember,
  keyOfPlace,
  permissionKeysOf,
  roleSetAt,
  wholeOf,
  type Catalogue,
  type Held,
  type Membership,
  type MemberReason,
  type MemberStanding,
  type RoleSetAt,
  type UnknownOrganizations,
} from '@rolesets/core'
import {
  parseMemberQuestion,
  parseMemberQuestions,
  type MemberQuestionInput,
  type ParsedMemberQuestion,
} from '../../domain/member-questions.ts'
import type { Reader } from '../../storage/store.ts'
import type { ReadCall } from '../operations/call.ts'
import { timeAt } from '../operations/operation.ts'
import { idOf, placesOf, standingOf, type DecisionsOptions } from './decisions.ts'
import { ended, readRoleSetIds, type ReadModel } from './read-model.ts'
import { SharedReads } from './shared-reads.ts'

/** A batch of questions about members of scopes asks for twice as many. */
const keysPerReadMax = 10_000

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
  /** Of an answer about a scope: those that the user holds in the organization as a whole. */
  readonly organizationRoleIds: readonly string[]
  /** Of an answer about a scope. */
  readonly inScope?: boolean
  /** Of a scope; empty: it has none. */
  readonly ownRoleSetId?: string
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
  const asked = new SharedReads((questions: readonly ParsedMemberQuestion[]) =>
    store.read((reader) => answersFrom(reader, questions, options)),
  )

  async function answer(
    questions: readonly ParsedMemberQuestion[],
    { atLeastRevision, signal }: ReadCall,
  ): Promise<MemberAnswers> {
    if (atLeastRevision) await readModel.reach(atLeastRevision, signal)
    freshness.check()
    const { revision, value } = await asked.ask(questions)
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
  readonly memberships: ReadonlyMap<string, Membership>
}

/** How the questions are answered. */
interface Answering {
  readonly unknownOrganizations: UnknownOrganizations
  /** Unix milliseconds. */
  readonly now: number
}

async function answersFrom(
  reader: Reader,
  questions: readonly ParsedMemberQuestion[],
  options: MemberDecisionsOptions,
): Promise<readonly MemberAnswer[]> {
  const [catalogue, roleSetIds, memberships] = await Promise.all([
    reader.catalogue(),
    readRoleSetIds(reader, placesOf(questions)),
    readMemberships(reader, questions),
  ])
  const { unknownOrganizations } = options
  const answering = { unknownOrganizations, now: timeAt(reader, options.now()) }
  return questions.map((question) => answerOf(question, { catalogue, roleSetIds, memberships }, answering))
}

type Member = Pick<ParsedMemberQuestion, 'organizationId' | 'scope' | 'userId'>

/** Those in the organizations as a whole, too: who isn't a member there isn't one of a scope (rule 15). */
async function readMemberships(reader: Reader, questions: readonly Member[]): Promise<Facts['memberships']> {
  const wanted = new Map(questions.flatMap((each) => [whole(each), each]).map((each) => [keyOfMember(each), each]))
  const keys = [...wanted.values()].map(({ organizationId, scope, userId }) => ({ organizationId, scope, userId }))
  const found: Membership[] = []
  for (let from = 0; from < keys.length; from += keysPerReadMax)
    found.push(...(await reader.membershipsByKeys(keys.slice(from, from + keysPerReadMax))))
  return new Map(found.map((each) => [keyOfMember(each), each]))
}

function answerOf(
  question: ParsedMemberQuestion,
  facts: Facts,
  { unknownOrganizations, now }: Answering,
): MemberAnswer {
  const { catalogue, roleSetIds } = facts
  const { asked, reach, organizationId, scope } = question
  const roleSetId = roleSetIds.get(keyOfPlace(wholeOf(organizationId))) ?? null
  const own = scope === '' ? null : idOf(roleSetIds.get(keyOfPlace(question)) ?? null)
  const standing = standingOf(roleSetId, unknownOrganizations)
  const organization = memberStanding(roleSetAt(catalogue, standing), heldBy(whole(question), facts))
  const inScope = memberStanding(roleSetAt(catalogue, { ...standing, scope, own }), heldBy(question, facts))
  const decision = decideMember(catalogue, asked, {
    ...{ organization, reach, now },
    ...(scope !== '' && { scope: inScope }),
  })
  return {
    allowed: decision.allowed,
    reason: decision.reason,
    roles: decision.roles.map(({ key }) => key),
    permissions: 'anyRole' in asked ? permissionKeysOf(catalogue, decision.roles) : [],
    roleSet: decision.roleSet?.key ?? '',
    roleSetId: idOf(roleSetId) ?? '',
    organizationRegistered: typeof roleSetId === 'string',
    organizationDeleted: roleSetId === ended,
    permissionRetired: decision.permissionRetired,
    ...lasting([organization.held, ...(scope === '' ? [] : [inScope.held])], now),
    ...(scope !== '' && { inScope: true, ownRoleSetId: own ?? '' }),
  }
}

function memberStanding(found: RoleSetAt, held: Held | undefined): MemberStanding {
  return { roleSet: found.roleSet ?? found.reason, held }
}

/**
 * What a cache keeps of memberships, of that in the organization as a whole before that in the scope, and for how long. One
 * whose time is over is none, and stays so until a change says otherwise.
 */
function lasting(memberships: readonly (Held | undefined)[], now: number) {
  const held = memberships.map((each) => (isCurrent(each, now) ? each : undefined))
  const [inOrganization] = held
  const inPlace = inOrganization === undefined ? undefined : held.at(-1)
  const ends = held.flatMap((each) => each?.expiresAt ?? [])
  return {
    roleIds: inPlace?.roleIds ?? [],
    organizationRoleIds: memberships.length === 1 ? [] : (inOrganization?.roleIds ?? []),
    endsInMs: ends.length === 0 ? 0 : Math.min(...ends) - now,
  }
}

function heldBy(member: Member, { memberships }: Facts): Held | undefined {
  return memberships.get(keyOfMember(member))
}

/** The same user in the organization as a whole. */
function whole({ organizationId, userId }: Member): Member {
  return { ...wholeOf(organizationId), userId }
}
