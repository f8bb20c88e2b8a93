/** The questions of the service `Decisions` about users: what somebody holds now. */

import type {
  BatchCheckMemberItem__Output,
  BatchCheckMemberRequest__Output,
  CheckMemberRequest__Output,
  DecisionsHandlers,
} from '@rolesets/proto'
import type { Reach } from '@rolesets/core'
import type { MemberQuestionInput } from '../domain/member-questions.ts'
import type { MemberAnswer, MemberDecisions } from '../service/decisions/members.ts'
import { unary, type Endpoint } from './handler.ts'
import { readCall, valueOf } from './requests.ts'

export function memberDecisionsHandlers(
  members: MemberDecisions,
  endpoint: Endpoint,
): Pick<DecisionsHandlers, 'CheckMember' | 'BatchCheckMember'> {
  const { observer } = endpoint
  return {
    CheckMember: unary(endpoint, 'member', async (request: CheckMemberRequest__Output, call) => {
      const answer = await members.checkMember(questionOf(request), readCall(request, call))
      observer.memberDecided(answer.reason)
      const { permissions, roleIds, organizationRoleIds } = answer
      const more = {
        permissions: [...permissions],
        roleIds: [...roleIds],
        organizationRoleIds: [...organizationRoleIds],
      }
      return { ...answer, ...listsOf(answer), ...more }
    }),

    BatchCheckMember: unary(endpoint, 'member', async (request: BatchCheckMemberRequest__Output, call) => {
      const questions = request.checks.map((check, place) => questionOf(check, `checks[${place}].`))
      const { results, revision } = await members.batchCheckMember(questions, readCall(request, call))
      for (const { reason } of results) observer.memberDecided(reason)
      return { results: results.map(resultOf), revision }
    }),
  }
}

/** The generated types have lists that can be changed. */
function listsOf({ roles }: MemberAnswer) {
  return { roles: [...roles] }
}

/** What caches need, a batch leaves out. */
function resultOf(answer: MemberAnswer) {
  const { allowed, reason, roleSet, organizationRegistered, permissionRetired, organizationDeleted } = answer
  const facts = { organizationRegistered, permissionRetired, organizationDeleted }
  return { allowed, reason, ...listsOf(answer), roleSet, ...facts }
}

const reaches = {
  REACH_UNSPECIFIED: 'PLACE',
  PLACE: 'PLACE',
  ORGANIZATION: 'ORGANIZATION',
  EITHER: 'EITHER',
} as const satisfies Record<BatchCheckMemberItem__Output['reach'], Reach>

function questionOf(question: BatchCheckMemberItem__Output, path = ''): MemberQuestionInput {
  const must = 'It must be PLACE, ORGANIZATION or EITHER, or not given.'
  return { ...question, reach: valueOf(reaches, question.reach, { field: `${path}reach`, must }) }
}
