/** `rolesets members`: makes users members of an organization, gives them other roles or another end, and ends memberships. */

import type { Membership } from '@rolesets/client'
import { listed } from '@rolesets/core'
import { Option } from 'commander'
import { parseId, parseRef } from '../../domain/fields.ts'
import { UsageError } from '../run/failure.ts'
import { isRegistered, notRegistered } from '../run/registered.ts'
import { placeText, scopeOf, scopeOption, type ScopeOptions } from '../run/scopes.ts'
import { parseTime } from '../run/time.ts'
import { noun, type Given } from '../run/verb.ts'
import { actingOptions, onBehalfOf, writeVerb, type ActingOptions, type WriteOptions } from '../run/write.ts'

interface Options extends WriteOptions, ActingOptions, ScopeOptions {
  readonly role?: readonly string[]
  readonly until?: string
  readonly emailAddress?: readonly string[]
  readonly revokeSentInvitations?: true
}

const roleOption = (description: string) =>
  new Option('--role <role>', description).argParser((text: string, before: readonly string[] = []) => [
    ...before,
    text,
  ])

const addVerb = {
  usage: 'add <organization> <user>',
  summary: 'Makes a user a member of an organization, or of a scope of it.',
  options: [
    scopeOption,
    roleOption('the role; given again, another one beside it'),
    new Option('--until <time>', 'the membership counts until this time (ISO 8601 or Unix milliseconds)'),
    new Option('--email-address <address...>', 'addresses of the user: pending invitations to them end'),
    ...actingOptions,
  ],
  onRevision: false,
  notes: `
The role must be in the role set of the organization, or of its scope, where only members of the organization can be members.
Several roles can be given as far as the setting max_roles_per_member allows it. From --until on the membership counts nowhere
and holds no role; nothing needs to run for that. The user can then be added again.

Examples:
  rolesets members add org_acme user_ann --role org:member --key-file rolesets.db.key
  rolesets members add org_acme user_ann --role org:pharmacist --scope department:pharmacy --dry-run
  rolesets members add org_acme user_fay --role org:auditor --until 2030-06-30T18:00:00Z`,
}

const updateVerb = {
  usage: 'update <organization> <user>',
  summary: 'Gives a member other roles, or the membership another end.',
  options: [
    scopeOption,
    roleOption('the new role, which replaces all; given again, another one beside it'),
    new Option('--until <time>', 'the new end (ISO 8601 or Unix milliseconds), or never'),
    ...actingOptions,
  ],
  onRevision: true,
  endsAdministrators: true as const,
  notes: `
What isn't given stays as it is. A membership whose time is over can not be extended: add the user again.

Examples:
  rolesets members update org_acme user_ann --role org:admin --dry-run --key-file rolesets.db.key
  rolesets members update org_acme user_fay --until 2030-12-31
  rolesets members update org_acme user_fay --until never`,
}

const removeVerb = {
  usage: 'remove <organization> <user>',
  summary: 'Ends a membership, and with that of an organization those in its scopes.',
  options: [
    scopeOption,
    new Option('--revoke-sent-invitations', 'also revoke the pending invitations that the user sent'),
    ...actingOptions,
  ],
  onRevision: false,
  endsAdministrators: true as const,
  notes: `
rolesets users remove ends all that a user has, in all organizations.

Examples:
  rolesets members remove org_acme user_ann --dry-run --key-file rolesets.db.key
  rolesets members remove org_acme user_ann --scope department:pharmacy`,
}

const add = writeVerb(addVerb, ({ options }: Given<Options>, organization: string, user: string) => {
  const member = memberOf(organization, user, options)
  const { organizationId, scope } = member
  const roles = rolesOf(options)
  if (!('role' in roles || 'roles' in roles)) throw new UsageError('--role is missing. Name the role of the member.')
  const { emailAddress: emailAddresses } = options
  const given = { ...roles, ...endOf(options), ...(emailAddresses && { emailAddresses }) }
  const input = { ...member, ...given, ...onBehalfOf(options) }
  return {
    ask: async (admin, { dryRun }, limits) => {
      if (!(await isRegistered(admin, organizationId, limits)))
        throw notRegistered(organizationId, 'register it with rolesets assign <organization> <role-set> --create')
      return admin.createMembership({ ...input, dryRun }, limits)
    },
    outcome: ({ membership }) => sentences(user, `a member of ${placeText(organizationId, scope)}`, membership),
  }
})

const update = writeVerb(updateVerb, ({ options }: Given<Options>, organization: string, user: string) => {
  const member = memberOf(organization, user, options)
  const change = { ...rolesOf(options), ...endOf(options) }
  if (Object.keys(change).length === 0) throw new UsageError('Nothing to change. Give --role or --until.')
  const input = { ...member, ...change, ...onBehalfOf(options) }
  return {
    ask: (admin, how, limits) => admin.updateMembership({ ...input, ...how }, limits),
    outcome: ({ membership }) => sentences(user, `a member of ${placeText(organization, member.scope)}`, membership),
  }
})

const remove = writeVerb(removeVerb, ({ options }: Given<Options>, organization: string, user: string) => {
  const member = memberOf(organization, user, options)
  const invitations = options.revokeSentInvitations && { revokeSentInvitations: true }
  const input = { ...member, ...invitations, ...onBehalfOf(options) }
  const place = placeText(organization, member.scope)
  return {
    ask: (admin, how, limits) => admin.deleteMembership({ ...input, ...how }, limits),
    outcome: () => ({
      is: `${user} is not a member of ${place} any more`,
      would: `${user} would not be a member of ${place}`,
    }),
  }
})

export const members = noun(
  { usage: 'members', summary: 'Adds, changes and removes members of an organization and its scopes.' },
  [add, update, remove],
)

function memberOf(organization: string, user: string, options: ScopeOptions) {
  const organizationId = parseId(organization, '<organization>')
  const { scope } = scopeOf(options)
  return { organizationId, userId: parseId(user, '<user>'), ...(scope !== undefined && { scope }) }
}

function rolesOf({ role: given = [] }: Options): { readonly role?: string; readonly roles?: readonly string[] } {
  const roles = given.map((each) => parseRef(each, '--role'))
  const [role, ...others] = roles
  if (role === undefined) return {}
  return others.length === 0 ? { role } : { roles }
}

function endOf({ until }: Options): { readonly expiresAtMs?: number } {
  if (until === undefined) return {}
  return { expiresAtMs: until === 'never' ? 0 : parseTime(until, '--until') }
}

/** Nothing: it has no end. */
export function untilText({ expiresAtMs }: Pick<Membership, 'expiresAtMs'>): string {
  return expiresAtMs === 0 ? '' : `until ${new Date(expiresAtMs).toISOString()}`
}

function sentences(user: string, place: string, membership: Membership | null | undefined) {
  const { roles = [], expiresAtMs = 0 } = membership ?? {}
  const held = `${place} with the ${roles.length > 1 ? 'roles' : 'role'} ${listed(roles)}`
  const until = untilText({ expiresAtMs })
  const rest = `${held}${until && `, ${until}`}`
  return { is: `${user} is ${rest}`, would: `${user} would be ${rest}` }
}
