/** `rolesets invitations`: offers to become a member of an organization with one of its roles. */

import { accept, create, revoke } from './invitation-writes.ts'
import { get, list } from './invitation-reads.ts'
import { noun } from '../run/verb.ts'

const summary = 'Invites to an organization, and lists, revokes and accepts invitations.'

export const invitations = noun({ usage: 'invitations', summary }, [create, list, get, revoke, accept])
