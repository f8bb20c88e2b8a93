/**
 * Random commands mostly fail: they name what isn't there. Steering makes one meet the state as it is, in the same way for
 * the rules and for the naive model, so that histories get somewhere.
 */

import type { Catalogue, RoleSet } from '@rolesets/core'
import type { Command } from './commands.ts'
import type { State } from './state.ts'

interface Input {
  roleSet?: string
  toRoleSet?: string
  role?: string
  toRole?: string
  permission?: string
  permissions?: string[]
  roles?: string[]
  defaultRole?: string
  creatorRole?: string
  mappings?: Record<string, string>
  organizationId?: string
  invitationId?: string
  invitations?: { role: string }[]
}

const refFields = [
  'role',
  'toRole',
  'roles',
  'defaultRole',
  'creatorRole',
  'roleSet',
  'toRoleSet',
  'permission',
  'permissions',
  'mappings',
]

/**
 * The command as it is called: with ids in place of keys, if it is wished. Invitations have no name but their id, so they are
 * always referred to by it; in the commands of histories stands their place among all.
 */
export function refer(command: Command, state: State, byId = false): Command {
  const { permissions, roles, roleSets } = state.catalogue
  const idOf = (key: string) => (permissions.byKey(key) ?? roles.byKey(key) ?? roleSets.byKey(key))?.id ?? key
  const translate = (value: unknown): unknown => {
    if (typeof value === 'string') return idOf(value)
    if (Array.isArray(value)) return value.map(translate)
    return Object.fromEntries(Object.entries(value as object).map(([from, to]) => [idOf(from), translate(to)]))
  }
  const input = Object.entries(command.input).map(([field, value]) => {
    if (field === 'invitationId') return [field, [...state.invitations.keys()][Number(value)] ?? 'orginv_none']
    if (!byId) return [field, value]
    return [field, refFields.includes(field) && value !== undefined ? translate(value) : value]
  })
  return { ...command, input: Object.fromEntries(input) }
}

/** @param luck which of the existing things take the places of those that aren't there */
export function steer(command: Command, state: State, luck: number): Command {
  const { catalogue } = state
  const { permissions, roles, roleSets } = catalogue
  const existing =
    <T extends { readonly key: string }>(index: { find(ref: string): T | undefined; values(): Iterable<T> }) =>
    (ref: string) =>
      index.find(ref)?.key ??
      pick(
        [...index.values()].map(({ key }) => key),
        luck,
      )
  const input = { ...command.input } as Input
  for (const field of ['roleSet', 'toRoleSet'] as const)
    if (input[field] !== undefined) input[field] = existing(roleSets)(input[field])
  for (const field of ['role', 'toRole', 'defaultRole', 'creatorRole'] as const)
    if (input[field] !== undefined) input[field] = existing(roles)(input[field])
  if (input.permission !== undefined) input.permission = existing(permissions)(input.permission)
  if (input.permissions) input.permissions = [...new Set(input.permissions.map(existing(permissions)))]
  if (input.roles) input.roles = [...new Set(input.roles.map(existing(roles)))]
  const roleSet = roleSets.find(input.toRoleSet ?? input.roleSet ?? '')
  if (command.operation === 'replaceRole' && roleSet) input.role = pick(roleKeysOf(catalogue, roleSet), luck)
  if ('mappings' in input && roleSet) input.mappings = completeMappings(catalogue, roleSet, luck)
  if (input.invitations) input.invitations = input.invitations.map((it) => ({ ...it, role: existing(roles)(it.role) }))
  if (input.invitationId !== undefined) Object.assign(input, pickInvitation(state, luck))
  // Only fields that were there have got another value of the same type.
  return { ...command, input } as unknown as Command
}

/** One that is pending, if there is any, and its organization. */
function pickInvitation(state: State, luck: number): Pick<Input, 'organizationId' | 'invitationId'> {
  const all = [...state.invitations.values()]
  const pending = state.pending()
  const chosen = pending[luck % pending.length]
  if (chosen === undefined) return {}
  return { organizationId: chosen.organizationId, invitationId: String(all.indexOf(chosen)) }
}

/** Every role gets some role of the destination: chains, exchanges and roles mapped to themselves are among them. */
function completeMappings(catalogue: Catalogue, destination: RoleSet, luck: number): Record<string, string> {
  const targets = roleKeysOf(catalogue, destination)
  return Object.fromEntries([...catalogue.roles.values()].map(({ key }, place) => [key, pick(targets, luck + place)]))
}

function roleKeysOf(catalogue: Catalogue, roleSet: RoleSet): string[] {
  return roleSet.roleIds.map((id) => catalogue.roles.byId(id)?.key ?? id)
}

function pick(keys: readonly string[], luck: number): string {
  return keys[luck % keys.length] ?? 'org:none'
}
