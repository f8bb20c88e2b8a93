/** `rolesets invitations create`, `revoke` and `accept`. */

import { InvalidArgumentError, Option, type Command } from 'commander'
import { counted, limits as sizes } from '@rolesets/core'
import { parseId, parseRef } from '../../domain/fields.ts'
import { parseOrganizationId } from '../../domain/questions.ts'
import type { Io } from '../run/io.ts'
import { reporting } from '../run/verb.ts'
import { addWriteVerb, runWrite, type WriteOptions } from '../run/write.ts'

interface CreateOptions extends WriteOptions {
  readonly expiresInDays?: number
  readonly inviter?: string
  readonly redirectUrl?: string
}

const createVerb = {
  usage: 'create <organization> <role> <email...>',
  summary: 'Invites addresses to an organization, all or none.',
  options: [
    new Option(
      '--expires-in-days <days>',
      `for how many days, 1 to ${sizes.invitationDaysMax} (default: ${sizes.invitationDaysDefault})`,
    ).argParser(parseDays),
    new Option('--inviter <user>', 'id of the user who invites'),
    new Option('--redirect-url <url>', 'where your application sends the invited person'),
  ],
  onRevision: false,
  notes: `
The role must be in the organization's role set. The sidecar sends nothing: that is for your application. All of it is one
revision; if one address can not be invited, none is.

Examples:
  rolesets invitations create org_acme org:member ann@example.com --key-file rolesets.db.key
  rolesets invitations create org_acme org:member ann@example.com bob@example.com --expires-in-days 7 --dry-run`,
}

const revokeVerb = {
  usage: 'revoke <organization> <id>',
  summary: 'Takes a pending invitation back.',
  onRevision: true,
  notes: `
Example:
  rolesets invitations revoke org_acme orginv_2mE… --key-file rolesets.db.key`,
}

const acceptVerb = {
  usage: 'accept <organization> <id> <user>',
  summary: 'Makes the user who was invited a member.',
  onRevision: true,
  notes: `
The role is checked again: it may have left the role set. That the address is the user's is for your application to know.

Example:
  rolesets invitations accept org_acme orginv_2mE… user_ann --key-file rolesets.db.key`,
}

export function addCreate(parent: Command, io: Io): void {
  addWriteVerb(parent, io, createVerb).action(
    (...[organization, role, emails, options]: [string, string, readonly string[], CreateOptions]) =>
      reporting(io, options, () => {
        const organizationId = parseOrganizationId(organization, '<organization>')
        const shared = { role: parseRef(role, '<role>'), ...offerOf(options) }
        const invitations = emails.map((emailAddress) => ({ emailAddress, ...shared }))
        const people = counted(emails.length, 'invitation')
        return runWrite(io, options, {
          ask: (client, { dryRun }, limits) =>
            client.admin.createInvitations({ organizationId, invitations, dryRun }, limits),
          sentences: (answer, dryRun) => {
            if (dryRun) return [`${organizationId} would have ${people} more, with the role ${role}.`]
            const made = (answer.invitations ?? []).map(({ id, emailAddress }) => `  ${id}  ${emailAddress}`)
            return [
              `${organizationId} has ${people} more, with the role ${role} (revision ${answer.revision}):`,
              ...made,
            ]
          },
        })
      }),
  )
}

export function addRevoke(parent: Command, io: Io): void {
  addWriteVerb(parent, io, revokeVerb).action((organization: string, id: string, options: WriteOptions) =>
    reporting(io, options, () => {
      const input = invitationOf(organization, id)
      return runWrite(io, options, {
        ask: (client, how, limits) => client.admin.revokeInvitation({ ...input, ...how }, limits),
        sentences: ({ invitation, revision }, dryRun) => {
          const whose = `The invitation of ${invitation?.emailAddress ?? id}`
          return [dryRun ? `${whose} would be revoked.` : `${whose} is revoked (revision ${revision}).`]
        },
      })
    }),
  )
}

export function addAccept(parent: Command, io: Io): void {
  addWriteVerb(parent, io, acceptVerb).action(
    (...[organization, id, user, options]: [string, string, string, WriteOptions]) =>
      reporting(io, options, () => {
        const input = { ...invitationOf(organization, id), userId: parseId(user, '<user>') }
        return runWrite(io, options, {
          ask: (client, how, limits) => client.admin.acceptInvitation({ ...input, ...how }, limits),
          sentences: ({ membership, revision }, dryRun) => {
            const place = `a member of ${organization} with the role ${membership?.role ?? ''}`
            return [dryRun ? `${user} would be ${place}.` : `${user} is ${place} (revision ${revision}).`]
          },
        })
      }),
  )
}

function invitationOf(organization: string, id: string): { organizationId: string; invitationId: string } {
  return {
    organizationId: parseOrganizationId(organization, '<organization>'),
    invitationId: parseId(id, '<id>'),
  }
}

function offerOf({ expiresInDays, inviter, redirectUrl }: CreateOptions) {
  return {
    ...(expiresInDays === undefined ? {} : { expiresInDays }),
    ...(inviter === undefined ? {} : { inviterUserId: parseId(inviter, '--inviter') }),
    ...(redirectUrl === undefined ? {} : { redirectUrl }),
  }
}

function parseDays(text: string): number {
  const days = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (days >= 1 && days <= sizes.invitationDaysMax) return days
  throw new InvalidArgumentError(`Give a whole number from 1 to ${sizes.invitationDaysMax}.`)
}
