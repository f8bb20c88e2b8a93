/** Calls about role sets. */

import type * as proto from '@rolesets/proto'
import type { Administration } from '../service/administration.ts'
import type { Written } from '../service/call.ts'
import type { RoleSetView } from '../service/views.ts'
import { deletedWritten, pageCall, pageMessage, thingMessage, writing, writtenMessage } from './administration-call.ts'
import { unary, type Endpoint } from './handler.ts'
import { roleSetMessage } from './messages.ts'
import { isInitial } from './requests.ts'

export function roleSetHandlers(service: Administration, endpoint: Endpoint) {
  const write = writing(endpoint)
  return {
    CreateRoleSet: write('CreateRoleSet', async ({ type, ...request }: proto.CreateRoleSetRequest__Output, call) =>
      roleSetWritten(await service.createRoleSet({ ...request, initial: isInitial(type) }, call)),
    ),
    GetRoleSet: unary(endpoint, 'read', async (request: proto.GetRoleSetRequest__Output, { signal }) => {
      const { value, revision } = await service.getRoleSet(request.roleSet, { signal })
      return { roleSet: roleSetMessage(value), revision }
    }),
    ListRoleSets: unary(endpoint, 'read', async (request: proto.ListRoleSetsRequest__Output, call) => {
      const { items, ...page } = pageMessage(await service.listRoleSets(pageCall(request, call)))
      return { ...page, roleSets: items.map(roleSetMessage) }
    }),
    UpdateRoleSet: write('UpdateRoleSet', async ({ type, ...request }: proto.UpdateRoleSetRequest__Output, call) =>
      roleSetWritten(await service.updateRoleSet({ ...request, initial: isInitial(type) }, call)),
    ),
    DeleteRoleSet: write('DeleteRoleSet', async (request: proto.DeleteRoleSetRequest__Output, call) =>
      deletedWritten(await service.deleteRoleSet(request, call)),
    ),
    AddRoles: write('AddRoles', async (request: proto.AddRolesRequest__Output, call) =>
      roleSetWritten(await service.addRoles(request, call)),
    ),
    ReplaceRole: write('ReplaceRole', async ({ toRole, ...request }: proto.ReplaceRoleRequest__Output, call) =>
      roleSetWritten(await service.replaceRole({ ...request, ...(toRole === '' ? {} : { toRole }) }, call)),
    ),
    ReplaceRoleSet: write('ReplaceRoleSet', async (request: proto.ReplaceRoleSetRequest__Output, call) =>
      roleSetWritten(await service.replaceRoleSet(request, call)),
    ),
  }
}

function roleSetWritten(written: Written<RoleSetView>): proto.RoleSetWritten {
  return { ...writtenMessage(written), roleSet: thingMessage(written, roleSetMessage) }
}
