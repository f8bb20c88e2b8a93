/** The settings of the store. Those of special roles are the initial set's own: changing them here changes that set. */

import { type Catalogue, type Change, initialRoleSetOf, type Settings, put } from '@rolesets/core'
import { amend } from './amend.ts'
import { noImpact, type Context, type Decided } from './decided.ts'
import { parseEnrollmentModes, parseOptionalFlag, parseQuota } from './fields.ts'
import { updateRoleSet } from './role-sets.ts'

/** What is not given stays as it is. */
export interface UpdateSettings {
  readonly enabled?: boolean | undefined
  /** What new organizations get; 0: any number. Those that are there keep theirs. */
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

/** One decision: either all of it is well formed, or nothing changes. */
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
  const own: Change[] = settings === before ? [] : [put('settings', settings, before)]
  return { changes: [...own, ...changes], impact: noImpact, value: settings }
}

function parseModes(value: unknown): readonly string[] | undefined {
  return value === undefined ? undefined : parseEnrollmentModes(value, 'domains_enrollment_modes')
}
