/** Role sets: creating, updating, extending and deleting them, and what makes one well formed (rules 2, 3 and 5). */

import { counted, deleted, initialRoleSetOf, put, takeWithin } from '@rolesets/core'
import type { Catalogue, Change, Role, RoleSet } from '@rolesets/core'
import { amend, stampNew } from './amend.ts'
import { checkLimit } from './check-limit.ts'
import { decided, decidedTo, impactOf, noImpact, type Context, type Decided, type RoleSetFacts } from './decided.ts'
import { invalid, parseDescription, parseFlag, parseKey, parseName } from './fields.ts'
import { checkCanBeAdded, checkIsForOrganizations, checkKeyIsFree } from './lookup.ts'
import { findEach, findRole, findRoleSet } from './lookup.ts'
import { parseNamedUpdate, parseNameOr, roleSetKeyFromName, type NamedUpdate } from './naming.ts'
import { Refusal } from './refusal.ts'
import { missingCreatorPermissions } from './roles.ts'
import { namersOf } from './scope-kinds.ts'

/** Its key is made from the name if it is empty or not given, and its name from the key. */
export interface CreateRoleSetInput extends NamedUpdate {
  /** Keys or ids; at least one. */
  readonly roles: readonly string[]
  /** Key or id of one of `roles`. */
  readonly defaultRole: string
  /** Key or id of one of `roles`. Empty or not given: none, and the set is for scopes only (rule 14). */
  readonly creatorRole?: string | undefined
  /** True: it becomes the initial set, and the present one custom. */
  readonly initial?: boolean | undefined
}

export interface DeleteRoleSetInput {
  /** Key or id. */
  readonly roleSet: string
}

/** Keys or ids of roles that the set has afterwards. */
export interface SpecialRoles {
  readonly defaultRole?: string | undefined
  readonly creatorRole?: string | undefined
}

export interface UpdateRoleSetInput extends NamedUpdate, DeleteRoleSetInput, SpecialRoles {
  /** True: it becomes the initial set. False is refused for the initial set, and says nothing about any other. */
  readonly initial?: boolean | undefined
}

export interface AddRolesInput extends DeleteRoleSetInput, SpecialRoles {
  /** Keys or ids; at least one. Roles that the set already has are ignored. */
  readonly roles: readonly string[]
}

export function createRoleSet(catalogue: Catalogue, input: CreateRoleSetInput, context: Context): Decided<RoleSet> {
  const { key, name } = parseKeyAndName(input)
  const description = parseDescription(input.description ?? '')
  const isInitial = parseFlag(input.initial, 'type')
  const roleIds = parseRoles(catalogue, input.roles).map(({ id }) => id)
  const defaultRoleId = findRole(catalogue, input.defaultRole, 'default_role').id
  const hasCreator = input.creatorRole !== undefined && input.creatorRole !== ''
  const creatorRoleId = hasCreator ? findRole(catalogue, input.creatorRole, 'creator_role').id : null
  checkCanBeAdded(catalogue.roleSets, key, 'roleSetsMax', 'role sets')
  const content = { key, name, description, roleIds, defaultRoleId, creatorRoleId }
  checkIsWellFormed(catalogue, content)
  if (isInitial) checkIsForOrganizations(content, 'creator_role')
  const type = isInitial ? 'initial' : 'custom'
  const roleSet: RoleSet = { id: context.newId('roleset'), ...content, type, ...stampNew(context) }
  const demoted = isInitial ? [demoteInitial(catalogue, context)] : []
  return decided([...demoted, put('role_set', roleSet, null)], roleSet)
}

export function updateRoleSet(catalogue: Catalogue, input: UpdateRoleSetInput, context: Context): Decided<RoleSet> {
  const before = findRoleSet(catalogue, input.roleSet)
  const named = parseNamedUpdate(input, (key) => parseKey('role_set', key))
  const special = parseSpecialRoles(catalogue, input)
  const isInitial = parseFlag(input.initial, 'type')
  checkKeyIsFree(catalogue.roleSets, named.key, before)
  if (input.initial === false && before.type === 'initial') throw initialRequired(before, 'type', 'made custom')
  const type = isInitial ? 'initial' : undefined
  const roleSet = amend(before, { ...named, ...special, type }, context)
  checkIsWellFormed(catalogue, roleSet)
  if (roleSet.type === 'initial') checkIsForOrganizations(roleSet, 'type')
  if (roleSet.type === before.type) return decidedTo('role_set', before, roleSet)
  return decided([demoteInitial(catalogue, context), put('role_set', roleSet, before)], roleSet)
}

/**
 * Always allowed (rule 5), because no member loses a role.
 * @param facts `organizations`: how many are on the set
 */
export function addRoles(
  catalogue: Catalogue,
  input: AddRolesInput,
  facts: RoleSetFacts,
  context: Context,
): Decided<RoleSet> {
  const before = findRoleSet(catalogue, input.roleSet)
  const added = parseRoles(catalogue, input.roles).filter(({ id }) => !before.roleIds.includes(id))
  const special = parseSpecialRoles(catalogue, input)
  const roleIds = [...before.roleIds, ...added.map(({ id }) => id)]
  const roleSet = amend(before, { roleIds, ...special }, context)
  checkIsWellFormed(catalogue, roleSet)
  const impact = added.length === 0 ? noImpact : impactOf({ organizations: facts.organizations })
  return { ...decidedTo('role_set', before, roleSet), impact }
}

/** How many organizations a refusal names. */
export const organizationsNamedMax = 10

