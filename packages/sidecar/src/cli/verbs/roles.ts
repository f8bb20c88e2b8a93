/** `rolesets roles`: lists the roles that can be given to the members of an organization. */

import { parseId } from '../../domain/fields.ts'
import { askingVerb, atLeastOption, type Given } from '../run/verb.ts'
import { withoutUndefined } from '../run/without-undefined.ts'
import type { AvailableRole, AvailableRoles } from '@rolesets/client'
import { onOneLine } from '@rolesets/core'
import { linesText } from '../output/lines.ts'
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

function answerOf(available: AvailableRoles): object {
  const { organizationId, roleSet, roles, defaultRole, creatorRole, revision } = available
  const organizationRegistered = available.organizationRegistered !== false
  return { organizationId, roleSet, roles, defaultRole, creatorRole, organizationRegistered, revision }
}

function table(available: AvailableRoles): string {
  const keys = available.roles.map(({ key }) => onOneLine(key))
  const width = keys.reduce((widest, key) => Math.max(widest, key.length), 0)
  const lines = available.roles.map(
    (role, place) => `  ${(keys[place] ?? '').padEnd(width)}  ${wordsOf(role, available)}`,
  )
  const { organizationId, roleSet, revision, organizationRegistered } = available
  const title =
    organizationRegistered !== false
      ? `${organizationId} has the role set ${roleSet} (revision ${revision}):`
      : `${organizationId} isn't registered, so the initial role set ${roleSet} holds for it (revision ${revision}):`
  return linesText([title, ...lines])
}

function wordsOf({ key, name, permissions }: AvailableRole, { defaultRole, creatorRole }: AvailableRoles): string {
  const marks = [...(key === defaultRole ? ['default'] : []), ...(key === creatorRole ? ['creator'] : [])]
  const held = permissions.length === 0 ? 'no permissions' : permissions.join(', ')
  return `${name}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}: ${held}`
}
