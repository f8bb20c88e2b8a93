/** The roles that a write gives to a member or an invitation (rule 17): one as `role`, or several as `roles`. */

import type { Catalogue, Role } from '@rolesets/core'
import { checkIsAvailable } from './availability.ts'
import { invalid, parseRef, parseRefs } from './fields.ts'
import { findRole } from './lookup.ts'
import { Refusal } from './refusal.ts'

export interface GivenRoles {
  /** Key or id. Alone it is the only role; with `roles` it must be the first of them. */
  readonly role?: string | undefined
  /** Keys or ids, each once. Empty or not given: `role` alone counts. */
  readonly roles?: readonly string[] | undefined
}

interface RoleRef {
  readonly ref: string
  readonly field: string
}

export interface RoleRefs {
  readonly all: readonly RoleRef[]
  /** `role`, where it was given beside `roles`. */
  readonly first: RoleRef | undefined
}

/** @param path where they stand in the request; empty: it is the request */
export function parseRoleRefs({ role, roles }: GivenRoles, path = ''): RoleRefs {
  const field = `${path}role`
  if (roles === undefined || (Array.isArray(roles) && roles.length === 0))
    return { all: [{ ref: parseRef(role, field), field }], first: undefined }
  const all = parseRefs(roles, `${path}roles`, 'rolesPerMemberMax')
  const isGiven = role !== undefined && (role as unknown) !== ''
  return { all, first: isGiven ? { ref: parseRef(role, field), field } : undefined }
}

/** Undefined: neither is given. */
export function parseRoleRefsUpdate(given: GivenRoles): RoleRefs | undefined {
  const isWithout = given.roles === undefined || (Array.isArray(given.roles) && given.roles.length === 0)
  return given.role === undefined && isWithout ? undefined : parseRoleRefs(given)
}

/** In their order. */
export function findRoles(catalogue: Catalogue, { all, first }: RoleRefs): { role: Role; field: string }[] {
  const found = all.map(({ ref, field }) => ({ role: findRole(catalogue, ref, field), field }))
  const seen = new Set<string>()
  for (const { role, field } of found) {
    if (seen.has(role.id)) throw invalid(field, `names the role ${role.key} again. Name each role once.`)
    seen.add(role.id)
  }
  if (first !== undefined) checkIsFirst(findRole(catalogue, first.ref, first.field), found[0]?.role, first.field)
  checkCount(catalogue, found.length, found[found.length - 1]?.field ?? 'role')
  return found
}

/** Rule 1 for each of them. */
export function checkAreAvailable(
  catalogue: Catalogue,
  roles: readonly { readonly role: Role; readonly field: string }[],
  place: Parameters<typeof checkIsAvailable>[2],
): void {
  for (const { role, field } of roles) checkIsAvailable(catalogue, role, place, field)
}

export function idsOf(roles: readonly { readonly role: Role }[]): readonly string[] {
  return roles.map(({ role }) => role.id)
}

function checkIsFirst(role: Role, first: Role | undefined, field: string): void {
  if (first === undefined || role.id === first.id) return
  const problem = `is ${role.key}, and the first of roles is ${first.key}. Clients that know one role see the first: put ${role.key} first, or give roles alone.`
  throw invalid(field, problem)
}

function checkCount({ settings }: Catalogue, given: number, field: string): void {
  const max = settings.maxRolesPerMember
  if (given <= max) return
  const message = `${given} roles are given, and the setting max_roles_per_member allows ${max}. Give fewer, or raise the setting.`
  const facts = { limit: 'max_roles_per_member', max: String(max), given: String(given) }
  throw new Refusal('limit_exceeded', message, { field: field.replace(/\[\d+\]$/, ''), facts })
}
