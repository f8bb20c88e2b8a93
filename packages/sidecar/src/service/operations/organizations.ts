/** Operations on organizations. */

import { findTextFault, type Organization, type Place } from '@rolesets/core'
import { invalid, parseId } from '../../domain/fields.ts'
import { merged } from '../../domain/scope-moves.ts'
import { assignToScope, type AssignScopeInput } from '../../domain/scope-assignments.ts'
import { parseScopeOrWhole } from '../../domain/scopes.ts'
import {
  assignRoleSet,
  createOrganization,
  deleteOrganization,
  updateOrganization,
  type AssignRoleSetInput,
} from '../../domain/organizations.ts'
import type { RegistrationFacts } from '../../domain/registration.ts'
import { findRoleSet } from '../../domain/lookup.ts'
import type { Foreseen, Writer } from '../../storage/store.ts'
import { restorableIn } from './former-roles.ts'
import { commandsOf, factRule, type List, type WriteScope } from './operation.ts'
import { oneScopeFacts, scopeFactsOf } from './scopes.ts'
import { viewOrganization, type OrganizationView } from '../views.ts'

export const organizationCommands = commandsOf(viewOrganization, {
  createOrganization: factRule(
    createOrganization,
    async ({ writer }, { id, slug }) => ({
      existing: id ? ((await writer.organization(id)) ?? (await namesakeOf(writer, id))) : undefined,
      slugOwner: await slugOwner(writer, slug),
    }),
    { foresee: ({ id }) => (id === undefined ? {} : { organizationIds: [id] }) },
  ),
  updateOrganization: factRule(
    updateOrganization,
    async (scope, input) => ({
      organization: await organizationOf(scope, input),
      slugOwner: await slugOwner(scope.writer, input.slug),
      // Roles in use are counted only if the organization moves.
      ...(input.roleSet ? await movingUsage(scope, input) : { usage: [] }),
      restorable: await restorableIn(scope, { organizationId: input.organizationId }, input),
    }),
    { foresee: foreseeOrganization },
  ),
  deleteOrganization: {
    foresee: foreseeOrganization,
    decide: async (scope, input: Parameters<typeof deleteOrganization>[0]) => {
      const facts = await usedOrganization(scope, input)
      const roleIds = facts.usage.map(({ roleId }) => roleId)
      const { organizationId } = input
      const repeated = await scope.writer.repeatedHolders({ organizationId }, roleIds, scope.context.now)
      return deleteOrganization(input, { ...facts, repeated })
    },
    deletes: true,
  },
  assignRoleSet: {
    foresee: foreseeOrganization,
    decide: async (scope, input: AssignInput) => {
      const { catalogue, context } = scope
      const registration = await registrationOf(scope.writer, input.organizationId)
      const place = { organizationId: input.organizationId, scope: parseScopeOrWhole(input.scope) }
      if (place.scope !== '') {
        const facts = { ...(await oneScopeFacts(scope, place)), ...registration }
        scope.expectUnchanged(facts.assignment && { id: place.scope, ...facts.assignment })
        return assignToScope(catalogue, { ...input, ...place }, facts, context)
      }
      if (input.clear === true) throw invalid('clear', 'is only for a scope. An organization always has a role set.')
      scope.expectUnchanged(registration.organization)
      const restorable = await restorableIn(scope, { organizationId: input.organizationId }, input)
      const facts = { ...(await movingUsage(scope, input)), ...registration, restorable }
      return assignRoleSet(catalogue, { ...input, roleSet: input.roleSet ?? '' }, facts, context)
    },
  },
})

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

/** With a scope, it is about that scope of the organization. */
type AssignInput = Omit<AssignRoleSetInput, 'roleSet'> & Partial<Omit<AssignScopeInput, 'organizationId'>>

export interface Named {
  readonly organizationId: string
}

export function foreseeOrganization({ organizationId }: { readonly organizationId: string }): Foreseen {
  return { organizationIds: [organizationId] }
}

/** Where a write on behalf of a user gives roles. */
export function placeOf({ organizationId, scope = '' }: Named & { readonly scope?: string | undefined }): Place {
  return {
    organizationId: parseId(organizationId, 'organization_id'),
    scope: scope === '' ? '' : parseId(scope, 'scope'),
  }
}

async function organizationOf({ writer, expectUnchanged }: WriteScope, { organizationId }: Named) {
  const organization = await writer.organization(organizationId)
  expectUnchanged(organization)
  return organization
}

async function usageIn({ writer, context }: WriteScope, { organizationId }: Named) {
  return writer.usageIn({ organizationId }, context.now)
}

/** In the organization as a whole, and in the scopes that follow it when it moves. */
async function movingUsage(scope: WriteScope, input: Named) {
  const { usage: inScopes, ...scopes } = await scopeFactsOf(scope, { organizationId: input.organizationId })
  return { usage: merged([...(await usageIn(scope, input)), ...inScopes]), scopes }
}

async function usedOrganization(scope: WriteScope, input: Named) {
  return { organization: await organizationOf(scope, input), usage: await usageIn(scope, input) }
}

/** What a write needs to know of an organization that it may register. */
export async function registrationOf(writer: Writer, id: string): Promise<RegistrationFacts> {
  const organization = await writer.organization(id)
  if (organization !== undefined) return { organization, wasDeleted: false, namesake: undefined }
  const wasDeleted = (await writer.deletedOrganizations([id])).has(id)
  return { organization, wasDeleted, namesake: await namesakeOf(writer, id) }
}

/** The organization that has this id for its slug. Most ids can't be slugs. */
async function namesakeOf(writer: Writer, id: string): Promise<Organization | undefined> {
  return findTextFault('slug', id) === undefined ? writer.organizationBySlug(id) : undefined
}

async function slugOwner(writer: Writer, slug: string | null | undefined): Promise<Organization | undefined> {
  return slug ? ((await writer.organizationBySlug(slug)) ?? writer.organization(slug)) : undefined
}
