/** What the lists of invitations share: how they are filtered and sorted, and how an entry looks. */

import { z } from 'zod'
import type { InvitationEntry } from '../../service/directory.ts'
import type { Service } from '../../service/service.ts'
import { ordering, several } from './fields.ts'
import { representInvitationOfOrganization } from './invitation-object.ts'
import { roleFactsOf } from './role-facts.ts'

export const invitationStatuses = several
  .pipe(z.array(z.enum(['pending', 'accepted', 'revoked', 'expired'])).optional())
  .describe('`pending`, `accepted`, `revoked` or `expired`.')

export const invitationOrder = ordering(['created_at', 'email_address'], { field: 'created_at', descending: true })

export function representInvitationEntry({ invitation, organization }: InvitationEntry, service: Service) {
  const role = roleFactsOf(service, invitation.roleId)
  return representInvitationOfOrganization(invitation, { role, organization })
}
