/** What the lists of invitations share: how they are filtered and sorted, and how an entry looks. */

import { z } from 'zod'
import type { InvitationEntry } from '../../service/directory.ts'
import { ordering, several } from '../operation/fields.ts'
import { representInvitationOfOrganization } from './invitation-object.ts'
import type { RoleFactsOf } from './role-facts.ts'

export const invitationStatuses = several
  .pipe(z.array(z.enum(['pending', 'accepted', 'revoked', 'expired'])).optional())
  .describe('`pending`, `accepted`, `revoked` or `expired`.')

export const invitationOrder = ordering(['created_at', 'email_address'], { field: 'created_at', descending: true })

export function representInvitationEntry({ invitation, organization }: InvitationEntry, roleOf: RoleFactsOf) {
  return representInvitationOfOrganization(invitation, { role: roleOf(invitation.roleId), organization })
}
