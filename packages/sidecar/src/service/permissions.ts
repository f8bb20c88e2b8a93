/** Operations on permissions. */

import type { Permission } from '@rolesets/core'
import { createPermission, deletePermission, updatePermission } from '../domain/permissions.ts'
import { command, pageOf, type List } from './operation.ts'
import { viewPermission, type PermissionView } from './views.ts'

export const permissionCommands = {
  createPermission: command({
    operation: 'CreatePermission',
    decide: ({ catalogue, context }, input: Parameters<typeof createPermission>[1]) =>
      createPermission(catalogue, input, context),
    view: viewPermission,
  }),

  updatePermission: command({
    operation: 'UpdatePermission',
    decide: ({ catalogue, context, expectUnchanged }, input: Parameters<typeof updatePermission>[1]) => {
      expectUnchanged(catalogue.permissions.find(input.permission))
      return updatePermission(catalogue, input, context)
    },
    view: viewPermission,
  }),

  deletePermission: command({
    operation: 'DeletePermission',
    decide: ({ catalogue, context, expectUnchanged }, input: Parameters<typeof deletePermission>[1]) => {
      expectUnchanged(catalogue.permissions.find(input.permission))
      return deletePermission(catalogue, input, context)
    },
    view: viewPermission,
    deletes: true,
  }),
}

export const permissionList: List<void, Permission, PermissionView> = {
  read: ({ catalogue }, page) => pageOf(catalogue.permissions.values(), page),
  view: viewPermission,
  cursorOf: ({ id }) => id,
}
