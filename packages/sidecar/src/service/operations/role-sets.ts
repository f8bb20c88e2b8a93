/** Operations on role sets. */

import { findRole, findRoleSet } from '../../domain/lookup.ts'
import { addRoles, createRoleSet, deleteRoleSet, updateRoleSet } from '../../domain/role-sets.ts'
import { replaceRole, replaceRoleSet } from '../../domain/role-set-replacement.ts'
import { restorableIn } from './former-roles.ts'
import { catalogueList, catalogueRule, commandsOf, factRule, type WriteScope } from './operation.ts'
import { viewRoleSet } from '../views.ts'

export const roleSetCommands = commandsOf(viewRoleSet, {
  createRoleSet: catalogueRule(createRoleSet),
  updateRoleSet: catalogueRule(updateRoleSet, ({ roleSets }, input) => roleSets.find(input.roleSet)),
  addRoles: factRule(addRoles, factsOf),
  replaceRole: factRule(replaceRole, async (scope, input) => {
    const { roleSetId, organizations } = await factsOf(scope, input)
    const role = findRole(scope.catalogue, input.role, 'role')
    return { usage: await scope.writer.usageOf(role.id, { roleSetId }, scope.context.now), organizations }
  }),
  replaceRoleSet: factRule(replaceRoleSet, async (scope, input) => {
    const { roleSetId, organizations } = await factsOf(scope, input)
    const { toRoleSet, restoreFormerRoles } = input
    const restorable = await restorableIn(scope, { roleSetId }, { roleSet: toRoleSet, restoreFormerRoles })
    return { usage: await scope.writer.usageIn({ roleSetId }, scope.context.now), organizations, restorable }
  }),
  deleteRoleSet: factRule(deleteRoleSet, factsOf, { deletes: true }),
})

export const roleSetList = catalogueList(({ roleSets }) => roleSets.values(), viewRoleSet)

async function factsOf({ writer, catalogue, expectUnchanged }: WriteScope, input: { readonly roleSet: string }) {
  const roleSet = findRoleSet(catalogue, input.roleSet, 'role_set')
  expectUnchanged(roleSet)
  return { roleSetId: roleSet.id, organizations: await writer.organizationCount(roleSet.id) }
}
