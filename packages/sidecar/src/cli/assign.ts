/** `rolesets assign`: puts an organization on another role set, for example after an upgrade or a downgrade. */

import type { OrganizationWritten } from '@rolesets/client'
import { Option, type Command } from 'commander'
import { parseRef } from '../domain/fields.ts'
import { parseOrganizationId } from '../domain/questions.ts'
import type { ConnectionOptions } from './connection.ts'
import { impactLines } from './impact.ts'
import { exitCodes, type Io } from './io.ts'
import { jsonLine } from './json.ts'
import { collectMapping, type Mappings } from './mappings.ts'
import { actorOption, addVerb, reporting, withClient, writeOptions } from './verb.ts'

interface AssignOptions extends ConnectionOptions {
  readonly map?: Mappings
  readonly dryRun?: true
  readonly actor?: string
}

const verb = {
  usage: 'assign <organization> <role-set>',
  summary: 'Puts an organization on another role set.',
  options: [
    new Option('--map <from>=<to>', 'holders of <from> get <to>; as often as needed').argParser(collectMapping),
    new Option('--dry-run', 'say what it would do, and change nothing'),
    actorOption,
  ],
  notes: `
The role set is a key (role_set:pro) or an id. Roles that members hold and that the new set lacks need a --map each;
without it the change is refused, and the answer says which roles those are. An organization that the sidecar does not
know yet is registered by this. All of it is one revision.

Examples:
  rolesets assign org_acme role_set:pro --key-file rolesets.db.key
  rolesets assign org_acme role_set:free --map org:analyst=org:member --map org:moderator=org:member --dry-run`,
}

export function addAssign(program: Command, io: Io): void {
  addVerb(program, io, verb).action((organization: string, roleSet: string, options: AssignOptions) =>
    reporting(io, options, async () => {
      const input = {
        organizationId: parseOrganizationId(organization, '<organization>'),
        roleSet: parseRef(roleSet, '<role-set>'),
        mappings: options.map ?? {},
      }
      const dryRun = options.dryRun === true
      return withClient(io, { options, keyUse: 'required' }, async (client) => {
        const written = await client.admin.assignRoleSet({ ...input, dryRun }, writeOptions(options, io))
        await io.stdout(options.json ? jsonLine({ dryRun, ...written }) : sentences(written, dryRun))
        return exitCodes.done
      })
    }),
  )
}

function sentences({ organization, impact, revision }: OrganizationWritten, dryRun: boolean): string {
  const { id, roleSet } = organization
  const first = dryRun ? `${id} would be on ${roleSet}.` : `${id} is on ${roleSet} (revision ${revision}).`
  return `${[first, ...impactLines(impact), ...(dryRun ? ['Dry run: nothing was changed.'] : [])].join('\n')}\n`
}
