/** Parses questions about what a user holds, before an answer is looked up. */

import type { MemberQuestion, Reach } from '@rolesets/core'
import { checkLimit } from './check-limit.ts'
import { invalid, parseId, parseRef } from './fields.ts'
import { parseOrganizationId } from './questions.ts'
import { parseScopeOrWhole } from './scopes.ts'

/** As it comes over the wire: what isn't asked is empty. */
export interface MemberQuestionInput {
  readonly organizationId: string
  readonly scope: string
  readonly userId: string
  readonly role: string
  readonly permission: string
  readonly anyRole: boolean
  readonly reach: Reach
}

/** A question about a user in a place. */
export interface ParsedMemberQuestion {
  readonly organizationId: string
  /** Empty: the organization as a whole. */
  readonly scope: string
  readonly userId: string
  readonly asked: MemberQuestion
  readonly reach: Reach
}

/** @param path of the question in the request, for example `checks[3].`; empty: it is the request */
export function parseMemberQuestion(input: MemberQuestionInput, path = ''): ParsedMemberQuestion {
  return {
    organizationId: parseOrganizationId(input.organizationId, `${path}organization_id`),
    scope: parseScopeOrWhole(input.scope, `${path}scope`),
    userId: parseId(input.userId, `${path}user_id`),
    asked: parseAsked(input, path),
    reach: input.reach,
  }
}

/** The questions of a batch, in their order; at least one. */
export function parseMemberQuestions(inputs: readonly MemberQuestionInput[]): readonly ParsedMemberQuestion[] {
  if (inputs.length === 0) throw invalid('checks', 'is empty. Ask at least one question.')
  checkLimit('batchQuestionsMax', inputs.length, { subject: 'checks has', unit: 'questions', field: 'checks' })
  return inputs.map((input, place) => parseMemberQuestion(input, `checks[${place}].`))
}

/** A question that names nothing would be answered with "yes" for every member, so that must be asked by name. */
function parseAsked({ role, permission, anyRole }: MemberQuestionInput, path: string): MemberQuestion {
  const given = [role !== '', permission !== '', anyRole].filter(Boolean).length
  if (given > 1)
    throw invalid(`${path}role`, 'can be given only without permission and any_role. Ask one of the three.')
  if (permission !== '') return { permission: parseRef(permission, `${path}permission`) }
  if (anyRole) return { anyRole }
  if (role === '') throw invalid(`${path}role`, 'is missing. Give a role, or permission or any_role instead of it.')
  return { role: parseRef(role, `${path}role`) }
}
