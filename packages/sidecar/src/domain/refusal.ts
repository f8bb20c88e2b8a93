/**
 * How a rule says no. The code is API: it is the same word in `errors.proto` (upper case), in the clients' errors and in
 * HTTP. The message says what happened, to which thing, and what to do.
 */

export const refusalCodes = [
  'invalid_field',
  'limit_exceeded',
  'invalid_revision',
  'permission_not_found',
  'role_not_found',
  'role_set_not_found',
  'organization_not_found',
  'membership_not_found',
  'key_taken',
  'membership_exists',
  'role_not_in_role_set',
  'special_role_not_in_role_set',
  'role_not_creator_eligible',
  'mapping_missing',
  'mapping_invalid',
  'initial_role_set_required',
  'in_use',
  'system_permission',
  'same_source_and_destination',
  'revision_conflict',
] as const

export type RefusalCode = (typeof refusalCodes)[number]

export interface RefusalDetails {
  /** The field of the request that is at fault, in snake_case as on the wire, for example `default_role`. */
  readonly field?: string
  /** Facts for programs: keys of roles, counts, the limit. */
  readonly facts?: Readonly<Record<string, string>>
}

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: RefusalCode
  readonly field: string | undefined
  readonly facts: Readonly<Record<string, string>>

  constructor(code: RefusalCode, message: string, details: RefusalDetails = {}) {
    super(message)
    this.code = code
    this.field = details.field
    this.facts = details.facts ?? {}
  }
}
