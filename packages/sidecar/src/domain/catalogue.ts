/**
 * All permissions, roles and role sets at one revision, as one immutable value. It is small whatever the number of
 * organizations, so it is held whole in memory and replaced whole by each change: readers never see half of one.
 */

import type { CatalogueChange, Change } from './change.ts'
import type { Permission, Role, RoleSet, Settings } from './model.ts'

export interface Catalogue {
  readonly permissions: Index<Permission>
  readonly roles: Index<Role>
  readonly roleSets: Index<RoleSet>
  readonly settings: Settings
}

/** What becomes of a thing, by its id; undefined: it goes. */
type Edits<T> = Map<string, T | undefined>

/** Things by id and by key. A key never looks like an id: keys contain a colon. */
export class Index<T extends { readonly id: string; readonly key: string }> {
  #byId = new Map<string, T>()
  #byKey = new Map<string, T>()

  constructor(things: Iterable<T> = []) {
    for (const thing of things) this.#add(thing)
  }

  get size(): number {
    return this.#byId.size
  }

  byId(id: string): T | undefined {
    return this.#byId.get(id)
  }

  byKey(key: string): T | undefined {
    return this.#byKey.get(key)
  }

  find(keyOrId: string): T | undefined {
    return this.#byKey.get(keyOrId) ?? this.#byId.get(keyOrId)
  }

  values(): IterableIterator<T> {
    return this.#byId.values()
  }

  /** Costs one copy, however many things change. */
  edited(edits: ReadonlyMap<string, T | undefined>): Index<T> {
    if (edits.size === 0) return this
    const index = new Index<T>()
    index.#byId = new Map(this.#byId)
    index.#byKey = new Map(this.#byKey)
    // All old keys go before the new ones come, because keys may change hands.
    for (const id of edits.keys()) index.#byKey.delete(this.#byId.get(id)?.key ?? '')
    for (const [id, thing] of edits) {
      if (thing === undefined) index.#byId.delete(id)
      else index.#add(thing)
    }
    return index
  }

  #add(thing: T): void {
    this.#byId.set(thing.id, thing)
    this.#byKey.set(thing.key, thing)
  }
}

/** As every store begins. */
export const initialSettings: Settings = {
  enabled: true,
  maxAllowedMemberships: 0,
  adminDeleteEnabled: true,
  slugDisabled: false,
  domainsEnabled: false,
  domainsEnrollmentModes: [],
  updatedAt: 0,
  revision: 0,
}

export const emptyCatalogue: Catalogue = {
  permissions: new Index(),
  roles: new Index(),
  roleSets: new Index(),
  settings: initialSettings,
}

/** The catalogue after these changes, in their order; the same object when they don't concern it. */
export function applyToCatalogue(catalogue: Catalogue, changes: readonly Change[]): Catalogue {
  const relevant = changes.filter(isCatalogueChange)
  if (relevant.length === 0) return catalogue
  const permissions: Edits<Permission> = new Map()
  const roles: Edits<Role> = new Map()
  const roleSets: Edits<RoleSet> = new Map()
  let { settings } = catalogue
  for (const change of relevant) {
    if (change.kind === 'settings_put') settings = change.settings
    else note(change, { permissions, roles, roleSets })
  }
  return {
    permissions: catalogue.permissions.edited(permissions),
    roles: catalogue.roles.edited(roles),
    roleSets: catalogue.roleSets.edited(roleSets),
    settings,
  }
}

/** An index never changes, so its initial set is looked for once: a decision about an unknown organization needs it. */
const initialRoleSets = new WeakMap<Index<RoleSet>, RoleSet>()

/** The set of new and of unregistered organizations. There is always one (I4). */
export function initialRoleSetOf({ roleSets }: Catalogue): RoleSet {
  const known = initialRoleSets.get(roleSets)
  if (known !== undefined) return known
  for (const roleSet of roleSets.values()) {
    if (roleSet.type !== 'initial') continue
    initialRoleSets.set(roleSets, roleSet)
    return roleSet
  }
  throw new Error('Invariant I4 is broken: no role set is initial.')
}

function isCatalogueChange(change: Change): change is CatalogueChange {
  return /^((permission|role|role_set)_(put|deleted)|settings_put)$/.test(change.kind)
}

function note(
  change: Exclude<CatalogueChange, { kind: 'settings_put' }>,
  edits: { permissions: Edits<Permission>; roles: Edits<Role>; roleSets: Edits<RoleSet> },
): void {
  switch (change.kind) {
    case 'permission_put':
      edits.permissions.set(change.permission.id, change.permission)
      return
    case 'permission_deleted':
      edits.permissions.set(change.before.id, undefined)
      return
    case 'role_put':
      edits.roles.set(change.role.id, change.role)
      return
    case 'role_deleted':
      edits.roles.set(change.before.id, undefined)
      return
    case 'role_set_put':
      edits.roleSets.set(change.roleSet.id, change.roleSet)
      return
    case 'role_set_deleted':
      edits.roleSets.set(change.before.id, undefined)
      return
  }
}
