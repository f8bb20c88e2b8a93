/** Calls about invitations. */

import type * as proto from '@rolesets/proto'
import type { Administration } from '../service/administration.ts'
import type { Written } from '../service/call.ts'
import type { InvitationView } from '../service/views.ts'
import { pageCall, pageMessage, thingMessage, writing, writtenMessage } from './administration-call.ts'
import { unary, type Endpoint } from './handler.ts'
import { invitationMessage, membershipMessage } from './messages.ts'
import { newInvitationOf, statusesOf } from './requests.ts'

export function invitationHandlers(service: Administration, endpoint: Endpoint) {
  const write = writing(endpoint)
  return {
    CreateInvitation: write('CreateInvitation', async (request: proto.CreateInvitationRequest__Output, call) =>
      invitationWritten(
        await service.createInvitation({ ...newInvitationOf(request), organizationId: request.organizationId }, call),
      ),
    ),
    CreateInvitations: write('CreateInvitations', async (request: proto.CreateInvitationsRequest__Output, call) => {
      const { organizationId } = request
      const invitations = request.invitations.map((it, place) => newInvitationOf(it, `invitations[${place}].`))
      const written = await service.createInvitations({ organizationId, invitations }, call)
      return { ...writtenMessage(written), invitations: (written.value ?? []).map(invitationMessage) }
    }),
    GetInvitation: unary(endpoint, 'read', async (request: proto.GetInvitationRequest__Output, { signal }) => {
      const { value, revision } = await service.getInvitation(request.organizationId, request.invitationId, { signal })
      return { invitation: invitationMessage(value), revision }
    }),
    ListInvitations: unary(endpoint, 'read', async (request: proto.ListInvitationsRequest__Output, call) => {
      const filter = { organizationId: request.organizationId, statuses: statusesOf(request.statuses) }
      const { items, ...page } = pageMessage(await service.listInvitations(filter, pageCall(request, call)))
      return { ...page, invitations: items.map(invitationMessage) }
    }),
    RevokeInvitation: write('RevokeInvitation', async (request: proto.RevokeInvitationRequest__Output, call) =>
      invitationWritten(await service.revokeInvitation(request, call)),
    ),
    AcceptInvitation: write('AcceptInvitation', async (request: proto.AcceptInvitationRequest__Output, call) => {
      const written = await service.acceptInvitation(request, call)
      return {
        ...writtenMessage(written),
        invitation: thingMessage(written, ({ invitation }) => invitationMessage(invitation)),
        membership: thingMessage(written, ({ membership }) => membershipMessage(membership)),
      }
    }),
  }
}

function invitationWritten(written: Written<InvitationView>): proto.InvitationWritten {
  return { ...writtenMessage(written), invitation: thingMessage(written, invitationMessage) }
}
