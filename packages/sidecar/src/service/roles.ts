/** Operations on roles. */

import { initialRoleSetOf, type Role } from '@rolesets/core'
import { findRole } from '../domain/lookup.ts'
import { addPermission, createRole, deleteRole, removePermission, roleSetsWith, updateRole } from '../domain/roles.ts'
import { command, pageOf, type List } from './operation.ts'
import { viewRole, type RoleView } from './views.ts'

export const roleCommands = {
  createRole: command({
    operation: 'CreateRole',
    decide: async ({ writer, catalogue, context }, input: Parameters<typeof createRole>[1]) => {
      const organizations = await writer.organizationCount(initialRoleSetOf(catalogue).id)
      return createRole(catalogue, input, { organizations }, context)
    },
    view: viewRole,
  }),

  updateRole: command({
    operation: 'UpdateRole',
    decide: ({ catalogue, context, expectUnchanged }, input: Parameters<typeof updateRole>[1]) => {
      expectUnchanged(catalogue.roles.find(input.role))
      return updateRole(catalogue, input, context)
    },
    view: viewRole,
  }),

  addPermission: command({
    operation: 'AddPermission',
    decide: ({ catalogue, context, expectUnchanged }, input: Parameters<typeof addPermission>[1]) => {
      expectUnchanged(catalogue.roles.find(input.role))
      return addPermission(catalogue, input, context)
    },
    view: viewRole,
  }),

  removePermission: command({
    operation: 'RemovePermission',
    decide: ({ catalogue, context, expectUnchanged }, input: Parameters<typeof removePermission>[1]) => {
      expectUnchanged(catalogue.roles.find(input.role))
      return removePermission(catalogue, input, context)
    },
    view: viewRole,
  }),

  deleteRole: command({
    operation: 'DeleteRole',
    decide: async ({ writer, catalogue, context, expectUnchanged }, input: Parameters<typeof deleteRole>[1]) => {
      const role = findRole(catalogue, input.role, 'role')
      expectUnchanged(role)
      let organizations = 0
      for (const { id } of roleSetsWith(catalogue, role.id)) organizations += await writer.organizationCount(id)
      return deleteRole(
        catalogue,
        input,
        { usage: await writer.usageOf(role.id, undefined, context.now), organizations },
        context,
      )
    },
    view: viewRole,
    deletes: true,
  }),
}

export const roleList: List<void, Role, RoleView> = {
  read: ({ catalogue }, page) => pageOf(catalogue.roles.values(), page),
  view: viewRole,
  cursorOf: ({ id }) => id,
}