/** @param facts `organizations`: how many are on the set; `firstOrganizationIds`: a few of them */
export function deleteRoleSet(
  catalogue: Catalogue,
  input: DeleteRoleSetInput,
  { organizations, firstOrganizationIds = [], ownAssignments = 0 }: RoleSetFacts,
): Decided<RoleSet> {
  const before = findRoleSet(catalogue, input.roleSet)
  if (before.type === 'initial') throw initialRequired(before, 'role_set', 'deleted')
  if (organizations > 0) {
    const named = takeWithin(firstOrganizationIds, organizationsNamedMax)
    const more = organizations > named.length ? ` and ${organizations - named.length} more` : ''
    const names = named.length === 0 ? '' : `: ${named.join(', ')}${more}`
    const message = `The role set ${before.key} is used by ${counted(organizations, 'organization')}${names}. Replace it by another set, or move them to another set first.`
    const facts = {
      ...{ role_set: before.key, organizations: String(organizations) },
      ...(named.length === 0 ? {} : { organization_ids: named.join(',') }),
    }
    throw new Refusal('in_use', message, { field: 'role_set', facts, impact: impactOf({ organizations }) })
  }
  const namers = namersOf(catalogue, before.id)
  if (namers !== '' || ownAssignments > 0) {
    const users = [namers, ...(ownAssignments > 0 ? [counted(ownAssignments, 'scope')] : [])].filter(
      (each) => each !== '',
    )
    const message = `The role set ${before.key} is used by ${users.join(' and ')}. Replace it by another set, or give them another one first.`
    throw new Refusal('in_use', message, {
      field: 'role_set',
      facts: { role_set: before.key, scopes: String(ownAssignments), named_by: namers },
    })
  }
  return decided([deleted('role_set', before)], before)
}

/** Rule 3: there is always an initial set, so another one must take its place before it goes. */
export function initialRequired(roleSet: RoleSet, field: string, participle: string): Refusal {
  const message = `${roleSet.key} is the initial role set and can't be ${participle}. Make another role set initial first.`
  return new Refusal('initial_role_set_required', message, { field, facts: { role_set: roleSet.key } })
}

/** Rule 2: at least one role; the default and the creator role are among them; the creator role is eligible. */
function checkIsWellFormed(
  catalogue: Catalogue,
  roleSet: Pick<RoleSet, 'key' | 'roleIds' | 'defaultRoleId' | 'creatorRoleId'>,
): void {
  const { key, roleIds } = roleSet
  checkLimit('rolesPerRoleSetMax', roleIds.length, { subject: `${key} would have`, unit: 'roles', field: 'roles' })
  const places = { default_role: roleSet.defaultRoleId, creator_role: roleSet.creatorRoleId }
  for (const [field, roleId] of Object.entries(places)) {
    if (roleId === null || roleIds.includes(roleId)) continue
    const role = catalogue.roles.byId(roleId)?.key ?? roleId
    const message = `${role} can't be the ${field.replace('_', ' ')} of ${key}, because the set doesn't have that role. Add ${role} to its roles, or use one of its roles.`
    throw new Refusal('special_role_not_in_role_set', message, { field, facts: { role, role_set: key } })
  }
  if (roleSet.creatorRoleId !== null)
    checkCanBeCreator(catalogue, roleSet.creatorRoleId, { roleSetKey: key, field: 'creator_role' })
}

export function checkCanBeCreator(
  catalogue: Catalogue,
  roleId: string,
  at: { readonly roleSetKey: string; readonly field: string },
): void {
  const role = catalogue.roles.byId(roleId)
  const missing = role ? missingCreatorPermissions(catalogue, role) : []
  if (role === undefined || missing.length === 0) return
  const lacking = missing.join(', ')
  const message = `${role.key} can't be the creator role of ${at.roleSetKey}, because it lacks ${lacking}. Give it these permissions, or choose another role.`
  const facts = { role: role.key, role_set: at.roleSetKey, missing: lacking }
  throw new Refusal('role_not_creator_eligible', message, { field: at.field, facts })
}

function parseKeyAndName(input: CreateRoleSetInput): { key: string; name: string } {
  if (input.key !== undefined && input.key !== '') {
    const key = parseKey('role_set', input.key)
    return { key, name: parseNameOr(key, input.name) }
  }
  if (input.name === undefined || input.name === '')
    throw invalid('key', 'is missing, and so is the name. Give at least one of them.')
  const name = parseName(input.name)
  return { key: roleSetKeyFromName(name), name }
}

function parseRoles(catalogue: Catalogue, value: unknown): Role[] {
  const at = { field: 'roles', limit: 'rolesPerRoleSetMax', noun: 'role' } as const
  const roles = findEach(value, at, (ref, field) => findRole(catalogue, ref, field))
  if (roles.length === 0) throw invalid('roles', 'is empty. Give at least one role.')
  return roles
}

function parseSpecialRoles(catalogue: Catalogue, input: SpecialRoles) {
  const find = (value: string | undefined, field: string) =>
    value === undefined ? undefined : findRole(catalogue, value, field).id
  return {
    defaultRoleId: find(input.defaultRole, 'default_role'),
    creatorRoleId: find(input.creatorRole, 'creator_role'),
  }
}

/** Recorded before the new initial set: a storage may insist on one at a time. */
function demoteInitial(catalogue: Catalogue, context: Context): Change {
  const before = initialRoleSetOf(catalogue)
  return put('role_set', amend(before, { type: 'custom' }, context), before)
}
