/**
 * `rolesets assign`: gives an organization another role set, for example after an upgrade or a downgrade; or a scope of it a role
 * set of its own.
 */

import { Option } from 'commander'
import { parseId, parseRef } from '../../domain/fields.ts'
import { isRegistered, notRegistered } from '../run/registered.ts'
import { UsageError } from '../run/failure.ts'
import { mapOption, mapRemedy, restoreOption, type Mappings } from '../run/mappings.ts'
import { placeText, scopeOf, scopeOption, type ScopeOptions } from '../run/scopes.ts'
import type { Given } from '../run/verb.ts'
import { writeVerb, type WriteOptions, type WriteVerb } from '../run/write.ts'

interface AssignOptions extends WriteOptions, ScopeOptions {
  readonly map?: Mappings
  readonly create?: true
  readonly clear?: true
  readonly restoreFormerRoles?: true
}

const verb: WriteVerb = {
  usage: 'assign <organization> [role-set]',
  summary: 'Gives an organization another role set, or a scope of it a role set of its own.',
  options: [
    scopeOption,
    new Option('--clear', 'take the own role set of the scope away; give no role set'),
    mapOption,
    restoreOption,
    new Option('--create', "register the organization if it isn't registered, also if it was deleted before"),
  ],
  onRevision: true,
  endsAdministrators: true,
  notes: `
The role set is a key (role_set:pro) or an id. Roles in use that the new set lacks need a --map each; without it the
change is refused, and the answer says which roles those are. An organization that the sidecar does not know is refused,
because its id may be misspelt; --create registers it. All of it is one revision.

With --scope, the role set becomes the own one of this part of the organization. With --clear, a default or the kind of the scope
decides again.

Examples:
  rolesets assign org_acme role_set:pro --key-file rolesets.db.key
  rolesets assign org_new role_set:pro --create --key-file rolesets.db.key
  rolesets assign org_acme role_set:free --map org:analyst=org:member --map org:moderator=org:member --dry-run
  rolesets assign org_acme role_set:pharmacy --scope department:pharmacy --key-file rolesets.db.key
  rolesets assign org_acme --scope department:pharmacy --clear --dry-run`,
}

export const assign = writeVerb(
  verb,
  ({ options }: Given<AssignOptions>, organization: string, roleSet: string | undefined) => {
    const organizationId = parseId(organization, '<organization>')
    const { scope } = scopeOf(options)
    const wanted = parseWanted(roleSet, { scope, isCleared: options.clear === true })
    const mappings = options.map ?? {}
    const restoring = options.restoreFormerRoles && { restoreFormerRoles: true }
    const input = { organizationId, ...(scope !== undefined && { scope }), ...wanted, mappings, ...restoring }
    return {
      ask: async (admin, { dryRun, ...how }, limits) => {
        if (await isRegistered(admin, organizationId, limits))
          return admin.assignRoleSet({ ...input, dryRun, ...how }, limits)
        if (options.create !== true) throw notRegistered(organizationId, 'give --create to register it')
        // A scope is given its role set by the write that registers the organization, on the initial set.
        if (scope !== undefined) return admin.assignRoleSet({ ...input, dryRun }, limits)
        return admin.createOrganization({ id: organizationId, ...wanted, dryRun }, limits)
      },
      outcome: (answer) => {
        const key = scope === undefined ? answer.organization?.roleSet : undefined
        const has = wanted.roleSet === undefined ? 'no role set of its own' : `the role set ${key ?? wanted.roleSet}`
        const place = placeText(organizationId, scope)
        return {
          is: `${place} has ${has}`,
          would: `${place} would ${wanted.roleSet === undefined ? 'have' : 'get'} ${has}`,
        }
      },
      remedy: mapRemedy(mappings),
    }
  },
)

interface Wanted {
  readonly roleSet?: string
  readonly clear?: true
}

function parseWanted(
  roleSet: string | undefined,
  { scope, isCleared }: { readonly scope: string | undefined; readonly isCleared: boolean },
): Wanted {
  if (!isCleared && roleSet === undefined)
    throw new UsageError('<role-set> is missing. Give a key or an id; or --clear, for a scope.')
  if (isCleared && scope === undefined)
    throw new UsageError('--clear needs --scope. An organization as a whole always has a role set.')
  if (isCleared && roleSet !== undefined)
    throw new UsageError("--clear and <role-set> can't be given together. Give one of them.")
  return roleSet === undefined ? { clear: true } : { roleSet: parseRef(roleSet, '<role-set>') }
}
