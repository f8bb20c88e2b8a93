/** `rolesets roles`: lists the roles that can be given to the members of an organization. */

import { parseId } from '../../domain/fields.ts'
import { askingVerb, atLeastOption, type Given } from '../run/verb.ts'
import { withoutUndefined } from '../run/without-undefined.ts'
import type { AvailableRole, AvailableRoles } from '@rolesets/client'
import type { ConnectionOptions } from '../run/connection.ts'

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

export const roles = askingVerb(verb, ({ options: { atLeast } }: Given<RolesOptions>, organization: string) => {
  const organizationId = parseId(organization, '<organization>')
  return async ({ client, print }) => {
    const available = await client.availableRoles(organizationId, withoutUndefined({ atLeastRevision: atLeast }))
    await print(answerOf(available), table(available))
  }
})

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
