/** The settings for all organizations, as Clerk's clients read them. Caps are those of this store. */

import { z } from 'zod'
import { limits } from '@rolesets/core'
import type { SettingsView } from '../../service/views.ts'

export const settingsObject = z
  .object({
    object: z.literal('organization_settings'),
    enabled: z.boolean(),
    max_allowed_memberships: z.int().describe('What a new organization gets as its own; 0: any number.'),
    max_allowed_roles: z.int(),
    max_role_sets_allowed: z.int(),
    max_allowed_permissions: z.int(),
    max_allowed_domains: z.literal(0).describe('Domains are not kept.'),
    creator_role: z.string().describe('Key of the creator role of the initial set.'),
    admin_delete_enabled: z.boolean(),
    domains_enabled: z.boolean(),
    slug_disabled: z.boolean(),
    domains_enrollment_modes: z.array(z.string()),
    domains_default_role: z.string().describe('Key of the default role of the initial set.'),
    initial_role_set_key: z.string(),
  })
  .meta({ id: 'OrganizationSettings' })

export function representSettings(view: SettingsView): z.infer<typeof settingsObject> {
  return {
    object: 'organization_settings',
    enabled: view.enabled,
    max_allowed_memberships: view.maxAllowedMemberships,
    max_allowed_roles: limits.rolesMax,
    max_role_sets_allowed: limits.roleSetsMax,
    max_allowed_permissions: limits.permissionsMax,
    max_allowed_domains: 0,
    creator_role: view.creatorRole,
    admin_delete_enabled: view.adminDeleteEnabled,
    domains_enabled: view.domainsEnabled,
    slug_disabled: view.slugDisabled,
    domains_enrollment_modes: [...view.domainsEnrollmentModes],
    domains_default_role: view.defaultRole,
    initial_role_set_key: view.initialRoleSet,
  }
}
