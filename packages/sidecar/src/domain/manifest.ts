/**
 * A described state: what shall be, by keys. Parsing checks all that can be told without the store, so that a fault is
 * reported with its place in the description, before anything is done.
 */

import type { KeyKind, LimitName } from '@rolesets/core'
import {
  invalid,
  isPlainObject,
  parseDescription,
  parseFlag,
  parseId,
  parseKey,
  parseMappings,
  parseName,
  parseOrganizationName,
  parseSlug,
} from './fields.ts'
import { Refusal } from './refusal.ts'
import { checkLimit } from './check-limit.ts'

/** In all of these, what is undefined stays as it is. */
export interface Manifest {
  readonly permissions?: readonly PermissionManifest[] | undefined
  readonly roles?: readonly RoleManifest[] | undefined
  readonly roleSets?: readonly RoleSetManifest[] | undefined
  readonly organizations?: readonly OrganizationManifest[] | undefined
}

export interface PermissionManifest {
  readonly key: string
  /** Empty is the same as undefined, here and in the next two. */
  readonly name?: string | undefined
  readonly description?: string | undefined
}

export interface RoleManifest {
  readonly key: string
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** Keys of all that it shall hold. */
  readonly permissions?: readonly string[] | undefined
}

export interface RoleSetManifest {
  readonly key: string
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** Keys; at least one. */
  readonly roles: readonly string[]
  /** Key of one of `roles`. */
  readonly defaultRole: string
  /** Key of one of `roles`. */
  readonly creatorRole: string
  readonly initial?: boolean | undefined
  /** For roles that pruning takes out of the set: the one of `roles` that their holders get. */
  readonly replace?: Readonly<Record<string, string>> | undefined
}

export interface OrganizationManifest {
  readonly id: string
  readonly name?: string | undefined
  /** Empty: none. */
  readonly slug?: string | undefined
  /** Key. Empty or undefined: as it is, or the initial set for a new organization. */
  readonly roleSet?: string | undefined
  /** For a move: what the holders of roles get that the set lacks. Without a move they do nothing. */
  readonly mappings?: Readonly<Record<string, string>> | undefined
}

/** A manifest whose syntax is right and in which nothing is said twice. */
export interface ParsedManifest {
  readonly permissions: readonly PermissionManifest[]
  readonly roles: readonly RoleManifest[]
  readonly roleSets: readonly (RoleSetManifest & { readonly replace: Readonly<Record<string, string>> })[]
  readonly organizations: readonly (OrganizationManifest & { readonly mappings: Readonly<Record<string, string>> })[]
}

export function parseManifest(manifest: Manifest): ParsedManifest {
  const parsed = {
    permissions: parseItems(manifest.permissions, { field: 'permissions', limit: 'permissionsMax' }, parsePermission),
    roles: parseItems(manifest.roles, { field: 'roles', limit: 'rolesMax' }, parseRole),
    roleSets: parseItems(manifest.roleSets, { field: 'role_sets', limit: 'roleSetsMax' }, parseRoleSet),
    organizations: parseItems(
      manifest.organizations,
      { field: 'organizations', limit: 'manifestOrganizationsMax' },
      parseOrganization,
    ),
  }
  const slugs = parsed.organizations.map(({ slug }) => slug)
  for (const { key, list } of [
    { key: 'permissions[].key', list: parsed.permissions.map((item) => item.key) },
    { key: 'roles[].key', list: parsed.roles.map((item) => item.key) },
    { key: 'role_sets[].key', list: parsed.roleSets.map((item) => item.key) },
    { key: 'role_sets[].initial', list: parsed.roleSets.map((item) => (item.initial === true ? 'true' : undefined)) },
    { key: 'organizations[].id', list: parsed.organizations.map((item) => item.id) },
    { key: 'organizations[].slug', list: slugs.map((slug) => (slug === '' ? undefined : slug)) },
  ])
    checkIsSaidOnce(list, key)
  return parsed
}

function parsePermission(item: PermissionManifest, path: string): PermissionManifest {
  return parseNamed('permission', item, path)
}

function parseRole(item: RoleManifest, path: string): RoleManifest {
  const named = parseNamed('role', item, path)
  if (item.permissions === undefined) return named
  const field = `${path}.permissions`
  return { ...named, permissions: parseKeys('permission', item.permissions, { field, limit: 'permissionsPerRoleMax' }) }
}

