/**
 * All permissions, roles and role sets at one revision, as one immutable value. It is small whatever the number of
 * organizations, so it is held whole in memory and replaced whole by each change: readers never see half of one.
 */

import type { CatalogueChange, Change } from './change.ts'
import type { Permission, Role, RoleSet } from './model.ts'

export interface Catalogue {
  readonly permissions: Index<Permission>
  readonly roles: Index<Role>
  readonly roleSets: Index<RoleSet>
}

/** Things by id and by key. A key never looks like an id: keys contain a colon. */
export class Index<T extends { readonly id: string; readonly key: string }> {
  readonly #byId: ReadonlyMap<string, T>
  readonly #byKey: ReadonlyMap<string, T>

  constructor(things: Iterable<T> = []) {
    const byId = new Map<string, T>()
    const byKey = new Map<string, T>()
    for (const thing of things) {
      byId.set(thing.id, thing)
      byKey.set(thing.key, thing)
    }
    this.#byId = byId
    this.#byKey = byKey
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

  with(thing: T): Index<T> {
    const things = new Map(this.#byId)
    things.set(thing.id, thing)
    return new Index(things.values())
  }

  without(id: string): Index<T> {
    const things = new Map(this.#byId)
    things.delete(id)
    return new Index(things.values())
  }
}

export const emptyCatalogue: Catalogue = { permissions: new Index(), roles: new Index(), roleSets: new Index() }

/** The catalogue after a change set; the same object when the changes don't concern it. */
export function applyToCatalogue(catalogue: Catalogue, changes: readonly Change[]): Catalogue {
  return changes.filter(isCatalogueChange).reduce(applyOne, catalogue)
}

/** The set of new and of unregistered organizations. There is always one (I4). */
export function initialRoleSetOf(catalogue: Catalogue): RoleSet {
  for (const roleSet of catalogue.roleSets.values()) if (roleSet.type === 'initial') return roleSet
  throw new Error('Invariant I4 is broken: no role set is initial.')
}

function isCatalogueChange(change: Change): change is CatalogueChange {
  return /^(permission|role|role_set)_(put|deleted)$/.test(change.kind)
}

function applyOne(catalogue: Catalogue, change: CatalogueChange): Catalogue {
  switch (change.kind) {
    case 'permission_put':
      return { ...catalogue, permissions: catalogue.permissions.with(change.permission) }
    case 'permission_deleted':
      return { ...catalogue, permissions: catalogue.permissions.without(change.before.id) }
    case 'role_put':
      return { ...catalogue, roles: catalogue.roles.with(change.role) }
    case 'role_deleted':
      return { ...catalogue, roles: catalogue.roles.without(change.before.id) }
    case 'role_set_put':
      return { ...catalogue, roleSets: catalogue.roleSets.with(change.roleSet) }
    case 'role_set_deleted':
      return { ...catalogue, roleSets: catalogue.roleSets.without(change.before.id) }
  }
}
