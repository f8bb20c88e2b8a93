/** Operations on role sets. */

import { findRole, findRoleSet } from '../../domain/lookup.ts'
import { addRoles, createRoleSet, deleteRoleSet, organizationsNamedMax, updateRoleSet } from '../../domain/role-sets.ts'
import { replaceRole, replaceRoleSet } from '../../domain/role-set-replacement.ts'
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
    const { usage: inScopes, ...scopes } = await scopeFactsOf(scope, { roleSetId })
    const ofWholes = await scope.writer.usageIn({ roleSetId }, scope.context.now)
    const { toRoleSet, restoreFormerRoles } = input
    const restorable = await restorableIn(scope, { roleSetId }, { roleSet: toRoleSet, restoreFormerRoles })
    return { ...facts, usage: merged([...ofWholes, ...inScopes]), scopes, restorable }
  }),
  deleteRoleSet: factRule(
    deleteRoleSet,
    async (scope, input) => {
      const facts = await factsOf(scope, input)
      const { organizations, roleSetId } = facts
      if (organizations === 0) return facts
      const first = await scope.writer.organizations({ size: organizationsNamedMax }, { roleSetId })
      return { ...facts, firstOrganizationIds: first.map(({ id }) => id) }
    },
    { deletes: true },
  ),
})

export const roleSetList = catalogueList(({ roleSets }) => roleSets.values(), viewRoleSet)

async function factsOf({ writer, catalogue, expectUnchanged }: WriteScope, input: { readonly roleSet: string }) {
  const roleSet = findRoleSet(catalogue, input.roleSet, 'role_set')
  expectUnchanged(roleSet)
  const organizations = await writer.organizationCount(roleSet.id)
  const ownAssignments = catalogue.scopeKinds.size === 0 ? 0 : await writer.ownAssignmentCount(roleSet.id)
  return { roleSetId: roleSet.id, organizations, ownAssignments }
}
