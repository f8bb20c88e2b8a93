/** Operations on domains of organizations. */

import type { Catalogue } from '@rolesets/core'
import {
  createOrganizationDomain,
  deleteOrganizationDomain,
  enrollMember,
  updateOrganizationDomain,
  verifyOrganizationDomainOwnership,
  type DomainOfOrganization,
} from '../../domain/organization-domains.ts'
import { foreseeMembership, occupancyOf } from './memberships.ts'
import { commandsOf, factRule, type WriteScope } from './operation.ts'
import { foreseeOrganization } from './organizations.ts'
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
      async ({ writer, context }, { organizationId, userId }) => {
        const organization = await writer.organization(organizationId)
        const membership = await writer.membership(organizationId, userId)
        return { organization, membership, ...(await occupancyOf(writer, organization, context.now)) }
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
