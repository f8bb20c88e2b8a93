/** `rolesets invitations list` and `get`, and `rolesets get invitations`, which is both. */

import { InvalidArgumentError, Option } from 'commander'
import { askingVerb, type Given, type Session } from '../run/verb.ts'
import { withoutUndefined } from '../run/without-undefined.ts'
import type { Invitation, InvitationStatus } from '@rolesets/client'
import { parseId } from '../../domain/fields.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import { printPages } from '../run/pages.ts'
import { scopeOf, scopesOf, scopesOption, type ScopeOptions } from '../run/scopes.ts'
import { tableText } from '../output/table.ts'

interface ListOptions extends ConnectionOptions, ScopeOptions {
  readonly status?: readonly InvitationStatus[]
}

const statuses: readonly InvitationStatus[] = ['PENDING', 'ACCEPTED', 'REVOKED', 'EXPIRED']

const statusOption = new Option(
  '--status <status>',
  'only those that are pending, accepted, revoked or expired; can be repeated',
).argParser(collectStatus)

const listVerb = {
  usage: 'list <organization>',
  summary: 'Lists the invitations of an organization.',
  options: [statusOption, scopesOption],
  notes: `
With --json, one document on each line.

Examples:
  rolesets invitations list org_acme
  rolesets invitations list org_acme --status pending --status expired
  rolesets invitations list org_acme --scope department:cardiology`,
}

const getVerb = {
  usage: 'get <organization> <id>',
  summary: 'Shows an invitation.',
  notes: `
Example:
  rolesets invitations get org_acme orginv_2mE…`,
}

const listOrGetVerb = {
  usage: 'invitations <organization> [id]',
  summary: 'Lists the invitations of an organization, or shows one of them.',
  options: [statusOption, scopesOption],
  notes: `
With --json, one document on each line, with all fields.

Examples:
  rolesets get invitations org_acme --status pending
  rolesets get invitations org_acme --scope '*'
  rolesets get invitations org_acme orginv_2mE… --json`,
}

export const list = askingVerb(listVerb, (given: Given<ListOptions>, organization: string) =>
  listing(given, organization),
)

export const get = askingVerb(getVerb, (given: Given<ConnectionOptions>, organization: string, id: string) =>
  showing(given, organization, id),
)

export const listOrGet = askingVerb(
  listOrGetVerb,
  (given: Given<ListOptions>, organization: string, id: string | undefined) =>
    id === undefined ? listing(given, organization) : showing(given, organization, id),
)

function listing({ io, options }: Given<ListOptions>, organization: string) {
  const organizationId = parseId(organization, '<organization>')
  const asked = { organizationId, ...scopesOf(options), ...withoutUndefined({ statuses: options.status }) }
  return ({ client, limits }: Session<ConnectionOptions>) =>
    printPages(io, {
      json: options.json,
      read: async (page) => {
        const { invitations: items, nextPageToken } = await client.admin.listInvitations({ ...asked, ...page }, limits)
        return { items, nextPageToken }
      },
      ifNone: () => client.admin.getOrganization({ organizationId }, limits),
      textOf: (invitations) => tableText(invitations.map(rowOf)),
    })
}

function showing({ options }: Given<ConnectionOptions & ScopeOptions>, organization: string, id: string) {
  const organizationId = parseId(organization, '<organization>')
  const asked = { organizationId, ...scopeOf(options), invitationId: parseId(id, '<id>') }
  return async ({ client, limits, print }: Session<ConnectionOptions>) => {
    const found = await client.admin.getInvitation(asked, limits)
    await print(found, tableText(factsOf(found.invitation)))
  }
}

/** Commander calls it for each value, with the result of the values before. */
function collectStatus(text: string, before: readonly InvitationStatus[] = []): readonly InvitationStatus[] {
  const status = statuses.find((each) => each.toLowerCase() === text)
  if (status === undefined) throw new InvalidArgumentError('Give pending, accepted, revoked or expired.')
  return before.includes(status) ? before : [...before, status]
}

/** The scope comes last, because for most invitations it is empty. */
function rowOf({ id, status, emailAddress, roles, expiresAtMs, scope }: Invitation): readonly string[] {
  const until = status === 'PENDING' ? `until ${new Date(expiresAtMs).toISOString()}` : ''
  return [id, status.toLowerCase(), emailAddress, roles.join(', '), until, scope]
}

function factsOf(invitation: Invitation): readonly (readonly string[])[] {
  const { id, organizationId, scope, emailAddress, roles, status, redirectUrl } = invitation
  const { inviterUserId, acceptedByUserId, createdAtMs, expiresAtMs } = invitation
  const facts = [
    ['id', id],
    ['organization', organizationId],
    ['scope', scope],
    ['email address', emailAddress],
    [roles.length > 1 ? 'roles' : 'role', roles.join(', ')],
    ['status', status.toLowerCase()],
    ['invited by', inviterUserId],
    ['accepted by', acceptedByUserId],
    ['redirect URL', redirectUrl],
    ['made', new Date(createdAtMs).toISOString()],
    ['expires', new Date(expiresAtMs).toISOString()],
  ]
  return facts.filter(([, fact]) => fact !== '')
}
