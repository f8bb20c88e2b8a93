/** Random writes on the naive store: from a state and two numbers to the next state and the facts that describe it. */

import type { Organization, Permission, Role, RoleSet, ScopeDefault, ScopeKind } from '@rolesets/client'
import { memberPlans } from './member-writes.ts'
import { memberKey, placeOfMember, type NaiveStore, type State } from './naive-store.ts'
import {
  assignmentOf,
  crowded,
  kinds,
  organizationIds,
  permissionKeys,
  pick,
  roleCount,
  roleKeys,
  scopeKeys,
  times,
  type Plan,
  type Planned,
} from './plans.ts'

export function firstState(): State {
  const roles = Array.from(
    { length: roleCount },
    (_, n) => [`role_${n}`, { key: `org:r${n}`, permissionIds: ['perm_0'] }] as const,
  )
  return {
    permissions: new Map(permissionKeys.map((key, n) => [`perm_${n}`, key])),
    roles: new Map(roles),
    roleSets: new Map([
      ['roleset_0', { key: 'role_set:s0', roleIds: ['role_0', 'role_1'] }],
      ['roleset_1', { key: 'role_set:s1', roleIds: ['role_0', 'role_2'] }],
    ]),
    initialRoleSetId: 'roleset_0',
    organizations: new Map([
      ['acme', 'roleset_0'],
      ['globex', 'roleset_1'],
    ]),
    members: new Map([
      [memberKey('acme', 'ann'), { roleIds: ['role_0'], untilMs: Infinity }],
      [memberKey('acme', 'ann', 'team:a'), { roleIds: ['role_1', 'role_0'], untilMs: Infinity }],
      [memberKey('globex', 'ann'), { roleIds: ['role_2'], untilMs: Infinity }],
      [memberKey('globex', 'bob'), { roleIds: ['role_0'], untilMs: Infinity }],
      [memberKey('globex', 'bob', 'team:b'), { roleIds: ['role_2'], untilMs: Infinity }],
    ]),
    kinds: new Map([['team', 'organization']]),
    defaults: new Map(),
    scopes: new Map(),
    gone: new Set(),
  }
}

export const writeKinds = [
  'assign',
  'assign',
  'assignScope',
  'assignScope',
  'clearScope',
  'kind',
  'default',
  'remove',
  'roles',
  'roles',
  'move',
  'move',
  'newSet',
  'initial',
  'renameRole',
  'renameSet',
  'permissions',
  'permission',
  'nothing',
  'member',
  'member',
  'member',
  'unmember',
  'reassign',
  'reassign',
  'renameScope',
  'renameScope',
  'renameScope',
  'both',
  'both',
] as const
export type WriteKind = (typeof writeKinds)[number]

export interface Write {
  readonly kind: WriteKind
  readonly a: number
  readonly b: number
}

/** @returns the number that it made */
export function write(store: NaiveStore, { kind, a, b }: Write): number {
  const { state } = store
  const plan = plans[kind](state, a, b, { head: store.head, nowMs: store.nowMs })
  if (plan === undefined) return store.commit(state, [])
  return store.commit(plan.state, plan.changes(plan.state))
}

