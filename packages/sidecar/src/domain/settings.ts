/** The settings of the store. The default and creator role are those of the initial set: a change here changes that set. */

import { type Catalogue, initialRoleSetOf, type Settings } from '@rolesets/core'
import { amend } from './amend.ts'
import { type Context, type Decided, decided, changed } from './decided.ts'
import { parseEnrollmentModes, parseOptionalFlag, parseQuota } from './fields.ts'
import { updateRoleSet } from './role-sets.ts'

/** Fields that are not given stay as they are. */
export interface UpdateSettings {
  readonly enabled?: boolean | undefined
  /** What new organizations get; 0: any number. Existing organizations keep theirs. */
  readonly maxAllowedMemberships?: number | undefined
  readonly adminDeleteEnabled?: boolean | undefined
  readonly slugDisabled?: boolean | undefined
  readonly domainsEnabled?: boolean | undefined
  readonly domainsEnrollmentModes?: readonly string[] | undefined
  /** Key or id of a role of the initial set. */
  readonly creatorRole?: string | undefined
  /** Key or id of a role of the initial set. */
  readonly defaultRole?: string | undefined
}

/** Either all of it is valid, or nothing changes. */
export function updateSettings(catalogue: Catalogue, input: UpdateSettings, context: Context): Decided<Settings> {
  const { maxAllowedMemberships, domainsEnrollmentModes, creatorRole, defaultRole } = input
  const before = catalogue.settings
  const fields = {
    enabled: parseOptionalFlag(input.enabled, 'enabled'),
    maxAllowedMemberships: maxAllowedMemberships === undefined ? undefined : parseQuota(maxAllowedMemberships),
    adminDeleteEnabled: parseOptionalFlag(input.adminDeleteEnabled, 'admin_delete_enabled'),
    slugDisabled: parseOptionalFlag(input.slugDisabled, 'slug_disabled'),
    domainsEnabled: parseOptionalFlag(input.domainsEnabled, 'domains_enabled'),
    domainsEnrollmentModes: parseModes(domainsEnrollmentModes),
  }
  const roleSet = initialRoleSetOf(catalogue).id
  const { changes } = updateRoleSet(catalogue, { roleSet, creatorRole, defaultRole }, context)
  const settings = amend(before, fields, context)
  return decided([...changed('settings', before, settings), ...changes], settings)
}

function parseModes(value: unknown): readonly string[] | undefined {
  return value === undefined ? undefined : parseEnrollmentModes(value, 'domains_enrollment_modes')
}
