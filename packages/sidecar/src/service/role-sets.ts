/** Operations on role sets. */

import type { RoleSet } from '@rolesets/core'
import { findRole, findRoleSet } from '../domain/lookup.ts'
import { addRoles, createRoleSet, deleteRoleSet, updateRoleSet } from '../domain/role-sets.ts'
import { replaceRole, replaceRoleSet } from '../domain/role-set-replacement.ts'
import { command, pageOf, type List } from './operation.ts'
import { viewRoleSet, type RoleSetView } from './views.ts'

export const roleSetCommands = {
  createRoleSet: command({
    operation: 'CreateRoleSet',
    decide: ({ catalogue, context }, input: Parameters<typeof createRoleSet>[1]) =>
      createRoleSet(catalogue, input, context),
    view: viewRoleSet,
  }),

  updateRoleSet: command({
    operation: 'UpdateRoleSet',
    decide: ({ catalogue, context, expectUnchanged }, input: Parameters<typeof updateRoleSet>[1]) => {
      expectUnchanged(catalogue.roleSets.find(input.roleSet))
      return updateRoleSet(catalogue, input, context)
    },
    view: viewRoleSet,
  }),

  addRoles: command({
    operation: 'AddRoles',
    decide: async ({ writer, catalogue, context, expectUnchanged }, input: Parameters<typeof addRoles>[1]) => {
      const roleSet = findRoleSet(catalogue, input.roleSet, 'role_set')
      expectUnchanged(roleSet)
      return addRoles(catalogue, input, { organizations: await writer.organizationCount(roleSet.id) }, context)
    },
    view: viewRoleSet,
  }),

  replaceRole: command({
    operation: 'ReplaceRole',
    decide: async ({ writer, catalogue, context, expectUnchanged }, input: Parameters<typeof replaceRole>[1]) => {
      const roleSet = findRoleSet(catalogue, input.roleSet, 'role_set')
      expectUnchanged(roleSet)
      const role = findRole(catalogue, input.role, 'role')
      const usage = await writer.usageOf(role.id, { roleSetId: roleSet.id }, context.now)
      const organizations = await writer.organizationCount(roleSet.id)
      return replaceRole(catalogue, input, { usage, organizations }, context)
    },
    view: viewRoleSet,
  }),

  replaceRoleSet: command({
    operation: 'ReplaceRoleSet',
    decide: async ({ writer, catalogue, context, expectUnchanged }, input: Parameters<typeof replaceRoleSet>[1]) => {
      const source = findRoleSet(catalogue, input.roleSet, 'role_set')
      expectUnchanged(source)
      const usage = await writer.usageIn({ roleSetId: source.id }, context.now)
      const organizations = await writer.organizationCount(source.id)
      return replaceRoleSet(catalogue, input, { usage, organizations })
    },
    view: viewRoleSet,
  }),

  deleteRoleSet: command({
    operation: 'DeleteRoleSet',
    decide: async ({ writer, catalogue, expectUnchanged }, input: Parameters<typeof deleteRoleSet>[1]) => {
      const roleSet = findRoleSet(catalogue, input.roleSet, 'role_set')
      expectUnchanged(roleSet)
      return deleteRoleSet(catalogue, input, { organizations: await writer.organizationCount(roleSet.id) })
    },
    view: viewRoleSet,
    deletes: true,
  }),
}

export const roleSetList: List<void, RoleSet, RoleSetView> = {
  read: ({ catalogue }, page) => pageOf(catalogue.roleSets.values(), page),
  view: viewRoleSet,
  cursorOf: ({ id }) => id,
}
