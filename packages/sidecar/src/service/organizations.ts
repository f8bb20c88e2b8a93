/** Operations on organizations. */

import type { Organization } from '@rolesets/core'
import { assignRoleSet, createOrganization, deleteOrganization, updateOrganization } from '../domain/organizations.ts'
import { findRoleSet } from '../domain/lookup.ts'
import type { Foreseen, Writer } from '../storage/store.ts'
import { command, type List } from './operation.ts'
import { viewOrganization, type OrganizationView } from './views.ts'

export const organizationCommands = {
  createOrganization: command({
    operation: 'CreateOrganization',
    foresee: ({ id }: { readonly id?: string | undefined }) => (id === undefined ? {} : { organizationIds: [id] }),
    decide: async ({ writer, catalogue, context }, input: Parameters<typeof createOrganization>[1]) => {
      const existing = input.id === undefined ? undefined : await writer.organization(input.id)
      const facts = { existing, slugOwner: await slugOwner(writer, input.slug) }
      return createOrganization(catalogue, input, facts, context)
    },
    view: viewOrganization,
  }),

  updateOrganization: command({
    operation: 'UpdateOrganization',
    foresee: foreseeOrganization,
    decide: async (
      { writer, catalogue, context, expectUnchanged },
      input: Parameters<typeof updateOrganization>[1],
    ) => {
      const organization = await writer.organization(input.organizationId)
      expectUnchanged(organization)
      const { organizationId } = input
      // Roles in use are counted only if the organization moves.
      const usage = input.roleSet ? await writer.usageIn({ organizationId }, context.now) : []
      const facts = { organization, slugOwner: await slugOwner(writer, input.slug), usage }
      return updateOrganization(catalogue, input, facts, context)
    },
    view: viewOrganization,
  }),

  deleteOrganization: command({
    operation: 'DeleteOrganization',
    foresee: foreseeOrganization,
    decide: async ({ writer, context, expectUnchanged }, input: Parameters<typeof deleteOrganization>[0]) => {
      const organization = await writer.organization(input.organizationId)
      expectUnchanged(organization)
      const { organizationId } = input
      return deleteOrganization(input, { organization, usage: await writer.usageIn({ organizationId }, context.now) })
    },
    view: viewOrganization,
    deletes: true,
  }),

  assignRoleSet: command({
    operation: 'AssignRoleSet',
    foresee: foreseeOrganization,
    decide: async ({ writer, catalogue, context, expectUnchanged }, input: Parameters<typeof assignRoleSet>[1]) => {
      const { organizationId } = input
      const organization = await writer.organization(organizationId)
      expectUnchanged(organization)
      const usage = await writer.usageIn({ organizationId }, context.now)
      return assignRoleSet(catalogue, input, { organization, usage }, context)
    },
    view: viewOrganization,
  }),
}

export interface OrganizationFilter {
  /** Only those on this role set, by key or id. */
  readonly roleSet?: string | undefined
}

export const organizationList: List<OrganizationFilter, Organization, OrganizationView> = {
  read: ({ reader, catalogue, input }, page) => {
    const roleSetId = input.roleSet ? findRoleSet(catalogue, input.roleSet, 'role_set').id : undefined
    return reader.organizations(page, { roleSetId })
  },
  view: viewOrganization,
  cursorOf: ({ id }) => id,
}

export function foreseeOrganization({ organizationId }: { readonly organizationId: string }): Foreseen {
  return { organizationIds: [organizationId] }
}

async function slugOwner(writer: Writer, slug: string | null | undefined): Promise<Organization | undefined> {
  return slug ? writer.organizationBySlug(slug) : undefined
}
