/** The naive model's roles, role sets and settings: rules 2 to 9, which reach every place that has a set. */

import { move } from './moves.ts'
import type { Inputs, Operation, Run } from './run.ts'
import { holders, holdersIn, isEligible, once, placesOf, replaced, setOf, type World } from './world.ts'

export const catalogueRules = {
  createRole(run, { key, permissions = [], includeInInitialRoleSet }) {
    const { world } = run
    run.demand(world.roles[key] === undefined, 'key_taken')
    run.settle()
    world.roles[key] = [...permissions].sort()
    if (includeInInitialRoleSet !== true) return
    world.sets[world.initial]?.roles.push(key)
    noteOrganizations(run, world.initial)
  },

  updateRole(run, { role, key = role, permissions }) {
    const { world } = run
    const held = run.need(world.roles[role], 'role_not_found')
    run.demand(key === role || world.roles[key] === undefined, 'key_taken')
    world.roles[role] = permissions === undefined ? held : [...permissions].sort()
    const isCreator = Object.values(world.sets).some(({ creatorRole }) => creatorRole === role)
    run.demand(!isCreator || isEligible(world, role), 'role_not_creator_eligible')
    run.settle()
    renameRole(world, role, key)
  },

  deleteRole(run, { role }) {
    const { world } = run
    run.need(world.roles[role], 'role_not_found')
    const sets = Object.values(world.sets)
    run.demand(!sets.some((set) => set.defaultRole === role || set.creatorRole === role), 'in_use')
    run.demand(!holders(world).some(({ holder }) => holder.roles.includes(role)), 'in_use')
    run.settle()
    for (const [key, set] of Object.entries(world.sets)) if (set.roles.includes(role)) noteOrganizations(run, key)
    for (const set of sets) set.roles = set.roles.filter((each) => each !== role)
    delete world.roles[role]
    for (const each of [...world.members, ...world.invitations])
      each.former = each.former.filter((roles) => !roles.includes(role))
  },

  createRoleSet(run, { key = '', roles, defaultRole, creatorRole = '', initial }) {
    const { world } = run
    for (const role of [...roles, defaultRole, ...(creatorRole === '' ? [] : [creatorRole])])
      run.demand(world.roles[role], 'role_not_found')
    run.demand(once(roles).length === roles.length && roles.length > 0, 'invalid_field')
    run.demand(world.sets[key] === undefined, 'key_taken')
    run.settle()
    world.sets[key] = { roles: [...roles], defaultRole, creatorRole }
    if (initial === true) world.initial = key
    demandWellFormed(run, key)
  },

  updateRoleSet(run, { roleSet, key = roleSet, defaultRole, creatorRole, initial }) {
    const { world } = run
    const set = run.need(world.sets[roleSet], 'role_set_not_found')
    for (const role of [defaultRole, creatorRole]) run.demand(role === undefined || world.roles[role], 'role_not_found')
    run.demand(key === roleSet || world.sets[key] === undefined, 'key_taken')
    run.demand(initial !== false || world.initial !== roleSet, 'initial_role_set_required')
    Object.assign(set, { defaultRole: defaultRole ?? set.defaultRole, creatorRole: creatorRole ?? set.creatorRole })
    if (initial === true) world.initial = roleSet
    demandWellFormed(run, roleSet)
    run.settle()
    renameSet(world, roleSet, key)
  },

  addRoles(run, { roleSet, roles, defaultRole, creatorRole }) {
    const { world } = run
    const set = run.need(world.sets[roleSet], 'role_set_not_found')
    for (const role of [...roles, defaultRole, creatorRole])
      run.demand(role === undefined || world.roles[role], 'role_not_found')
    run.demand(once(roles).length === roles.length && roles.length > 0, 'invalid_field')
    if (!roles.every((role) => set.roles.includes(role))) noteOrganizations(run, roleSet)
    set.roles = once([...set.roles, ...roles])
    Object.assign(set, { defaultRole: defaultRole ?? set.defaultRole, creatorRole: creatorRole ?? set.creatorRole })
    demandWellFormed(run, roleSet)
  },

  replaceRole(run, { roleSet, role, toRole = '' }) {
    const { world } = run
    const set = run.need(world.sets[roleSet], 'role_set_not_found')
    run.need(world.roles[role], 'role_not_found')
    run.demand(toRole === '' || world.roles[toRole], 'role_not_found')
    run.demand(set.roles.includes(role), 'role_not_in_role_set')
    run.demand(toRole !== role, 'same_source_and_destination')
    const held = placesOf(world)
      .filter((place) => hasSet(world, place, roleSet))
      .flatMap((place) => holdersIn(world, place))
      .filter(({ holder }) => holder.roles.includes(role))
    for (const each of held) run.noteRequired(each, role)
    if (toRole === '') {
      run.demand(set.creatorRole !== role && set.defaultRole !== role, 'special_role_not_in_role_set')
      run.demand(held.length === 0, 'in_use')
    }
    run.settle()
    noteOrganizations(run, roleSet)
    for (const { holder } of held) if (holder.scope !== '') run.notePlace({ org: holder.org, scope: holder.scope })
    set.roles = once([...set.roles.filter((each) => each !== role), ...(toRole === '' ? [] : [toRole])])
    if (toRole === '') return
    if (set.defaultRole === role) set.defaultRole = toRole
    if (set.creatorRole === role) set.creatorRole = toRole
    demandWellFormed(run, roleSet)
    for (const { holder, kind } of held) {
      run.note({ kind, holder }, role, toRole)
      holder.roles = once(replaced(holder.roles, role, toRole))
      holder.former = []
    }
  },

  replaceRoleSet(run, { roleSet, toRoleSet, mappings, restoreFormerRoles }) {
    const { world } = run
    run.need(world.sets[roleSet], 'role_set_not_found')
    const destination = run.need(world.sets[toRoleSet], 'role_set_not_found')
    run.demand(roleSet !== toRoleSet, 'same_source_and_destination')
    run.demand(roleSet !== world.initial, 'initial_role_set_required')
    const isOfOrganizations = Object.values(world.orgs).some(({ set }) => set === roleSet)
    run.demand(!isOfOrganizations || destination.creatorRole !== '', 'role_set_for_scopes')
    run.settle()
    const change = () => {
      moveNames(world, roleSet, toRoleSet)
      delete world.sets[roleSet]
    }
    move(run, change, { mappings, restoreFormerRoles, to: () => toRoleSet })
  },

  deleteRoleSet(run, { roleSet }) {
    const { world } = run
    run.need(world.sets[roleSet], 'role_set_not_found')
    run.demand(roleSet !== world.initial, 'initial_role_set_required')
    const names = [
      ...Object.values(world.orgs).map(({ set }) => set),
      ...Object.values(world.scopes).map(({ own }) => own),
      ...[...Object.values(world.kinds), ...Object.values(world.defaults)],
    ]
    run.demand(!names.includes(roleSet), 'in_use')
    delete world.sets[roleSet]
  },

  updateSettings({ world: { settings } }, { maxRolesPerMember, lastAdministrator }) {
    settings.maxRoles = maxRolesPerMember ?? settings.maxRoles
    settings.lastAdministrator = lastAdministrator ?? settings.lastAdministrator
  },
} satisfies { readonly [Name in Operation]?: (run: Run, input: Inputs[Name]) => void }

