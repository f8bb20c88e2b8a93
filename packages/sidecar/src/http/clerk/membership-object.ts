/** A membership as Clerk's clients read it: with its whole organization, and the little that is known of its user. */

import { z } from 'zod'
import type { MembershipEntry } from '../../service/operations/directory.ts'
import { time } from '../operation/fields.ts'
import { component, representing } from '../operation/represent.ts'
import type { Scope } from '../operation/route.ts'
import {
  endField,
  metadataObject,
  publicUserObject,
  representPublicUser,
  representScope,
  representRoles,
  roleFacts,
  scopeField,
  severalRoles,
} from './object-parts.ts'
import { organizationObject, representOrganization } from './organization-object.ts'

const membershipObject = component('OrganizationMembership', {
  object: z.literal('organization_membership'),
  id: z.string(),
  role: z.string().describe('Key.'),
  role_name: z.string(),
  roles: severalRoles,
  permissions: z.array(z.string()).describe('Keys of all permissions of the roles, including system permissions.'),
  ...metadataObject.shape,
  organization: organizationObject,
  public_user_data: publicUserObject,
  created_at: time,
  updated_at: time,
  scope: scopeField,
  expires_at: endField,
})

const represent = representing(membershipObject)

function representMembership({ membership, organization }: MembershipEntry, { service }: Pick<Scope, 'service'>) {
  const facts = membership.roleIds.map((id) => roleFacts(id, service))
  return represent(membership, {
    role_name: facts[0]?.name ?? membership.roleId,
    roles: representRoles(membership.roles),
    permissions: [...new Set(facts.flatMap(({ permissions }) => permissions))],
    organization: representOrganization(organization),
    public_user_data: representPublicUser(membership.userId),
    scope: representScope(membership),
    expires_at: membership.expiresAt ?? undefined,
  })
}

export const membershipAnswer = { response: membershipObject, represent: representMembership } as const
