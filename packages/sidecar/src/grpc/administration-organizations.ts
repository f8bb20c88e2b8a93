/** Calls about organizations and memberships. */

import type * as proto from '@rolesets/proto'
import type { Administration } from '../service/administration.ts'
import type { Written } from '../service/call.ts'
import type { MembershipView, OrganizationView } from '../service/views.ts'
import { deletedWritten, pageCall, pageMessage, thingMessage, writing, writtenMessage } from './administration-call.ts'
import { unary, type Endpoint } from './handler.ts'
import { membershipMessage, organizationMessage } from './messages.ts'
import { metadataOf } from './requests.ts'

export function organizationHandlers(service: Administration, endpoint: Endpoint) {
  const write = writing(endpoint)
  return {
    CreateOrganization: write(
      'CreateOrganization',
      async ({ createdAtMs: createdAt, ...request }: proto.CreateOrganizationRequest__Output, call) => {
        const id = request.id === '' ? undefined : request.id
        return organizationWritten(
          await service.createOrganization({ ...request, createdAt, id, ...metadataOf(request) }, call),
        )
      },
    ),
    GetOrganization: unary(endpoint, 'read', async (request: proto.GetOrganizationRequest__Output, { signal }) => {
      const { value, revision } = await service.getOrganization(request.organizationId, { signal })
      return { organization: organizationMessage(value), revision }
    }),
    ListOrganizations: unary(endpoint, 'read', async (request: proto.ListOrganizationsRequest__Output, call) => {
      const { items, ...page } = pageMessage(await service.listOrganizations(request, pageCall(request, call)))
      return { ...page, organizations: items.map(organizationMessage) }
    }),
    UpdateOrganization: write(
      'UpdateOrganization',
      async ({ createdAtMs: createdAt, ...request }: proto.UpdateOrganizationRequest__Output, call) =>
        organizationWritten(await service.updateOrganization({ ...request, createdAt, ...metadataOf(request) }, call)),
    ),
    DeleteOrganization: write('DeleteOrganization', async (request: proto.DeleteOrganizationRequest__Output, call) =>
      deletedWritten(await service.deleteOrganization(request, call)),
    ),
    AssignRoleSet: write('AssignRoleSet', async (request: proto.AssignRoleSetRequest__Output, call) =>
      organizationWritten(await service.assignRoleSet(request, call)),
    ),
    ...membershipHandlers(service, endpoint),
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

function organizationWritten(written: Written<OrganizationView>): proto.OrganizationWritten {
  return { ...writtenMessage(written), organization: thingMessage(written, organizationMessage) }
}

function membershipWritten(written: Written<MembershipView>): proto.MembershipWritten {
  return { ...writtenMessage(written), membership: thingMessage(written, membershipMessage) }
}
