/**
 * Random commands mostly fail: they name what isn't there. Steering makes one meet the state as it is, in the same way for
 * the rules and for the naive model, so that histories get somewhere.
 */

import type { Catalogue } from '../../packages/sidecar/src/domain/catalogue.ts'
import type { RoleSet } from '../../packages/sidecar/src/domain/model.ts'
import type { Command } from './commands.ts'

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
}

/** @param luck which of the existing things take the places of those that aren't there */
export function steer(command: Command, catalogue: Catalogue, luck: number): Command {
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
  // Only fields that were there have got another value of the same type.
  return { ...command, input } as unknown as Command
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
