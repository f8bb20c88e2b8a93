/** `rolesets invitations list` and `get`. */

import { exitCodes } from '@rolesets/core'
import type { Invitation, InvitationStatus } from '@rolesets/client'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { parseId } from '../../domain/fields.ts'
import { parseOrganizationId } from '../../domain/questions.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import type { Io } from '../run/io.ts'
import { jsonLine } from '../output/json.ts'
import { printPages } from '../run/pages.ts'
import { tableText } from '../output/table.ts'
import { addVerb, reporting, withClient } from '../run/verb.ts'

interface ListOptions extends ConnectionOptions {
  readonly status?: readonly InvitationStatus[]
}

const statuses: readonly InvitationStatus[] = ['PENDING', 'ACCEPTED', 'REVOKED', 'EXPIRED']

const listVerb = {
  usage: 'list <organization>',
  summary: 'Lists the invitations of an organization.',
  options: [
    new Option(
      '--status <status>',
      'only those that are pending, accepted, revoked or expired; as often as needed',
    ).argParser(collectStatus),
  ],
  notes: `
With --json, one document on each line.

Examples:
  rolesets invitations list org_acme
  rolesets invitations list org_acme --status pending --status expired`,
}

const getVerb = {
  usage: 'get <organization> <id>',
  summary: 'Shows an invitation.',
  notes: `
Example:
  rolesets invitations get org_acme orginv_2mE…`,
}

export function addList(parent: Command, io: Io): void {
  addVerb(parent, io, listVerb).action((organization: string, options: ListOptions) =>
    reporting(io, options, async () => {
      const asked = {
        organizationId: parseOrganizationId(organization, '<organization>'),
        ...(options.status === undefined ? {} : { statuses: options.status }),
      }
      const limits = { deadlineMs: options.timeout * 1_000, signal: io.signal }
      await withClient(io, { options, keyUse: 'optional' }, (client) =>
        printPages(io, {
          json: options.json,
          read: async (page) => {
            const { invitations, nextPageToken } = await client.admin.listInvitations({ ...asked, ...page }, limits)
            return { items: invitations, nextPageToken }
          },
          textOf: (invitations) => tableText(invitations.map(rowOf)),
        }),
      )
      return exitCodes.yes
    }),
  )
}

export function addGet(parent: Command, io: Io): void {
  addVerb(parent, io, getVerb).action((organization: string, id: string, options: ConnectionOptions) =>
    reporting(io, options, async () => {
      const asked = {
        organizationId: parseOrganizationId(organization, '<organization>'),
        invitationId: parseId(id, '<id>'),
      }
      const limits = { deadlineMs: options.timeout * 1_000, signal: io.signal }
      const found = await withClient(io, { options, keyUse: 'optional' }, (client) =>
        client.admin.getInvitation(asked, limits),
      )
      await io.stdout(options.json ? jsonLine(found) : tableText(factsOf(found.invitation)))
      return exitCodes.yes
    }),
  )
}

/** Called by commander for each one, with what the ones before came to. */
function collectStatus(text: string, before: readonly InvitationStatus[] = []): readonly InvitationStatus[] {
  const status = statuses.find((each) => each.toLowerCase() === text)
  if (status === undefined) throw new InvalidArgumentError('Give pending, accepted, revoked or expired.')
  return before.includes(status) ? before : [...before, status]
}

function rowOf({ id, status, emailAddress, role, expiresAtMs }: Invitation): readonly string[] {
  const until = status === 'PENDING' ? `until ${new Date(expiresAtMs).toISOString()}` : ''
  return [id, status.toLowerCase(), emailAddress, role, until]
}

function factsOf(invitation: Invitation): readonly (readonly string[])[] {
  const { id, organizationId, emailAddress, role, status, redirectUrl } = invitation
  const { inviterUserId, acceptedByUserId, createdAtMs, expiresAtMs } = invitation
  const facts = [
    ['id', id],
    ['organization', organizationId],
    ['email address', emailAddress],
    ['role', role],
    ['status', status.toLowerCase()],
    ['invited by', inviterUserId],
    ['accepted by', acceptedByUserId],
    ['redirect URL', redirectUrl],
    ['made', new Date(createdAtMs).toISOString()],
    ['expires', new Date(expiresAtMs).toISOString()],
  ]
  return facts.filter(([, fact]) => fact !== '')
}
