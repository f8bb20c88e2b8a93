/** The settings of the store. The default and creator role are those of the initial set: a change here changes that set. */

import { initialRoleSetOf, type Catalogue, type Settings } from '@rolesets/core'
import { amend } from './amend.ts'
import { changed, decided, type Context, type Decided } from './decided.ts'
import { parseEnrollmentModes, parseLastAdministrator, parseMaxRoles, parseOptionalFlag, parseQuota } from './fields.ts'
import { updateRoleSet, type SpecialRoles } from './role-sets.ts'

type Fields = Omit<Settings, 'updatedAt' | 'revision'>

/** Fields that are not given stay as they are, existing organizations keep theirs. The roles are roles of the initial set. */
export type UpdateSettingsInput = { readonly [Name in keyof Fields]?: Fields[Name] | undefined } & SpecialRoles

/** Either all of it is valid, or nothing changes. */
export function updateSettings(catalogue: Catalogue, input: UpdateSettingsInput, context: Context): Decided<Settings> {
  const { maxAllowedMemberships, domainsEnrollmentModes: modes, creatorRole, defaultRole } = input
  const before = catalogue.settings
  const fields = {
    enabled: parseOptionalFlag(input.enabled, 'enabled'),
    maxAllowedMemberships: maxAllowedMemberships === undefined ? undefined : parseQuota(maxAllowedMemberships),
    adminDeleteEnabled: parseOptionalFlag(input.adminDeleteEnabled, 'admin_delete_enabled'),
    lastAdministrator:
      input.lastAdministrator === undefined ? undefined : parseLastAdministrator(input.lastAdministrator),
    maxRolesPerMember: input.maxRolesPerMember === undefined ? undefined : parseMaxRoles(input.maxRolesPerMember),
    slugDisabled: parseOptionalFlag(input.slugDisabled, 'slug_disabled'),
    domainsEnabled: parseOptionalFlag(input.domainsEnabled, 'domains_enabled'),
    domainsEnrollmentModes: modes === undefined ? undefined : parseEnrollmentModes(modes, 'domains_enrollment_modes'),
  }
  const roleSet = initialRoleSetOf(catalogue).id
  const { changes } = updateRoleSet(catalogue, { roleSet, creatorRole, defaultRole }, context)
  const settings = amend(before, fields, context)
  return decided([...changed('settings', before, settings), ...changes], settings)
}
