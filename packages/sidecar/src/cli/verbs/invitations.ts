/** `rolesets invitations`: offers to become a member of an organization with one of its roles. */

import type { Command } from 'commander'
import type { Io } from '../run/io.ts'
import { addAccept, addCreate, addRevoke } from './invitation-writes.ts'
import { addGet, addList } from './invitation-reads.ts'
import { addGroup } from '../run/verb.ts'

export function addInvitations(program: Command, io: Io): void {
  const summary = 'Invites to an organization, and lists, revokes and accepts invitations.'
  const invitations = addGroup(program, io, { usage: 'invitations', summary })
  addCreate(invitations, io)
  addList(invitations, io)
  addGet(invitations, io)
  addRevoke(invitations, io)
  addAccept(invitations, io)
}
