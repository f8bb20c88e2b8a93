/** Settings for all organizations: in Clerk's words, the organization settings of the instance. */

import { z } from 'zod'
import { limits } from '@rolesets/core'
import type { SettingsView } from '../../service/views.ts'
import { count, number, optional, optionalFlag, optionalReference } from '../operation/fields.ts'
import { component, representing } from '../operation/represent.ts'
import { reading, writing, type Operation } from '../operation/route.ts'

const lastAdministrator = z
  .enum(['warn', 'refuse'])
  .describe('An extension: what becomes of a write that leaves an organization without its last administrator.')

const settingsObject = component('OrganizationSettings', {
  object: z.literal('organization_settings'),
  enabled: z.boolean(),
  max_allowed_memberships: count.describe('The limit that a new organization gets; 0: unlimited.'),
  max_allowed_roles: count,
  max_role_sets_allowed: count,
  max_allowed_permissions: count,
  max_allowed_domains: count.describe('Of one organization.'),
  creator_role: z.string().describe('Key of the creator role of the initial role set.'),
  admin_delete_enabled: z.boolean(),
  domains_enabled: z.boolean(),
  slug_disabled: z.boolean(),
  last_administrator: lastAdministrator,
  max_roles_per_member: count.describe('An extension: how many roles a write may give to a member or an invitation.'),
  domains_enrollment_modes: z.array(z.string()),
  domains_default_role: z.string().describe('Key of the default role of the initial role set.'),
  initial_role_set_key: z.string(),
})

const represent = representing(settingsObject)

const answer = {
  response: settingsObject,
  represent: (view: SettingsView) =>
    represent(view, {
      max_allowed_roles: limits.rolesMax,
      max_role_sets_allowed: limits.roleSetsMax,
      max_allowed_permissions: limits.permissionsMax,
      max_allowed_domains: limits.domainsPerOrganizationMax,
      domains_enrollment_modes: [...view.domainsEnrollmentModes],
      domains_default_role: view.defaultRole,
      initial_role_set_key: view.initialRoleSet,
    }),
} as const

const path = '/instance/organization_settings'

export const instanceOperations: readonly Operation[] = [
  reading('GetInstanceOrganizationSettings', `GET ${path}`, {
    summary: 'Gets the settings for all organizations',
    ...answer,
    handle: (_input, { service, call }) => service.administration.getSettings(call),
  }),

  writing('UpdateSettings', `PATCH ${path}`, {
    summary: 'Updates the settings for all organizations; the two roles are those of the initial role set',
    body: z.strictObject({
      enabled: optionalFlag,
      max_allowed_memberships: optional(number('membershipsPerOrganizationMax')).describe(
        'The limit that a new organization gets; 0: unlimited.',
      ),
      admin_delete_enabled: optionalFlag,
      domains_enabled: optionalFlag,
      slug_disabled: optionalFlag,
      last_administrator: optional(lastAdministrator),
      max_roles_per_member: optional(number('rolesPerMemberMax', 1)).describe(
        'An extension: how many roles a write may give to a member or an invitation.',
      ),
      domains_enrollment_modes: optional(
        z
          .array(z.enum(['manual_invitation', 'automatic_invitation', 'automatic_suggestion']))
          .meta({ maxItems: limits.enrollmentModesMax }),
      ),
      creator_role_id: optionalReference.describe('Id of a role of the initial role set.'),
      domains_default_role_id: optionalReference.describe('Id of a role of the initial role set.'),
    }),
    ...answer,
    failures: ['resource_not_found', 'organization_missing_creator_role_permissions'],
    fields: { creator_role: 'creator_role_id', default_role: 'domains_default_role_id' },
    handle: (input, { service, call }) => service.administration.updateSettings(input, call),
  }),
]
