/** `rolesets users`: ends all that a user has. The sidecar owns no users, and knows only their ids. */

import { Option } from 'commander'
import { parseId } from '../../domain/fields.ts'
import { noun, type Given } from '../run/verb.ts'
import { writeVerb, type WriteOptions, type WriteVerb } from '../run/write.ts'

interface RemoveOptions extends WriteOptions {
  readonly revokeSentInvitations?: true
  readonly emailAddress?: readonly string[]
}

const removeVerb: WriteVerb = {
  usage: 'remove <user>',
  summary: 'Ends all that a user has: memberships in all organizations, and pending invitations to the user.',
  options: [
    new Option('--revoke-sent-invitations', 'also revoke the pending invitations that the user sent'),
    new Option(
      '--email-address <address...>',
      'addresses of the user; the sidecar knows those of accepted invitations',
    ),
  ],
  onRevision: false,
  endsAdministrators: true,
  notes: `
All of it is one revision. A user who has nothing is no error. An organization whose last administrator the user is keeps
the user, and nothing is done, unless --allow-no-administrator is given or the setting last_administrator is warn.

Examples:
  rolesets users remove user_ada --dry-run --key-file rolesets.db.key
  rolesets users remove user_ada --revoke-sent-invitations --key-file rolesets.db.key`,
}

const remove = writeVerb(removeVerb, ({ options }: Given<RemoveOptions>, typed: string) => {
  const userId = parseId(typed, '<user>')
  const input = {
    userId,
    ...(options.revokeSentInvitations && { revokeSentInvitations: true }),
    ...(options.emailAddress && { emailAddresses: options.emailAddress }),
  }
  return {
    ask: (admin, how, limits) => admin.removeUser({ ...input, ...how }, limits),
    outcome: () => ({ is: `${userId} is removed`, would: `${userId} would be removed` }),
  }
})

export const users = noun({ usage: 'users', summary: 'Removes users.' }, [remove])
