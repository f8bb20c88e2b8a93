/** Operations on permissions. */

import type { Catalogue } from '@rolesets/core'
import { createPermission, deletePermission, updatePermission } from '../../domain/permissions.ts'
import { catalogueList, catalogueRule, commandsOf } from './operation.ts'
import { viewPermission } from '../views.ts'

const named = ({ permissions }: Catalogue, input: { readonly permission: string }) => permissions.find(input.permission)

export const permissionCommands = commandsOf(viewPermission, {
  createPermission: catalogueRule(createPermission),
  updatePermission: catalogueRule(updatePermission, named),
  deletePermission: { ...catalogueRule(deletePermission, named), deletes: true },
})

export const permissionList = catalogueList(({ permissions }) => permissions.values(), viewPermission)
