/**
 * The service `Administration`: each call reads its request into the input of the operation of the same name, and writes
 * the answer. An absent field stays absent, so that "leave it" and "make it empty" remain two things.
 */

import type * as proto from '@rolesets/proto'
import type { Administration } from '../service/administration.ts'
import type { PageCall, PageOf, WriteCall, Written } from '../service/call.ts'
import type { MembershipView, OrganizationView, PermissionView, RoleSetView, RoleView } from '../service/views.ts'
import { actorOf } from './authenticate.ts'
import { unary, type Call, type Endpoint } from './handler.ts'
import {
  impactMessage,
  membershipMessage,
  organizationMessage,
  permissionMessage,
  roleMessage,
  roleSetMessage,
  stepMessage,
} from './messages.ts'
import { isInitial, manifestOf, metadataOf } from './requests.ts'
import { failureOf } from './status.ts'

export function administrationHandlers(service: Administration, endpoint: Endpoint): proto.AdministrationHandlers {
  return {
    ...catalogueHandlers(service, endpoint),
    ...roleSetHandlers(service, endpoint),
    ...organizationHandlers(service, endpoint),
    ...membershipHandlers(service, endpoint),
  } satisfies Record<keyof proto.AdministrationDefinition, unknown>
}

function catalogueHandlers(service: Administration, endpoint: Endpoint) {
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
    Apply: write('Apply', async (request: proto.ApplyRequest__Output, call): Promise<proto.ApplyResponse> => {
      const applied = await service.apply({ manifest: manifestOf(request), prune: request.prune }, call)
      const { steps, leftAlone } = applied.value
      return { ...writtenMessage(applied), steps: steps.map(stepMessage), leftAlone: [...leftAlone] }
    }),
  }
}

function roleSetHandlers(service: Administration, endpoint: Endpoint) {
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

function organizationHandlers(service: Administration, endpoint: Endpoint) {
  const write = writing(endpoint)
  return {
    CreateOrganization: write('CreateOrganization', async (request: proto.CreateOrganizationRequest__Output, call) =>
      organizationWritten(
        await service.createOrganization(
          { ...request, id: request.id === '' ? undefined : request.id, ...metadataOf(request) },
          call,
        ),
      ),
    ),
    GetOrganization: unary(endpoint, 'read', async (request: proto.GetOrganizationRequest__Output, { signal }) => {
      const { value, revision } = await service.getOrganization(request.organizationId, { signal })
      return { organization: organizationMessage(value), revision }
    }),
    ListOrganizations: unary(endpoint, 'read', async (request: proto.ListOrganizationsRequest__Output, call) => {
      const { items, ...page } = pageMessage(await service.listOrganizations(request, pageCall(request, call)))
      return { ...page, organizations: items.map(organizationMessage) }
    }),
    UpdateOrganization: write('UpdateOrganization', async (request: proto.UpdateOrganizationRequest__Output, call) =>
      organizationWritten(await service.updateOrganization({ ...request, ...metadataOf(request) }, call)),
    ),
    DeleteOrganization: write('DeleteOrganization', async (request: proto.DeleteOrganizationRequest__Output, call) =>
      deletedWritten(await service.deleteOrganization(request, call)),
    ),
    AssignRoleSet: write('AssignRoleSet', async (request: proto.AssignRoleSetRequest__Output, call) =>
      organizationWritten(await service.assignRoleSet(request, call)),
    ),
  }
}

function membershipHandlers(service: Administration, endpoint: Endpoint) {
  const write = writing(endpoint)
  return {
    CreateMembership: write('CreateMembership', async (request: proto.CreateMembershipRequest__Output, call) =>
      membershipWritten(await service.createMembership({ ...request, ...metadataOf(request) }, call)),
    ),
    GetMembership: unary(endpoint, 'read', async (request: proto.GetMembershipRequest__Output, { signal }) => {
      const { value, revision } = await service.getMembership(request.organizationId, request.userId, { signal })
      return { membership: membershipMessage(value), revision }
    }),
    ListMemberships: unary(endpoint, 'read', async (request: proto.ListMembershipsRequest__Output, call) => {
      const { items, ...page } = pageMessage(await service.listMemberships(request, pageCall(request, call)))
      return { ...page, memberships: items.map(membershipMessage) }
    }),
    UpdateMembership: write('UpdateMembership', async (request: proto.UpdateMembershipRequest__Output, call) =>
      membershipWritten(await service.updateMembership({ ...request, ...metadataOf(request) }, call)),
    ),
    DeleteMembership: write('DeleteMembership', async (request: proto.DeleteMembershipRequest__Output, call) =>
      membershipWritten(await service.deleteMembership(request, call)),
    ),
  }
}

/** A write with its actor; how it came out is told to the observer. */
function writing(endpoint: Endpoint) {
  return <Request extends { dryRun: boolean; expectedRevision?: string }, Response>(
    operation: string,
    work: (request: Request, call: WriteCall) => Promise<Response>,
  ) =>
    unary(endpoint, 'write', async (request: Request, call: Call) => {
      const { dryRun, expectedRevision } = request
      try {
        const response = await work(request, {
          actor: actorOf(call.metadata),
          dryRun,
          expectedRevision,
          signal: call.signal,
        })
        endpoint.observer.wrote(operation, dryRun ? 'DRY_RUN' : 'OK')
        return response
      } catch (error) {
        endpoint.observer.wrote(operation, failureOf(error).reason)
        throw error
      }
    })
}

function pageCall({ pageSize, pageToken }: { pageSize: number; pageToken: string }, { signal }: Call): PageCall {
  return { pageSize, pageToken, signal }
}

function pageMessage<T>({ items, nextPageToken, revision }: PageOf<T>) {
  return { items: [...items], nextPageToken, revision }
}

function writtenMessage({ impact, revision }: Pick<Written<unknown>, 'impact' | 'revision'>) {
  return { impact: impactMessage(impact), revision }
}

function permissionWritten(written: Written<PermissionView>): proto.PermissionWritten {
  return { ...writtenMessage(written), permission: permissionMessage(written.value) }
}

function roleWritten(written: Written<RoleView>): proto.RoleWritten {
  return { ...writtenMessage(written), role: roleMessage(written.value) }
}

function roleSetWritten(written: Written<RoleSetView>): proto.RoleSetWritten {
  return { ...writtenMessage(written), roleSet: roleSetMessage(written.value) }
}

function organizationWritten(written: Written<OrganizationView>): proto.OrganizationWritten {
  return { ...writtenMessage(written), organization: organizationMessage(written.value) }
}

function membershipWritten(written: Written<MembershipView>): proto.MembershipWritten {
  return { ...writtenMessage(written), membership: membershipMessage(written.value) }
}

function deletedWritten(written: Written<{ readonly id: string }>): proto.DeletedWritten {
  return { ...writtenMessage(written), id: written.value.id }
}
