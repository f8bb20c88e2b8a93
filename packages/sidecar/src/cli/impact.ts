/** What a write does, or would do, beyond the thing itself: in words. */

import type { Impact } from '@rolesets/client'
import { counted } from '../domain/wording.ts'

/** Lines with two spaces before each; none if there is no impact. */
export function impactLines({ organizations, roles }: Impact): readonly string[] {
  return [
    ...(organizations > 0 ? [`  affects ${counted(organizations, 'organization')}`] : []),
    ...roles.map(({ role, toRole, members, invitations }) => {
      const holders = [
        ...(members > 0 ? [counted(members, 'member')] : []),
        ...(invitations > 0 ? [counted(invitations, 'invitation')] : []),
      ]
      return `  gives ${holders.join(' and ') || 'nobody'} with ${role} the role ${toRole}`
    }),
  ]
}
