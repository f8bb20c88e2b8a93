/** `rolesets get`: shows what the sidecar has, one thing or a list. */

import { Option } from 'commander'
import type {
  Administration,
  AdminOptions,
  Membership,
  Organization,
  Permission,
  Role,
  RoleSet,
} from '@rolesets/client'
import { listOrGet as invitations } from './invitation-reads.ts'
import { untilText } from './members.ts'
import { scopeDefaults, scopeKinds, scopes } from './scope-reads.ts'
import { parseId, parseRef } from '../../domain/fields.ts'
import { tableText } from '../output/table.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import { printPages } from '../run/pages.ts'
import { scopeOf, scopesOf, scopesOption, type ScopeOptions } from '../run/scopes.ts'
import { askingVerb, noun, type AddVerb, type Given } from '../run/verb.ts'
import { withoutUndefined } from '../run/without-undefined.ts'

interface Filters extends ConnectionOptions, ScopeOptions {
  readonly roleSet?: string
  readonly role?: string
}

interface Page {
  readonly pageSize: number
  readonly pageToken?: string
}

interface Kind<Item extends object> {
  readonly usage: string
  readonly summary: string
  readonly example: string
  readonly option?: Option
  readonly list: (
    admin: Administration,
    page: Page,
    how: { filters: Filters; limits: AdminOptions },
  ) => Promise<{ readonly items: readonly Item[]; readonly nextPageToken: string }>
  readonly get: (admin: Administration, id: string, limits: AdminOptions) => Promise<object>
  readonly rowOf: (item: Item) => readonly string[]
}

/** A list, or with an id the one thing; what a thing has beyond its row is in the document of `--json`. */
function kind<Item extends object>({ usage, summary, example, option, ...calls }: Kind<Item>): AddVerb {
  const notes = `
With --json, one document on each line, with all fields.

Examples:
  rolesets get ${usage.split(' ')[0]}
  rolesets get ${example}`
  const verb = { usage, summary, notes, options: option === undefined ? [] : [option] }
  return askingVerb(verb, ({ io, options }: Given<Filters>, id: string | undefined) => {
    const ref = id === undefined ? undefined : parseId(id, '<id>')
    return async ({ client, limits, print }) => {
      const { admin } = client
      if (ref === undefined) {
        const read = (page: Page) => calls.list(admin, page, { filters: options, limits })
        return printPages(io, { json: options.json, read, textOf: (items) => tableText(items.map(calls.rowOf)) })
      }
      const found = await calls.get(admin, ref, limits)
      const item = Object.values(found).find((value): value is Item => typeof value === 'object' && value !== null)
      await print(found, item === undefined ? '' : tableText([calls.rowOf(item)]))
    }
  })
}

const roleSetOption = new Option('--role-set <role-set>', 'only those with this role set')
const roleOption = new Option('--role <role>', 'only those with this role')

const organizations = kind<Organization>({
  usage: 'organizations [id]',
  summary: 'Lists the organizations, or shows one of them.',
  example: 'organizations org_acme',
  option: roleSetOption,
  list: async (admin, page, { filters: { roleSet }, limits }) => {
    const { organizations: items, nextPageToken } = await admin.listOrganizations(
      { ...page, ...withoutUndefined({ roleSet }) },
      limits,
    )
    return { items, nextPageToken }
  },
  get: (admin, organizationId, limits) => admin.getOrganization({ organizationId }, limits),
  rowOf: ({ id, name, slug, roleSet }) => [id, roleSet, name, slug],
})

const roleSets = kind<RoleSet>({
  usage: 'role-sets [id]',
  summary: 'Lists the role sets, or shows one of them.',
  example: 'role-sets role_set:default',
  list: async (admin, page, { limits }) => {
    const { roleSets: items, nextPageToken } = await admin.listRoleSets(page, limits)
    return { items, nextPageToken }
  },
  get: (admin, roleSet, limits) => admin.getRoleSet({ roleSet }, limits),
  rowOf: ({ key, name, type, roles }) => [key, type === 'INITIAL_SET' ? 'initial' : 'custom', name, roles.join(', ')],
})

const roles = kind<Role>({
  usage: 'roles [id]',
  summary: 'Lists the roles, or shows one of them.',
  example: 'roles org:admin',
  list: async (admin, page, { limits }) => {
    const { roles: items, nextPageToken } = await admin.listRoles(page, limits)
    return { items, nextPageToken }
  },
  get: (admin, role, limits) => admin.getRole({ role }, limits),
  rowOf: ({ key, name, permissions }) => [key, name, permissions.join(', ')],
})

const permissions = kind<Permission>({
  usage: 'permissions [id]',
  summary: 'Lists the permissions, or shows one of them.',
  example: 'permissions org:sys_profile:manage',
  list: async (admin, page, { limits }) => {
    const { permissions: items, nextPageToken } = await admin.listPermissions(page, limits)
    return { items, nextPageToken }
  },
  get: (admin, permission, limits) => admin.getPermission({ permission }, limits),
  rowOf: ({ key, name }) => [key, name],
})

const membersVerb = {
  usage: 'members <organization> [user]',
  summary: 'Lists the members of an organization, or shows one of them.',
  options: [roleOption, scopesOption],
  notes: `
With --json, one document on each line, with all fields.

Examples:
  rolesets get members org_acme
  rolesets get members org_acme user_ann --json
  rolesets get members org_acme --scope department:cardiology
  rolesets get members org_acme --scope '*'`,
}

/** The scope and the end come last, because for most members they are empty. */
function memberRow({ userId, roles, createdAtMs, scope, expiresAtMs }: Membership): readonly string[] {
  return [userId, roles.join(', '), new Date(createdAtMs).toISOString(), scope, untilText({ expiresAtMs })]
}

const members = askingVerb(
  membersVerb,
  ({ io, options }: Given<Filters>, organization: string, user: string | undefined) => {
    const organizationId = parseId(organization, '<organization>')
    const userId = user === undefined ? undefined : parseId(user, '<user>')
    const role = options.role === undefined ? {} : { role: parseRef(options.role, '--role') }
    const scope = userId === undefined ? scopesOf(options) : scopeOf(options)
    return async ({ client: { admin }, limits, print }) => {
      if (userId !== undefined) {
        const found = await admin.getMembership({ organizationId, ...scope, userId }, limits)
        return void (await print(found, tableText([memberRow(found.membership)])))
      }
      const read = async (page: Page) => {
        const request = { organizationId, ...scope, ...role, ...page }
        const { memberships: items, nextPageToken } = await admin.listMemberships(request, limits)
        return { items, nextPageToken }
      }
      const ifNone = () => admin.getOrganization({ organizationId }, limits)
      await printPages(io, { json: options.json, read, ifNone, textOf: (items) => tableText(items.map(memberRow)) })
    }
  },
)

export const get = noun({ usage: 'get', summary: 'Shows what the sidecar has: one thing, or a list.' }, [
  organizations,
  roleSets,
  roles,
  permissions,
  members,
  invitations,
  scopes,
  scopeKinds,
  scopeDefaults,
])
