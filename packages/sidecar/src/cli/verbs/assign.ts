/** `rolesets assign`: gives an organization another role set, for example after an upgrade or a downgrade. */

import { Option } from 'commander'
import { parseId, parseRef } from '../../domain/fields.ts'
import { isRegistered, notRegistered } from '../run/registered.ts'
import { mapOption, mapRemedy, restoreOption, type Mappings } from '../run/mappings.ts'
import type { Given } from '../run/verb.ts'
import { writeVerb, type WriteOptions, type WriteVerb } from '../run/write.ts'

interface AssignOptions extends WriteOptions {
  readonly map?: Mappings
  readonly create?: true
  readonly restoreFormerRoles?: true
}

const verb: WriteVerb = {
  usage: 'assign <organization> <role-set>',
  summary: 'Gives an organization another role set.',
  options: [
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

Examples:
  rolesets assign org_acme role_set:pro --key-file rolesets.db.key
  rolesets assign org_new role_set:pro --create --key-file rolesets.db.key
  rolesets assign org_acme role_set:free --map org:analyst=org:member --map org:moderator=org:member --dry-run`,
}

export const assign = writeVerb(verb, ({ options }: Given<AssignOptions>, organization: string, roleSet: string) => {
  const input = {
    organizationId: parseId(organization, '<organization>'),
    roleSet: parseRef(roleSet, '<role-set>'),
    mappings: options.map ?? {},
    ...(options.restoreFormerRoles && { restoreFormerRoles: true }),
  }
  return {
    ask: async (admin, { dryRun, ...how }, limits) => {
      if (await isRegistered(admin, input.organizationId, limits))
        return admin.assignRoleSet({ ...input, dryRun, ...how }, limits)
      if (options.create !== true) throw notRegistered(input.organizationId, 'give --create to register it')
      return admin.createOrganization({ id: input.organizationId, roleSet: input.roleSet, dryRun }, limits)
    },
    outcome: (answer) => {
      const key = answer.organization?.roleSet ?? roleSet
      return {
        is: `${organization} has the role set ${key}`,
        would: `${organization} would get the role set ${key}`,
      }
    },
    remedy: mapRemedy(input.mappings),
  }
})
