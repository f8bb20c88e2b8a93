/** `rolesets roles`: what can be given to the members of an organization. */

import { exitCodes } from '@rolesets/core'
import type { AvailableRole, AvailableRoles } from '@rolesets/client'
import type { Command } from 'commander'
import { parseOrganizationId } from '../../domain/questions.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import type { Io } from '../run/io.ts'
import { jsonLine } from '../output/json.ts'
import { addVerb, atLeastOption, reporting, withClient } from '../run/verb.ts'

interface RolesOptions extends ConnectionOptions {
  readonly atLeast?: string
}

const verb = {
  usage: 'roles <organization>',
  summary: 'Lists the roles that members of an organization can be given.',
  options: [atLeastOption],
  notes: `
Examples:
  rolesets roles org_acme
  rolesets roles org_acme --json`,
}

export function addRoles(program: Command, io: Io): void {
  addVerb(program, io, verb).action((organization: string, options: RolesOptions) =>
    reporting(io, options, async () => {
      const organizationId = parseOrganizationId(organization, '<organization>')
      return withClient(io, { options, keyUse: 'optional' }, async (client) => {
        const available = await client.availableRoles(
          organizationId,
          options.atLeast === undefined ? {} : { atLeastRevision: options.atLeast },
        )
        await io.stdout(options.json ? jsonLine(answerOf(available)) : table(available))
        return exitCodes.yes
      })
    }),
  )
}

function answerOf({ organizationId, roleSet, roles, defaultRole, creatorRole, revision }: AvailableRoles): object {
  return { organizationId, roleSet, roles, defaultRole, creatorRole, revision }
}

function table(available: AvailableRoles): string {
  const width = Math.max(...available.roles.map(({ key }) => key.length), 0)
  const lines = available.roles.map((role) => `  ${role.key.padEnd(width)}  ${wordsOf(role, available)}`)
  const title = `${available.organizationId} has the role set ${available.roleSet} (revision ${available.revision}):`
  return `${[title, ...lines].join('\n')}\n`
}

function wordsOf({ key, name, permissions }: AvailableRole, { defaultRole, creatorRole }: AvailableRoles): string {
  const marks = [...(key === defaultRole ? ['default'] : []), ...(key === creatorRole ? ['creator'] : [])]
  const held = permissions.length === 0 ? 'no permissions' : permissions.join(', ')
  return `${name}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}: ${held}`
}
