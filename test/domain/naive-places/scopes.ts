/** The naive model's organizations and scopes: rules 3, 14 and 16. */

import { demandRoles, move, moveHolders, nameOfSet } from './moves.ts'
import type { Inputs, Operation, Run } from './run.ts'
import {
  holders,
  isCurrent,
  isIn,
  isPending,
  keyOfPlace,
  kindOf,
  placesOf,
  type NaivePlace,
  type World,
} from './world.ts'

export const scopeRules = {
  createOrganization(run, { id = '', roleSet, createdBy = '', maxAllowedMemberships = 0 }) {
    const { world } = run
    const key = roleSet ?? world.initial
    const set = run.need(world.sets[key], 'role_set_not_found')
    run.demand(set.creatorRole !== '', 'role_set_for_scopes')
    run.demand(world.orgs[id] === undefined, 'key_taken')
    run.settle()
    register(run, id, key)
    world.orgs[id] = { set: key, quota: maxAllowedMemberships }
    if (createdBy === '') return
    const place = { org: id, scope: '' }
    world.members.push({ ...place, user: createdBy, roles: [set.creatorRole], until: Infinity, former: [] })
  },

  deleteOrganization(run, { organizationId: org }) {
    const { world } = run
    run.need(world.orgs[org], 'organization_not_found')
    run.notePlace({ org, scope: '' })
    for (const held of holders(world))
      if (held.holder.org === org) for (const role of held.holder.roles) run.note(held, role, '')
    world.members = world.members.filter((each) => each.org !== org)
    world.invitations = world.invitations.filter((each) => each.org !== org)
    for (const key of Object.keys(world.scopes)) if (key.startsWith(`${org} `)) delete world.scopes[key]
    delete world.orgs[org]
    world.deleted.push(org)
  },

  assignRoleSet(run, { organizationId: org, scope = '', roleSet = '', clear, ...how }) {
    const { world } = run
    if (scope === '') {
      const set = run.need(world.sets[roleSet], 'role_set_not_found')
      run.demand(set.creatorRole !== '', 'role_set_for_scopes')
      if (world.orgs[org] === undefined) return assignUnknown(run, org, { roleSet, mappings: how.mappings })
      const change = () => Object.assign(world.orgs[org] ?? {}, { set: roleSet })
      return move(run, change, { ...how, to: () => roleSet })
    }
    const own = clear === true ? '' : roleSet
    if (own !== '') run.need(world.sets[own], 'role_set_not_found')
    run.demand(world.kinds[kindOf(scope)], 'scope_kind_not_found')
    if (world.orgs[org] === undefined) known(run, org)
    run.settle()
    const place = { org, scope }
    const before = world.scopes[keyOfPlace(place)]
    if ((before?.own ?? '') === own) return
    const was = nameOfSet(world, place)
    const change = () => keep(world, place, { name: before?.name ?? '', own })
    const restoreFormerRoles = own !== '' && how.restoreFormerRoles === true
    move(run, change, {
      mappings: how.mappings,
      restoreFormerRoles,
      reaches: isIn(place),
      to: () => nameOfSet(world, place),
    })
    if (nameOfSet(world, place) !== was) run.notePlace(place)
  },

  renameScope(run, { organizationId: org, scope, newScope, name, mappings }) {
    const { world } = run
    run.need(world.orgs[org], 'organization_not_found')
    const to = newScope ?? scope
    run.demand(world.kinds[kindOf(to)], 'scope_kind_not_found')
    const [from, next] = [
      { org, scope },
      { org, scope: to },
    ]
    const before = world.scopes[keyOfPlace(from)] ?? { name: '', own: '' }
    const after = { name: name ?? before.name, own: before.own }
    if (to === scope) {
      run.settle()
      return keep(world, from, after)
    }
    demandRoles(run, mappings)
    run.demand(!isThere(world, next), 'key_taken')
    run.demand(isThere(world, from), 'scope_not_found')
    run.settle()
    const was = nameOfSet(world, from)
    for (const each of [...world.members, ...world.invitations]) if (isIn(from)(each)) each.scope = to
    keep(world, from, { name: '', own: '' })
    keep(world, next, after)
    const is = nameOfSet(world, next)
    if (is === undefined) run.demand(!holders(world).some(({ holder }) => isIn(next)(holder)), 'in_use')
    if (is !== was) run.notePlace(from)
    if (is === undefined) return
    moveHolders(run, next, { mappings: mappings ?? {}, isRestoring: false })
    for (const target of Object.values(mappings ?? {}))
      run.demand(world.sets[is]?.roles.includes(target), 'mapping_invalid')
  },

  setScopeKind(run, { kind, fallback, roleSet = '', mappings }) {
    const { world } = run
    const names = fallback === 'role_set'
    if (names) run.need(world.sets[roleSet], 'role_set_not_found')
    const value = names ? roleSet : (fallback ?? '')
    if (world.kinds[kind] === value) return
    const reaches = (place: NaivePlace) =>
      kindOf(place.scope) === kind && !hasOwn(world, place) && world.defaults[place.scope] === undefined
    move(run, () => (world.kinds[kind] = value), {
      mappings,
      reaches,
      forgets: true,
      to: () => (names ? roleSet : undefined),
    })
  },

  deleteScopeKind(run, { kind }) {
    const { world } = run
    run.need(world.kinds[kind], 'scope_kind_not_found')
    const isOfKind = ({ scope }: { readonly scope: string }) => kindOf(scope) === kind
    run.demand(!placesOf(world).some(isOfKind), 'in_use')
    run.demand(!Object.keys(world.defaults).some((scope) => isOfKind({ scope })), 'in_use')
    delete world.kinds[kind]
  },

  setScopeDefault(run, { scope, roleSet, mappings }) {
    const { world } = run
    run.demand(world.kinds[kindOf(scope)], 'scope_kind_not_found')
    run.need(world.sets[roleSet], 'role_set_not_found')
    run.settle()
    if (world.defaults[scope] === roleSet) return
    const reaches = (place: NaivePlace) => place.scope === scope && !hasOwn(world, place)
    move(run, () => (world.defaults[scope] = roleSet), { mappings, reaches, forgets: true, to: () => roleSet })
  },

  deleteScopeDefault(run, { scope, mappings }) {
    const { world } = run
    run.need(world.defaults[scope], 'scope_default_not_found')
    const reaches = (place: NaivePlace) => place.scope === scope && !hasOwn(world, place)
    move(run, () => delete world.defaults[scope], { mappings, reaches, forgets: true })
  },
} satisfies { readonly [Name in Operation]?: (run: Run, input: Inputs[Name]) => void }