function parseRoleSet(item: RoleSetManifest, path: string): ParsedManifest['roleSets'][number] {
  const named = parseNamed('role_set', item, path)
  const roles = parseKeys('role', item.roles, { field: `${path}.roles`, limit: 'rolesPerRoleSetMax' })
  if (roles.length === 0) throw invalid(`${path}.roles`, 'is empty. Name at least one role.')
  return {
    ...named,
    roles,
    defaultRole: parseSpecialRole(item.defaultRole, { roles, key: named.key, field: `${path}.default_role` }),
    creatorRole: parseSpecialRole(item.creatorRole, { roles, key: named.key, field: `${path}.creator_role` }),
    initial: parseFlag(item.initial, `${path}.initial`),
    replace: parseReplacements(item.replace, { roles, field: `${path}.replace` }),
  }
}

function parseOrganization(item: OrganizationManifest, path: string): ParsedManifest['organizations'][number] {
  const isPlaced = item.roleSet !== undefined && item.roleSet !== ''
  const mappings = parseKeyMappings(item.mappings, `${path}.mappings`)
  return {
    id: parseId(item.id, `${path}.id`),
    name: item.name === undefined ? undefined : parseOrganizationName(item.name, `${path}.name`),
    slug: item.slug === undefined || item.slug === '' ? item.slug : parseSlug(item.slug, `${path}.slug`),
    roleSet: isPlaced ? parseKey('role_set', item.roleSet, `${path}.role_set`) : undefined,
    mappings: Object.fromEntries(mappings.map(({ from, to }) => [from, to])),
  }
}

function parseNamed(kind: KeyKind, item: PermissionManifest, path: string) {
  return {
    key: parseKey(kind, item.key, `${path}.key`),
    name: item.name === undefined || item.name === '' ? undefined : parseName(item.name, `${path}.name`),
    description: item.description === undefined ? undefined : parseDescription(item.description, `${path}.description`),
  }
}

function parseItems<T, P>(
  value: readonly T[] | undefined,
  at: { readonly field: string; readonly limit: LimitName },
  parse: (item: T, path: string) => P,
): P[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw invalid(at.field, 'is no list.')
  checkLimit(at.limit, value.length, { subject: `${at.field} has`, unit: 'entries', field: at.field })
  return Array.from(value as readonly T[], (item, place) => {
    const path = `${at.field}[${place}]`
    if (!isPlainObject(item)) throw invalid(path, 'is no object with fields.')
    return parse(item, path)
  })
}

function parseKeys(kind: KeyKind, value: unknown, at: { readonly field: string; readonly limit: LimitName }): string[] {
  if (!Array.isArray(value)) throw invalid(at.field, 'is no list. Give a list of keys.')
  checkLimit(at.limit, value.length, { subject: `${at.field} has`, unit: 'entries', field: at.field })
  const keys = Array.from(value as readonly unknown[], (key, place) => parseKey(kind, key, `${at.field}[${place}]`))
  checkIsSaidOnce(keys, `${at.field}[]`)
  return keys
}

function parseSpecialRole(value: unknown, at: { roles: readonly string[]; key: string; field: string }): string {
  const role = parseKey('role', value, at.field)
  if (at.roles.includes(role)) return role
  const message = `${at.field} is ${role}, which isn't among the roles of ${at.key}. List it there, or choose one of them.`
  throw new Refusal('special_role_not_in_role_set', message, { field: at.field, facts: { role, role_set: at.key } })
}

function parseReplacements(value: unknown, at: { roles: readonly string[]; field: string }): Record<string, string> {
  const replacements = parseKeyMappings(value, at.field)
  for (const { from, to, field } of replacements) {
    if (at.roles.includes(from))
      throw invalid(field, 'replaces a role that the set lists. Take it out of the list, or out of here.')
    if (at.roles.includes(to)) continue
    const message = `${field} is ${to}, which isn't among the roles of the set. List it there, or choose one of them.`
    throw new Refusal('mapping_invalid', message, { field, facts: { role: from, to_role: to } })
  }
  return Object.fromEntries(replacements.map(({ from, to }) => [from, to]))
}

function parseKeyMappings(value: unknown, field: string) {
  return parseMappings(value, field).map(({ from, to, field: at }) => ({
    from: parseKey('role', from, at),
    to: parseKey('role', to, at),
    field: at,
  }))
}

/** @param field with `[]` where the place of the second mention goes */
function checkIsSaidOnce(list: readonly (string | undefined)[], field: string): void {
  const seen = new Set<string>()
  for (const [place, item] of list.entries()) {
    if (item === undefined) continue
    if (seen.has(item)) throw invalid(field.replace('[]', `[${place}]`), `says ${item} a second time. Say it once.`)
    seen.add(item)
  }
}
