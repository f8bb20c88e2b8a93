/** Operations on organizations. */

import { everyScope, findTextFault, roleSetOfPlace, type Organization, type Place } from '@rolesets/core'
import { invalid, parseId } from '../../domain/fields.ts'
import { merged } from '../../domain/scope-moves.ts'
import { assignToScope, type AssignScopeInput } from '../../domain/scope-assignments.ts'
import {
  assignRoleSet,
  createOrganization,
  deleteOrganization,
  updateOrganization,
  type AssignRoleSetInput,
} from '../../domain/organizations.ts'
import type { RegistrationFacts } from '../../domain/registration.ts'
import { findRoleSet } from '../../domain/lookup.ts'
import { parseScopeOrWhole } from '../../domain/scopes.ts'
import type { Foreseen, Reader, Where, Writer } from '../../storage/store.ts'
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
      const places = { organizationId: input.organizationId, scope: everyScope } as const
      const organization = await organizationOf(scope, input)
      const usage = await usageIn(scope, places)
      const roleIds = usage.map(({ roleId }) => roleId)
      const repeated = await scope.writer.repeatedHolders({ among: places, roleIds, ...scope.context })
      return deleteOrganization(input, { organization, usage, repeated })
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
        const facts = {
          ...{ ...(await oneScopeFacts(scope, place)), ...registration },
          restorable: await restorableIn(scope, place, {
            ...input,
            roleSet: await scopeDestination(scope, place, input),
          }),
        }
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
export function placeOf(input: { readonly organizationId: string; readonly scope?: string | undefined }): Place {
  const organizationId = parseId(input.organizationId, 'organization_id')
  return { organizationId, scope: parseScopeOrWhole(input.scope) }
}

/** The role set that a scope was assigned; null: none. */
export async function ownRoleSetId(reader: Reader, place: Place): Promise<string | null> {
  return place.scope === '' ? null : ((await reader.assignment(place))?.roleSetId ?? null)
}

/** The role set that an assignment gives a scope, or leaves it with. Undefined: none. */
async function scopeDestination(
  { writer, catalogue }: WriteScope,
  { organizationId, scope }: Place,
  { roleSet, clear }: Pick<AssignInput, 'roleSet' | 'clear'>,
): Promise<string | undefined> {
  if (clear !== true) return roleSet
  const organization = await writer.organization(organizationId)
  if (organization === undefined) return undefined
  const facts = { scope, own: null, organizationRoleSetId: organization.roleSetId }
  const found = roleSetOfPlace(catalogue, facts)
  return 'reason' in found ? undefined : found.roleSetId
}

async function organizationOf({ writer, expectUnchanged }: WriteScope, { organizationId }: Named) {
  const organization = await writer.organization(organizationId)
  expectUnchanged(organization)
  return organization
}

async function usageIn({ writer, context }: WriteScope, { organizationId, scope }: Where) {
  return writer.usageIn({ organizationId, scope }, context.now)
}

/** In the organization as a whole, and in the scopes that follow it when it moves. */
async function movingUsage(scope: WriteScope, input: Named) {
  const { organizationId } = input
  const { usage: inScopes, ...scopes } = await scopeFactsOf(scope, { organizationId })
  const usage = merged([...(await usageIn(scope, { organizationId })), ...inScopes])
  // Whoever holds the role, there is one organization.
  return { usage: usage.map((each) => ({ ...each, organizations: 1 })), scopes }
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
