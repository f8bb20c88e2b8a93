/** `rolesets invitations create`, `revoke` and `accept`. */

import { InvalidArgumentError, Option } from 'commander'
import type { Given } from '../run/verb.ts'
import { actingOptions, onBehalfOf, writeVerb, type ActingOptions, type WriteOptions } from '../run/write.ts'
import { isRegistered, notRegistered } from '../run/registered.ts'
import { placeText, scopeOf, scopeOption, type ScopeOptions } from '../run/scopes.ts'
import { withoutUndefined } from '../run/without-undefined.ts'
import { counted, limits as sizes, listed } from '@rolesets/core'
import { parseId, parseRef } from '../../domain/fields.ts'

interface CreateOptions extends WriteOptions, ActingOptions, ScopeOptions {
  readonly expiresInDays?: number
  readonly inviter?: string
  readonly redirectUrl?: string
  /** Beside the first. */
  readonly role?: readonly string[]
}

const createVerb = {
  usage: 'create <organization> <role> <email...>',
  summary: 'Invites addresses to an organization, all or none.',
  options: [
    scopeOption,
    new Option(
      '--expires-in-days <days>',
      `for how many days, 1 to ${sizes.invitationDaysMax} (default: ${sizes.invitationDaysDefault})`,
    ).argParser(parseDays),
    new Option('--inviter <user>', 'id of the user who invites'),
    new Option('--role <role>', 'another role beside the first; may be given again').argParser(
      (text: string, before: readonly string[] = []) => [...before, text],
    ),
    new Option('--redirect-url <url>', 'where your application sends the invited person'),
    ...actingOptions,
  ],
  onRevision: false,
  notes: `
The role must be in the role set of the organization, or of its scope. An invitation into a scope can be accepted only by members of
the organization. The sidecar sends nothing: that is for your application. All of it is one
revision; if one address can not be invited, none is. --inviter is a fact that is stored and not checked. With --acting-user the
sidecar refuses what this user may not give. --role gives further roles, as many as the setting max_roles_per_member allows.

Examples:
  rolesets invitations create org_acme org:member ann@example.com --key-file rolesets.db.key
  rolesets invitations create org_acme org:member ann@example.com bob@example.com --expires-in-days 7 --dry-run
  rolesets invitations create org_acme org:pharmacist ann@example.com --scope department:pharmacy --dry-run`,
}

const revokeVerb = {
  usage: 'revoke <organization> <id>',
  summary: 'Revokes a pending invitation.',
  options: [scopeOption, ...actingOptions],
  onRevision: true,
  notes: `
With --scope, the invitation must be into this part of the organization, where an acting user must be able to manage the members.

Example:
  rolesets invitations revoke org_acme orginv_2mE… --key-file rolesets.db.key`,
}

const acceptVerb = {
  usage: 'accept <organization> <id> <user>',
  summary: 'Makes the invited user a member.',
  onRevision: true,
  notes: `
The role is checked again: it may have left the role set. That the address is the user's is for your application to know.

Example:
  rolesets invitations accept org_acme orginv_2mE… user_ann --key-file rolesets.db.key`,
}

const assignFirst = 'register it with rolesets assign <organization> <role-set> --create'

export const create = writeVerb(
  createVerb,
  ({ options }: Given<CreateOptions>, ...[organization, role, emails]: [string, string, readonly string[]]) => {
    const { expiresInDays, inviter, redirectUrl } = options
    const organizationId = parseId(organization, '<organization>')
    const { scope } = scopeOf(options)
    const place = { organizationId, ...(scope !== undefined && { scope }) }
    const inviterUserId = inviter === undefined ? undefined : parseId(inviter, '--inviter')
    const offer = withoutUndefined({ expiresInDays, inviterUserId, redirectUrl })
    const others = (options.role ?? []).map((each) => parseRef(each, '--role'))
    const roles = [parseRef(role, '<role>'), ...others]
    const shared = { ...(roles.length === 1 ? { role } : { roles }), ...offer }
    const named = `the ${roles.length === 1 ? 'role' : 'roles'} ${listed(roles)}`
    const invitations = emails.map((emailAddress) => ({ emailAddress, ...shared }))
    const acting = onBehalfOf(options)
    const invited = `${counted(emails.length, 'invitation')} to ${placeText(organizationId, scope)}`
    const was = emails.length === 1 ? 'was' : 'were'
    return {
      ask: async (admin, { dryRun }, limits) => {
        if (!(await isRegistered(admin, organizationId, limits))) throw notRegistered(organizationId, assignFirst)
        return admin.createInvitations({ ...place, invitations, dryRun, ...acting }, limits)
      },
      outcome: (answer) => {
        return {
          is: `${invited} ${was} created, with ${named}`,
          would: `${invited} would be created, with ${named}`,
          after: ':',
          lines: (answer.invitations ?? []).map(({ id, emailAddress }) => `  ${id}  ${emailAddress}`),
        }
      },
    }
  },
)

export const revoke = writeVerb(
  revokeVerb,
  ({ options }: Given<WriteOptions & ActingOptions & ScopeOptions>, organization: string, id: string) => {
    const input = { ...invitationOf(organization, id), ...scopeOf(options), ...onBehalfOf(options) }
    return {
      ask: (admin, how, limits) => admin.revokeInvitation({ ...input, ...how }, limits),
      outcome: ({ invitation }) => {
        const named = `The invitation of ${invitation?.emailAddress ?? id}`
        return { is: `${named} is revoked`, would: `${named} would be revoked` }
      },
    }
  },
)

export const accept = writeVerb(
  acceptVerb,
  (_given: Given<WriteOptions>, ...[organization, id, user]: [string, string, string]) => {
    const input = { ...invitationOf(organization, id), userId: parseId(user, '<user>') }
    return {
      ask: (admin, how, limits) => admin.acceptInvitation({ ...input, ...how }, limits),
      outcome: ({ membership }) => {
        const place = `a member of ${placeText(organization, membership?.scope)} with ${rolesText(membership)}`
        return { is: `${user} is ${place}`, would: `${user} would be ${place}` }
      },
    }
  },
)

function rolesText(membership: { readonly role: string; readonly roles: readonly string[] } | undefined): string {
  const { role = '', roles = [] } = membership ?? {}
  return roles.length > 1 ? `the roles ${listed(roles)}` : `the role ${role}`
}

function invitationOf(organization: string, id: string): { organizationId: string; invitationId: string } {
  return { organizationId: parseId(organization, '<organization>'), invitationId: parseId(id, '<id>') }
}

function parseDays(text: string): number {
  const days = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (days >= 1 && days <= sizes.invitationDaysMax) return days
  throw new InvalidArgumentError(`Give a whole number from 1 to ${sizes.invitationDaysMax}.`)
}
