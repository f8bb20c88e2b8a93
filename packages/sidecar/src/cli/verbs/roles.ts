/** `rolesets roles`: lists the roles that can be given to the members of an organization, or of a scope of it. */

import { parseId } from '../../domain/fields.ts'
import { askingVerb, atLeastOption, type Given } from '../run/verb.ts'
import { withoutUndefined } from '../run/without-undefined.ts'
import type { AvailableRole, AvailableRoles } from '@rolesets/client'
import { onOneLine } from '@rolesets/core'
import { linesText } from '../output/lines.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import { placeText, scopeOf, scopeOption, type ScopeOptions } from '../run/scopes.ts'

interface RolesOptions extends ConnectionOptions, ScopeOptions {
  readonly atLeast?: string
}

const verb = {
  usage: 'roles <organization>',
  summary: 'Lists the roles that members of an organization can be given.',
  options: [scopeOption, atLeastOption],
  notes: `
Examples:
  rolesets roles org_acme
  rolesets roles org_acme --scope department:pharmacy
  rolesets roles org_acme --json`,
}

export const roles = askingVerb(verb, ({ options }: Given<RolesOptions>, organization: string) => {
  const organizationId = parseId(organization, '<organization>')
  const asked = withoutUndefined({ ...scopeOf(options), atLeastRevision: options.atLeast })
  return async ({ client, print }) => {
    const available = await client.availableRoles(organizationId, asked)
    await print(answerOf(available), table(available))
  }
})

function answerOf(available: AvailableRoles): object {
  const { organizationId, scope, roleSet, roles, defaultRole, creatorRole, revision } = available
  const organizationRegistered = available.organizationRegistered !== false
  const place = withoutUndefined({ organizationId, scope })
  return { ...place, roleSet, roles, defaultRole, creatorRole, organizationRegistered, revision }
}

function table(available: AvailableRoles): string {
  const keys = available.roles.map(({ key }) => onOneLine(key))
  const width = keys.reduce((widest, key) => Math.max(widest, key.length), 0)
  const lines = available.roles.map(
    (role, place) => `  ${(keys[place] ?? '').padEnd(width)}  ${wordsOf(role, available)}`,
  )
  return linesText([titleOf(available), ...lines])
}

function titleOf(available: AvailableRoles): string {
  const { organizationId, scope, roleSet, revision, organizationRegistered } = available
  const has = `${placeText(organizationId, scope)} has the role set ${roleSet} (revision ${revision})`
  if (organizationRegistered !== false) return `${has}:`
  if (scope !== undefined)
    return `${has}; ${organizationId} isn't registered, so it counts as one with the initial role set:`
  return `${organizationId} isn't registered, so the initial role set ${roleSet} holds for it (revision ${revision}):`
}

function wordsOf({ key, name, permissions }: AvailableRole, { defaultRole, creatorRole }: AvailableRoles): string {
  const marks = [...(key === defaultRole ? ['default'] : []), ...(key === creatorRole ? ['creator'] : [])]
  const held = permissions.length === 0 ? 'no permissions' : permissions.join(', ')
  return `${name}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}: ${held}`
}
