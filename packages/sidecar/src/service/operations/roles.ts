/** Operations on roles. */

import { initialRoleSetOf, type Catalogue } from '@rolesets/core'
import { findRole } from '../../domain/lookup.ts'
import {
  addPermission,
  createRole,
  deleteRole,
  removePermission,
  roleSetsWith,
  updateRole,
} from '../../domain/roles.ts'
import { catalogueList, catalogueRule, commandsOf, factRule } from './operation.ts'
import { viewRole } from '../views.ts'

const named = ({ roles }: Catalogue, input: { readonly role: string }) => roles.find(input.role)

export const roleCommands = commandsOf(viewRole, {
  createRole: factRule(createRole, async ({ writer, catalogue }) => ({
    organizations: await writer.organizationCount(initialRoleSetOf(catalogue).id),
  })),
  updateRole: catalogueRule(updateRole, named),
  addPermission: catalogueRule(addPermission, named),
  removePermission: catalogueRule(removePermission, named),
  deleteRole: factRule(
    deleteRole,
    async ({ writer, catalogue, context, expectUnchanged }, input) => {
      const role = findRole(catalogue, input.role, 'role')
      expectUnchanged(role)
      let organizations = 0
      for (const { id } of roleSetsWith(catalogue, role.id)) organizations += await writer.organizationCount(id)
      return { usage: await writer.usageOf(role.id, undefined, context.now), organizations }
    },
    { deletes: true },
  ),
})

export const roleList = catalogueList(({ roles }) => roles.values(), viewRole)