const plans: Record<WriteKind, Planned> = {
  ...memberPlans,
  assign(state, a, b) {
    const [id, roleSetId] = [pick(b % 2 === 0 ? organizationIds : crowded, a), pick([...state.roleSets.keys()], b)]
    return assignPlan(state, id, roleSetId)
  },
  assignScope(state, a, b) {
    const [id, scope] = [pick([...state.organizations.keys()], a), pick(scopeKeys.slice(0, 3), b)]
    const scopes = new Map(state.scopes).set(`${id}\n${scope}`, pick([...state.roleSets.keys()], a + b))
    return { state: { ...state, scopes }, changes: (next) => [{ assignmentPut: assignmentOf(next, id, scope) }] }
  },
  clearScope(state, a) {
    if (state.scopes.size === 0) return undefined
    const place = pick([...state.scopes.keys()], a)
    const scopes = new Map(state.scopes)
    scopes.delete(place)
    const [organizationId = '', scope = ''] = place.split('\n')
    // A scope that keeps its name has an assignment without a set; one without a name has none.
    const named = { organizationId, scope, name: 'A', roleSet: '', roleSetId: '', updatedAtMs: 1 }
    const change = a % 2 === 0 ? { assignmentPut: named } : { assignmentDeleted: { organizationId, scope } }
    return { state: { ...state, scopes }, changes: () => [change] }
  },
  kind(state, a, b) {
    const kind = pick(kinds, a)
    const next = new Map(state.kinds)
    if (b % 5 === 0 && next.delete(kind))
      return { state: { ...state, kinds: next }, changes: () => [{ scopeKindDeleted: { kind } }] }
    next.set(kind, pick(['organization', 'none', ...state.roleSets.keys()], b))
    return { state: { ...state, kinds: next }, changes: (after) => [{ scopeKindPut: scopeKindOf(after, kind) }] }
  },
  default(state, a, b) {
    const scope = pick(scopeKeys, a)
    const defaults = new Map(state.defaults)
    if (b % 3 === 0 && defaults.delete(scope))
      return { state: { ...state, defaults }, changes: () => [{ scopeDefaultDeleted: { scope } }] }
    defaults.set(scope, pick([...state.roleSets.keys()], b))
    return { state: { ...state, defaults }, changes: (next) => [{ scopeDefaultPut: scopeDefaultOf(next, scope) }] }
  },
  remove(state, a, b) {
    const id = pick(b % 2 === 0 ? organizationIds : crowded, a)
    const organizations = new Map(state.organizations)
    if (!organizations.delete(id)) return undefined
    const gone = new Set(state.gone).add(id)
    const scopes = new Map([...state.scopes].filter(([place]) => !place.startsWith(`${id}\n`)))
    const members = new Map([...state.members].filter(([key]) => placeOfMember(key).organizationId !== id))
    return {
      state: { ...state, organizations, scopes, members, gone },
      changes: () => [{ organizationDeleted: { id, key: '' } }],
    }
  },
  roles(state, a, b) {
    const id = pick([...state.roleSets.keys()], a)
    const roleIds = [...state.roles.keys()].filter((_, n) => n === b % roleCount || (b >> n) % 2 === 1)
    return putSet(state, id, { roleIds })
  },
  move(state, a, b) {
    const from = pick([...state.roleSets.keys()], a)
    const others = [...state.roleSets.keys()].filter((id) => id !== from)
    if (others.length === 0 || from === state.initialRoleSetId) return undefined
    const to = pick(others, b)
    const moved = (sets: ReadonlyMap<string, string>) =>
      new Map([...sets].map(([id, set]) => [id, set === from ? to : set] as const))
    const naming = (sets: ReadonlyMap<string, string>) => [...sets].flatMap(([key, set]) => (set === from ? [key] : []))
    const roleSets = new Map(state.roleSets)
    roleSets.delete(from)
    return {
      state: {
        ...{ ...state, organizations: moved(state.organizations), roleSets },
        ...{ kinds: moved(state.kinds), defaults: moved(state.defaults), scopes: moved(state.scopes) },
      },
      changes: (next) => [
        { organizationsMoved: { fromRoleSetId: from, toRoleSetId: to } },
        ...naming(state.kinds).map((kind) => ({ scopeKindPut: scopeKindOf(next, kind) })),
        ...naming(state.defaults).map((scope) => ({ scopeDefaultPut: scopeDefaultOf(next, scope) })),
        { roleSetDeleted: { id: from, key: '' } },
      ],
    }
  },
  newSet(state, a, b, { head }) {
    if (state.roleSets.size > 4) return undefined
    const roleIds = [...state.roles.keys()].filter((_, n) => n === b % roleCount || (a >> n) % 2 === 1)
    return putSet(state, `roleset_new_${head}_${state.roleSets.size}`, { key: `role_set:n${head}`, roleIds })
  },
  initial(state, a) {
    const initialRoleSetId = pick([...state.roleSets.keys()], a)
    const before = state.initialRoleSetId
    return {
      state: { ...state, initialRoleSetId },
      changes: (next) => [before, initialRoleSetId].map((id) => ({ roleSetPut: roleSetOf(next, id) })),
    }
  },
  renameRole(state, a, b) {
    const taken = [...state.roles.values()].map(({ key }) => key)
    const id = pick([...state.roles.keys()], a)
    return putRole(state, id, {
      key: pick(
        roleKeys.filter((key) => !taken.includes(key)),
        b,
      ),
    })
  },
  renameSet(state, a, b) {
    const id = pick([...state.roleSets.keys()], a)
    return putSet(state, id, { key: `role_set:renamed_${id}_${b}` })
  },
  permissions(state, a, b) {
    const permissionIds = [...state.permissions.keys()].filter((_, n) => (b >> n) % 2 === 1)
    return putRole(state, pick([...state.roles.keys()], a), { permissionIds })
  },
  permission(state, a) {
    const [id, key] = [`perm_${a % 2}`, permissionKeys[a % 2] ?? '']
    const permissions = new Map(state.permissions)
    if (permissions.delete(id))
      return {
        state: { ...state, permissions, gone: new Set(state.gone).add(key) },
        changes: () => [{ permissionDeleted: { id, key } }],
      }
    permissions.set(id, key)
    return {
      state: { ...state, permissions, gone: without(state.gone, key) },
      changes: (next) => [{ permissionPut: permissionOf(next, id) }],
    }
  },
  nothing: () => undefined,
  /** Two changes, often to one thing, in one write. */
  both(state, a, b, when) {
    const kinds = ['member', 'unmember', 'reassign', 'assign', 'assignScope', 'clearScope', 'kind', 'default'] as const
    const first = plans[pick(kinds, a)](state, a, b, when)
    const second = plans[pick(kinds, a + b)](first?.state ?? state, a, b + 1, when)
    const done = [first, second].filter((plan) => plan !== undefined)
    const last = done.at(-1)
    return last && { state: last.state, changes: () => done.flatMap((plan) => plan.changes(plan.state)) }
  },
}