/** Rule 3: a write about an unknown organization registers it on the initial set. Rule 20: not one that was deleted. */
export function known(run: Run, org: string): void {
  if (run.world.orgs[org] !== undefined) return
  run.demand(!run.world.deleted.includes(org), 'organization_not_found')
  run.settle()
  register(run, org, run.world.initial)
}

function register({ world }: Run, org: string, set: string): void {
  world.deleted = world.deleted.filter((each) => each !== org)
  world.orgs[org] = { set, quota: 0 }
}

function assignUnknown(
  run: Run,
  org: string,
  { roleSet, mappings }: { roleSet: string; mappings: Readonly<Record<string, string>> | undefined },
): void {
  demandRoles(run, mappings)
  for (const target of Object.values(mappings ?? {}))
    run.demand(run.world.sets[roleSet]?.roles.includes(target), 'mapping_invalid')
  known(run, org)
  // Until now it was treated as being on the initial set.
  if (roleSet !== run.world.initial) run.notePlace({ org, scope: '' })
  Object.assign(run.world.orgs[org] ?? {}, { set: roleSet })
}

function hasOwn(world: World, place: NaivePlace): boolean {
  return (world.scopes[keyOfPlace(place)]?.own ?? '') !== ''
}

/** A scope without a name and a set of its own needs no row. */
function keep(world: World, place: { org: string; scope: string }, { name, own }: { name: string; own: string }): void {
  if (name === '' && own === '') delete world.scopes[keyOfPlace(place)]
  else world.scopes[keyOfPlace(place)] = { name, own }
}

/** Whether there is anything in a scope. What has ended doesn't count. */
function isThere(world: World, place: { org: string; scope: string }): boolean {
  return (
    world.scopes[keyOfPlace(place)] !== undefined ||
    world.members.some((each) => isCurrent(world, each) && isIn(place)(each)) ||
    world.invitations.some((each) => isPending(world, each) && isIn(place)(each))
  )
}