/** Rules 2, 3 and 14. */
function demandWellFormed(run: Run, key: string): void {
  const { world } = run
  const set = run.need(world.sets[key], 'role_set_not_found')
  run.demand(set.roles.includes(set.defaultRole), 'special_role_not_in_role_set')
  if (set.creatorRole === '') return run.demand(world.initial !== key, 'role_set_for_scopes')
  run.demand(set.roles.includes(set.creatorRole), 'special_role_not_in_role_set')
  run.demand(isEligible(world, set.creatorRole), 'role_not_creator_eligible')
}

function hasSet(world: World, place: Parameters<typeof setOf>[1], key: string): boolean {
  const found = setOf(world, place)
  return 'set' in found && found.set === key
}

/** Of scopes whose roles change, the impact has only those in which a holder gets another one. */
function noteOrganizations(run: Run, key: string): void {
  for (const [org, { set }] of Object.entries(run.world.orgs)) if (set === key) run.notePlace({ org, scope: '' })
}

function renameRole(world: World, from: string, to: string): void {
  world.roles = rekeyed(world.roles, from, to)
  for (const set of Object.values(world.sets)) {
    set.roles = replaced(set.roles, from, to)
    if (set.defaultRole === from) set.defaultRole = to
    if (set.creatorRole === from) set.creatorRole = to
  }
  for (const each of [...world.members, ...world.invitations]) {
    each.roles = replaced(each.roles, from, to)
    each.former = each.former.map((roles) => replaced(roles, from, to))
  }
}

function renameSet(world: World, from: string, to: string): void {
  world.sets = rekeyed(world.sets, from, to)
  if (world.initial === from) world.initial = to
  moveNames(world, from, to)
}

function moveNames(world: World, from: string, to: string): void {
  for (const org of Object.values(world.orgs)) if (org.set === from) org.set = to
  for (const scope of Object.values(world.scopes)) if (scope.own === from) scope.own = to
  for (const names of [world.kinds, world.defaults])
    for (const [key, set] of Object.entries(names)) if (set === from) names[key] = to
}

function rekeyed<T>(things: Readonly<Record<string, T>>, from: string, to: string): Record<string, T> {
  return Object.fromEntries(Object.entries(things).map(([key, thing]) => [key === from ? to : key, thing]))
}
