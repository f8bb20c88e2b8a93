/** `rolesets assign`: puts an organization on another role set, for example after an upgrade or a downgrade. */

import type { Command } from 'commander'
import { parseRef } from '../../domain/fields.ts'
import { parseOrganizationId } from '../../domain/questions.ts'
import type { Io } from '../run/io.ts'
import { mapOption, mapRemedy, type Mappings } from '../run/mappings.ts'
import { reporting } from '../run/verb.ts'
import { addWriteVerb, runWrite, type WriteOptions } from '../run/write.ts'

interface AssignOptions extends WriteOptions {
  readonly map?: Mappings
}

const verb = {
  usage: 'assign <organization> <role-set>',
  summary: 'Puts an organization on another role set.',
  options: [mapOption],
  onRevision: true,
  notes: `
The role set is a key (role_set:pro) or an id. Roles in use that the new set lacks need a --map each; without it the
change is refused, and the answer says which roles those are. An organization that the sidecar does not know yet is
registered by this. All of it is one revision.

Examples:
  rolesets assign org_acme role_set:pro --key-file rolesets.db.key
  rolesets assign org_acme role_set:free --map org:analyst=org:member --map org:moderator=org:member --dry-run`,
}

export function addAssign(program: Command, io: Io): void {
  addWriteVerb(program, io, verb).action((organization: string, roleSet: string, options: AssignOptions) =>
    reporting(io, options, () => {
      const input = {
        organizationId: parseOrganizationId(organization, '<organization>'),
        roleSet: parseRef(roleSet, '<role-set>'),
        mappings: options.map ?? {},
      }
      return runWrite(io, options, {
        ask: (client, how, limits) => client.admin.assignRoleSet({ ...input, ...how }, limits),
        sentences: (answer, dryRun) => {
          const key = answer.organization?.roleSet ?? input.roleSet
          const { organizationId: id } = input
          return [
            dryRun
              ? `${id} would get the role set ${key}.`
              : `${id} has the role set ${key} (revision ${answer.revision}).`,
          ]
        },
        remedy: mapRemedy(input.mappings),
      })
    }),
  )
}
