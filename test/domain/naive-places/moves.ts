/** Rules 7 and 16 once more: whoever is in a place whose set changes needs roles of the set that it gets. */

import type { Run } from './run.ts'
import { holdersIn, isEligible, once, placesOf, setOf, type Held, type NaivePlace, type World } from './world.ts'

interface Move {
  readonly mappings?: Readonly<Record<string, string>> | undefined
  readonly restoreFormerRoles?: boolean | undefined
  /** The one set that all of them get; undefined, or not given: that depends on their organizations, or there is none. */
  readonly to?: () => string | undefined
  /** Places that are decided in another way afterwards, also where it comes to the same set. */
  readonly reaches?: (place: NaivePlace) => boolean
  /** Whether the roles that it takes can come back. A change of a default or of a kind, for scopes everywhere, forgets them. */
  readonly forgets?: boolean
}

/** @param change gives places other sets, in the world of the run */
export function move(run: Run, change: () => void, how: Move): void {
  const { mappings = {}, restoreFormerRoles = false, to, reaches = () => false, forgets = false } = how
  const { world } = run
  demandRoles(run, mappings)
  const before = placesOf(world).map((place) => ({ place, was: nameOfSet(world, place), isReached: reaches(place) }))
  change()
  const common = to?.()
  const destinations = new Set(common === undefined ? [] : [common])
  for (const { place, was, isReached } of before) {
    const is = nameOfSet(world, place)
    if (is === was && !isReached) continue
    if (is !== was) run.notePlace(place)
    const held = holdersIn(world, place)
    if (is === undefined) run.demand(held.length === 0, 'in_use')
    else if (held.length > 0) destinations.add(is)
    if (is !== undefined) moveHolders(run, place, { mappings, isRestoring: restoreFormerRoles, forgets })
  }
  for (const target of Object.values(mappings))
    for (const set of destinations) run.demand(world.sets[set]?.roles.includes(target), 'mapping_invalid')
}

export function demandRoles(run: Run, mappings: Readonly<Record<string, string>> = {}): void {
  for (const role of Object.entries(mappings).flat()) run.demand(run.world.roles[role], 'role_not_found')
}

export function nameOfSet(world: World, place: NaivePlace): string | undefined {
  const found = setOf(world, place)
  return 'set' in found ? found.set : undefined
}

export function moveHolders(
  run: Run,
  place: NaivePlace,
  how: { mappings: Readonly<Record<string, string>>; isRestoring: boolean; forgets?: boolean },
): void {
  const { world } = run
  const { mappings, isRestoring, forgets = false } = how
  const found = setOf(world, place)
  const offered = 'set' in found ? (world.sets[found.set]?.roles ?? []) : []
  for (const held of holdersIn(world, place)) {
    const { holder } = held
    if (isRestoring && restore(run, held, { offered, mappings })) continue
    for (const role of holder.roles) if (!offered.includes(role)) run.noteRequired(held, role)
    const next = once(holder.roles.map((role) => mappings[role] ?? role))
    for (const role of holder.roles) {
      const target = mappings[role] ?? role
      if (target !== role) run.note(held, role, target)
      run.demand(offered.includes(target), target === role ? 'mapping_missing' : 'mapping_invalid')
    }
    if (next.join() !== holder.roles.join()) holder.former = forgets ? [] : [...holder.former, holder.roles]
    holder.roles = next
  }
}

/** Former roles: the oldest ones that the set has and the call doesn't map, unless an administrator would stop being one. */
function restore(
  run: Run,
  held: Held,
  { offered, mappings }: { offered: readonly string[]; mappings: Readonly<Record<string, string>> },
): boolean {
  const { kind, holder } = held
  const place = holder.former.findIndex((roles) =>
    roles.every((role) => offered.includes(role) && mappings[role] === undefined),
  )
  const roles = holder.former[place]
  if (roles === undefined) return false
  const administers = (keys: readonly string[]) => keys.some((role) => isEligible(run.world, role))
  const isAdministrator = kind === 'members' && holder.scope === '' && administers(holder.roles)
  if (isAdministrator && !administers(roles)) return false
  run.note(held, holder.roles[0] ?? '', roles[0] ?? '')
  holder.former = holder.former.slice(0, place)
  holder.roles = roles
  return true
}
