/** Parses questions, before an answer is looked up. */

import { limits, type RoleQuestion } from '@rolesets/core'
import { invalid, parseId, parseRef } from './fields.ts'
import { checkLimit } from './check-limit.ts'
import { parseScopeOrWhole } from './scopes.ts'

/**
 * `permission` is a key; empty or not given: only the role is asked about. `scope`: empty or not given: the organization as a
 * whole.
 */
export interface Question extends RoleQuestion {
  readonly organizationId: string
  readonly scope?: string | undefined
}

/**
 * Nearly all ids and keys are printable ASCII without a space. Questions with such ids are valid as they are; only the others
 * are parsed field by field. This saves time where thousands of questions come in one call.
 */
const plain = /^[\x21-\x7e]+$/

function isPlain({ organizationId, role, permission, scope }: Question): boolean {
  return (
    (scope === undefined || scope === '') &&
    isPlainText(organizationId, limits.idCharactersMax) &&
    isPlainText(role, limits.keyCharactersMax) &&
    (permission === undefined || permission === '' || isPlainText(permission, limits.keyCharactersMax))
  )
}

function isPlainText(value: unknown, charactersMax: number): boolean {
  return typeof value === 'string' && value.length <= charactersMax && plain.test(value)
}

/** @param path of the question in the request, for example `checks[3].`; empty: it is the request */
export function parseQuestion(input: Question, path = ''): Question {
  if (isPlain(input)) return questionOf(input)
  const scope = parseScopeOrWhole(input.scope, `${path}scope`)
  const isAboutPermission = input.permission !== undefined && input.permission !== ''
  return {
    organizationId: parseOrganizationId(input.organizationId, `${path}organization_id`),
    role: parseRef(input.role, `${path}role`),
    permission: isAboutPermission ? parseRef(input.permission, `${path}permission`) : undefined,
    ...(scope !== '' && { scope }),
  }
}

function questionOf({ organizationId, role, permission }: Question): Question {
  return { organizationId, role, permission: permission === '' ? undefined : permission }
}

/** The questions of a batch, in their order; at least one. */
export function parseQuestions(inputs: readonly Question[], field = 'checks'): Question[] {
  if (inputs.length === 0) throw invalid(field, 'is empty. Ask at least one question.')
  checkLimit('batchQuestionsMax', inputs.length, { subject: `${field} has`, unit: 'questions', field })
  return inputs.map((input, place) =>
    isPlain(input) ? questionOf(input) : parseQuestion(input, `${field}[${place}].`),
  )
}

/** 1 to 255 characters, no control characters, no space at either end. */
export function parseOrganizationId(value: unknown, field = 'organization_id'): string {
  return parseId(value, field)
}