export function assignPlan(state: State, id: string, roleSetId: string): Plan {
  const organizations = new Map(state.organizations).set(id, roleSetId)
  return {
    state: { ...state, organizations, gone: without(state.gone, id) },
    changes: (next) => [{ organizationPut: organizationOf(next, id) }],
  }
}

function without(gone: ReadonlySet<string>, name: string): ReadonlySet<string> {
  return new Set([...gone].filter((each) => each !== name))
}

function putSet(state: State, id: string, changed: { key?: string; roleIds?: readonly string[] }): Plan {
  const before = state.roleSets.get(id) ?? { key: '', roleIds: [] }
  const roleSets = new Map(state.roleSets).set(id, { ...before, ...changed })
  return { state: { ...state, roleSets }, changes: (next) => [{ roleSetPut: roleSetOf(next, id) }] }
}

function putRole(state: State, id: string, changed: { key?: string; permissionIds?: readonly string[] }): Plan {
  const before = state.roles.get(id) ?? { key: '', permissionIds: [] }
  const roles = new Map(state.roles).set(id, { ...before, ...changed })
  return { state: { ...state, roles }, changes: (next) => [{ rolePut: roleOf(next, id) }] }
}

export function permissionOf(state: State, id: string): Permission {
  return { ...times, id, key: state.permissions.get(id) ?? id, type: 'CUSTOM' }
}

export function roleOf(state: State, id: string): Role {
  const { key = id, permissionIds = [] } = state.roles.get(id) ?? {}
  // The store forgets a deleted permission of a role only when it is looked at; the ids say the same either way.
  return {
    ...times,
    id,
    key,
    permissionIds,
    permissions: permissionIds.map((each) => state.permissions.get(each) ?? each),
    creatorEligible: true,
  }
}

export function roleSetOf(state: State, id: string): RoleSet {
  const { key = id, roleIds = [] } = state.roleSets.get(id) ?? {}
  const special = { defaultRole: 'org:r0', defaultRoleId: 'role_0', creatorRole: 'org:r0', creatorRoleId: 'role_0' }
  const type = id === state.initialRoleSetId ? 'INITIAL_SET' : 'CUSTOM_SET'
  return {
    ...times,
    id,
    key,
    roleIds,
    roles: roleIds.map((each) => state.roles.get(each)?.key ?? each),
    ...special,
    type,
  }
}

export function scopeKindOf(state: State, kind: string): ScopeKind {
  const fallback = state.kinds.get(kind) ?? 'none'
  if (fallback === 'none') return { kind, fallback: 'NONE', roleSet: '', roleSetId: '', updatedAtMs: 1 }
  if (fallback === 'organization') return { kind, fallback: 'ORGANIZATION', roleSet: '', roleSetId: '', updatedAtMs: 1 }
  return { kind, fallback: 'ROLE_SET', roleSet: '', roleSetId: fallback, updatedAtMs: 1 }
}

export function scopeDefaultOf(state: State, scope: string): ScopeDefault {
  return { scope, roleSet: '', roleSetId: state.defaults.get(scope) ?? '', updatedAtMs: 1 }
}

export function organizationOf(state: State, id: string): Organization {
  const roleSetId = state.organizations.get(id) ?? ''
  const { name, createdAtMs, updatedAtMs } = times
  const metadata = { publicMetadata: {}, privateMetadata: {} }
  return {
    id,
    name,
    slug: '',
    roleSet: state.roleSets.get(roleSetId)?.key ?? '',
    roleSetId,
    ...metadata,
    ...{ createdBy: '', maxAllowedMemberships: 0, adminDeleteEnabled: true },
    createdAtMs,
    updatedAtMs,
  }
}
