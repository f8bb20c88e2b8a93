/** Operations on users, of whom only the ids are known. */

import { everyScope } from '@rolesets/core'
import { parseId } from '../../domain/fields.ts'
import { removeUser, type RemovedUser, type RemoveUserInput } from '../../domain/users.ts'
import type { Writer } from '../../storage/store.ts'
import { allOf, invitationsFrom, invitationsTo } from './invitees.ts'
import { commandsOf } from './operation.ts'

export const userCommands = commandsOf((user: RemovedUser) => user, {
  removeUser: {
    decide: async (scope, input: RemoveUserInput) => {
      const memberships = await membershipsOf(scope.writer, parseId(input.userId, 'user_id'))
      const everywhere = { ...input, scope: everyScope }
      const facts = { memberships, invitations: await invitationsTo(scope, everywhere) }
      return removeUser(input, { ...facts, ...(await invitationsFrom(scope, everywhere)) }, scope.context)
    },
  },
})

function membershipsOf(writer: Writer, userId: string) {
  const order = { field: 'created_at', descending: false } as const
  return allOf((offset) =>
    writer.searchMemberships({ userIds: { include: [userId] }, scope: everyScope }, order, { offset, limit: 1_000 }),
  )
}
