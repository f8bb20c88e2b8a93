/** What holds for all organizations: in Clerk's words, the organization settings of the instance. */

import { z } from 'zod'
import { optionalFlag } from '../operation/fields.ts'
import { optionalNumber, optionalReference } from './organization-fields.ts'
import { reading, writing, type Operation } from '../operation/route.ts'
import { representSettings, settingsObject } from './settings-object.ts'

const path = '/instance/organization_settings'
const tag = 'Instance settings'

const getSettings = reading({
  operation: 'GetInstanceOrganizationSettings',
  path,
  tag,
  summary: 'Gets the settings for all organizations',
  response: settingsObject,
  handle: async (_input, { service, call }) => {
    const { value, revision } = await service.administration.getSettings(call)
    return { body: representSettings(value), revision, changedAt: value.revision }
  },
})

const updateSettings = writing({
  operation: 'UpdateSettings',
  method: 'patch',
  path,
  tag,
  summary: 'Changes the settings for all organizations; the two roles are those of the initial role set',
  body: z.strictObject({
    enabled: optionalFlag,
    max_allowed_memberships: optionalNumber.describe('What a new organization gets as its own; 0: any number.'),
    admin_delete_enabled: optionalFlag,
    domains_enabled: optionalFlag,
    slug_disabled: optionalFlag,
    domains_enrollment_modes: z
      .array(z.enum(['manual_invitation', 'automatic_invitation', 'automatic_suggestion']))
      .nullish()
      .transform((modes) => modes ?? undefined),
    creator_role_id: optionalReference.describe('Id of a role of the initial set.'),
    domains_default_role_id: optionalReference.describe('Id of a role of the initial set.'),
  }),
  response: settingsObject,
  failures: ['resource_not_found', 'organization_missing_creator_role_permissions'],
  fields: { creator_role: 'creator_role_id', default_role: 'domains_default_role_id' },
  handle: ({ body }, { service, call }) => {
    const update = {
      enabled: body.enabled,
      maxAllowedMemberships: body.max_allowed_memberships,
      adminDeleteEnabled: body.admin_delete_enabled,
      domainsEnabled: body.domains_enabled,
      slugDisabled: body.slug_disabled,
      domainsEnrollmentModes: body.domains_enrollment_modes,
      creatorRole: body.creator_role_id,
      defaultRole: body.domains_default_role_id,
    }
    return service.administration.updateSettings(update, call)
  },
  represent: representSettings,
})

export const instanceOperations: readonly Operation[] = [getSettings, updateSettings]
