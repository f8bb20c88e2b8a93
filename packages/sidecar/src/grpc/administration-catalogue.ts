/** Calls about permissions and roles, and the one that brings the store to a described state. */

import type * as proto from '@rolesets/proto'
import type { Administration } from '../service/administration.ts'
import type { Written } from '../service/call.ts'
import type { PermissionView, RoleView } from '../service/views.ts'
import { deletedWritten, pageCall, pageMessage, thingMessage, writing, writtenMessage } from './administration-call.ts'
import { unary, type Endpoint } from './handler.ts'
import { permissionMessage, roleMessage, stepMessage } from './messages.ts'
import { manifestOf } from './requests.ts'

export function catalogueHandlers(service: Administration, endpoint: Endpoint) {
  return { ...permissionHandlers(service, endpoint), ...roleHandlers(service, endpoint) }
}

function permissionHandlers(service: Administration, endpoint: Endpoint) {
  const write = writing(endpoint)
  return {
    CreatePermission: write('CreatePermission', async (request: proto.CreatePermissionRequest__Output, call) =>
      permissionWritten(await service.createPermission(request, call)),
    ),
    GetPermission: unary(endpoint, 'read', async (request: proto.GetPermissionRequest__Output, { signal }) => {
      const { value, revision } = await service.getPermission(request.permission, { signal })
      return { permission: permissionMessage(value), revision }
    }),
    ListPermissions: unary(endpoint, 'read', async (request: proto.ListPermissionsRequest__Output, call) => {
      const { items, ...page } = pageMessage(await service.listPermissions(pageCall(request, call)))
      return { ...page, permissions: items.map(permissionMessage) }
    }),
    UpdatePermission: write('UpdatePermission', async (request: proto.UpdatePermissionRequest__Output, call) =>
      permissionWritten(await service.updatePermission(request, call)),
    ),
    DeletePermission: write('DeletePermission', async (request: proto.DeletePermissionRequest__Output, call) =>
      deletedWritten(await service.deletePermission(request, call)),
    ),
  }
}

function roleHandlers(service: Administration, endpoint: Endpoint) {
  const write = writing(endpoint)
  return {
    CreateRole: write('CreateRole', async (request: proto.CreateRoleRequest__Output, call) =>
      roleWritten(await service.createRole(request, call)),
    ),
    GetRole: unary(endpoint, 'read', async (request: proto.GetRoleRequest__Output, { signal }) => {
      const { value, revision } = await service.getRole(request.role, { signal })
      return { role: roleMessage(value), revision }
    }),
    ListRoles: unary(endpoint, 'read', async (request: proto.ListRolesRequest__Output, call) => {
      const { items, ...page } = pageMessage(await service.listRoles(pageCall(request, call)))
      return { ...page, roles: items.map(roleMessage) }
    }),
    UpdateRole: write('UpdateRole', async ({ permissions, ...request }: proto.UpdateRoleRequest__Output, call) =>
      roleWritten(await service.updateRole({ ...request, permissions: permissions?.keys }, call)),
    ),
    DeleteRole: write('DeleteRole', async (request: proto.DeleteRoleRequest__Output, call) =>
      deletedWritten(await service.deleteRole(request, call)),
    ),
    AddPermission: write('AddPermission', async (request: proto.AddPermissionRequest__Output, call) =>
      roleWritten(await service.addPermission(request, call)),
    ),
    RemovePermission: write('RemovePermission', async (request: proto.RemovePermissionRequest__Output, call) =>
      roleWritten(await service.removePermission(request, call)),
    ),
    Apply: write('Apply', async (request: proto.ApplyRequest__Output, call): Promise<proto.ApplyResponse> => {
      const applied = await service.apply({ manifest: manifestOf(request), prune: request.prune }, call)
      const { steps = [], leftAlone = [] } = applied.value ?? {}
      return { ...writtenMessage(applied), steps: steps.map(stepMessage), leftAlone: [...leftAlone] }
    }),
  }
}

function permissionWritten(written: Written<PermissionView>): proto.PermissionWritten {
  return { ...writtenMessage(written), permission: thingMessage(written, permissionMessage) }
}

function roleWritten(written: Written<RoleView>): proto.RoleWritten {
  return { ...writtenMessage(written), role: thingMessage(written, roleMessage) }
}
