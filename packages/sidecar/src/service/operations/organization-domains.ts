/** Operations on domains of organizations. */

import type { Catalogue } from '@rolesets/core'
import { parseEmailAddress } from '../../domain/fields.ts'
import {
  createOrganizationDomain,
  deleteOrganizationDomain,
  enrollMember,
  updateOrganizationDomain,
  verifyOrganizationDomainOwnership,
  type DomainOfOrganization,
} from '../../domain/organization-domains.ts'
import { invitationsTo } from './invitees.ts'
import { foreseeMembership, membershipsInScopes, occupancyOf } from './memberships.ts'
import { commandsOf, factRule, type WriteScope } from './operation.ts'
import { foreseeOrganization, registrationOf } from './organizations.ts'
import { viewMembership, viewOrganization } from '../views.ts'

/** A domain with its organization. */
export function viewDomain({ domain, organization }: DomainOfOrganization, catalogue: Catalogue) {
  return { domain, organization: viewOrganization(organization, catalogue) }
}

const foresee = { foresee: foreseeOrganization }

export const organizationDomainCommands = {
  ...commandsOf(viewDomain, {
    createOrganizationDomain: factRule(createOrganizationDomain, organizationOf, foresee),
    updateOrganizationDomain: factRule(updateOrganizationDomain, organizationOf, foresee),
    deleteOrganizationDomain: factRule(deleteOrganizationDomain, organizationOf, foresee),
    verifyOrganizationDomainOwnership: factRule(verifyOrganizationDomainOwnership, organizationOf, foresee),
  }),
  ...commandsOf(viewMembership, {
    enrollMember: factRule(
      enrollMember,
      async (scope, { organizationId, userId, emailAddress }) => {
        const { writer, context } = scope
        const emailAddresses = [parseEmailAddress(emailAddress, 'email_address')]
        const invitations = await invitationsTo(scope, { organizationId, userId, emailAddresses })
        const facts = await registrationOf(writer, organizationId)
        const membership = await writer.membership(organizationId, userId)
        const occupancy = await occupancyOf(writer, facts.organization, context.now)
        const left = membership === undefined ? [] : await membershipsInScopes(scope, { organizationId, userId })
        return { ...facts, membership, left, invitations, ...occupancy }
      },
      { foresee: foreseeMembership },
    ),
  }),
}

async function organizationOf(
  { writer, expectUnchanged }: WriteScope,
  { organizationId }: { readonly organizationId: string },
) {
  const organization = await writer.organization(organizationId)
  expectUnchanged(organization)
  return { organization }
}
