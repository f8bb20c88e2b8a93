/** Operations on role sets. */

import { findRole, findRoleSet } from '../../domain/lookup.ts'
import { addRoles, createRoleSet, deleteRoleSet, updateRoleSet } from '../../domain/role-sets.ts'
import { replaceRole, replaceRoleSet } from '../../domain/role-set-replacement.ts'
import type { RoleUsage } from '../../domain/decided.ts'
import { merged } from '../../domain/scope-moves.ts'
import { scopeFactsOf } from './scopes.ts'
import { restorableIn } from './former-roles.ts'
import { catalogueList, catalogueRule, commandsOf, factRule, type WriteScope } from './operation.ts'
import { viewRoleSet } from '../views.ts'

export const roleSetCommands = commandsOf(viewRoleSet, {
  createRoleSet: catalogueRule(createRoleSet),
  updateRoleSet: catalogueRule(updateRoleSet, ({ roleSets }, input) => roleSets.find(input.roleSet)),
  addRoles: factRule(addRoles, factsOf),
  replaceRole: factRule(replaceRole, async (scope, input) => {
    const facts = await factsOf(scope, input)
    const role = findRole(scope.catalogue, input.role, 'role')
    const { roleSetId } = facts
    const ofWholes = await scope.writer.usageOf(role.id, { roleSetId }, scope.context.now)
    // Where no kind is registered there are no scopes, and nothing is read.
    if (scope.catalogue.scopeKinds.size === 0) return { ...facts, usage: ofWholes }
    const held = { roleId: role.id, roleSetId }
    const { usage: inScopes, ...scopes } = await scope.writer.roleInScopes(held, scope.context.now)
    const [usage = ofWholes] = merged([ofWholes, inScopes])
    return { ...facts, usage, scopes }
  }),
  replaceRoleSet: factRule(replaceRoleSet, async (scope, input) => {
    const facts = await factsOf(scope, input)
    const { roleSetId } = facts
    const { usage: inScopes, places, firstPlaces } = await scopeFactsOf(scope, { roleSetId })
    const ofWholes = await scope.writer.usageIn({ roleSetId }, scope.context.now)
    const { toRoleSet, restoreFormerRoles } = input
    const restorable = await restorableIn(scope, { roleSetId }, { roleSet: toRoleSet, restoreFormerRoles })
    const usage = await countedOnce(scope, { roleSetId, ofWholes, inScopes })
    return { ...facts, usage, scopes: { places, firstPlaces }, restorable }
  }),
  deleteRoleSet: factRule(deleteRoleSet, factsOf, { deletes: true }),
})

export const roleSetList = catalogueList(({ roleSets }) => roleSets.values(), viewRoleSet)

/** Who has which role in all places of a set. An organization in which a role is held as a whole and in scopes is one. */
async function countedOnce(
  { writer, context }: WriteScope,
  held: {
    readonly roleSetId: string
    readonly ofWholes: readonly RoleUsage[]
    readonly inScopes: readonly RoleUsage[]
  },
): Promise<RoleUsage[]> {
  const { roleSetId, ofWholes, inScopes } = held
  const both = ofWholes.filter(({ roleId }) => inScopes.some((each) => each.roleId === roleId))
  const organizations = new Map<string, number>()
  for (const { roleId, organizations: asWholes } of both) {
    const { usage } = await writer.roleInScopes({ roleId, roleSetId }, context.now)
    organizations.set(roleId, asWholes + usage.organizations)
  }
  return merged([...ofWholes, ...inScopes]).map((each) => {
    return { ...each, organizations: organizations.get(each.roleId) ?? each.organizations }
  })
}

async function factsOf({ writer, catalogue, expectUnchanged }: WriteScope, input: { readonly roleSet: string }) {
  const roleSet = findRoleSet(catalogue, input.roleSet, 'role_set')
  expectUnchanged(roleSet)
  const organizations = await writer.organizationCount(roleSet.id)
  const ownAssignments = catalogue.scopeKinds.size === 0 ? 0 : await writer.ownAssignmentCount(roleSet.id)
  return { roleSetId: roleSet.id, organizations, ownAssignments }
}
