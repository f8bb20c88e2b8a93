/**
 * All permissions, roles, role sets, scope kinds, scope defaults and the settings at one revision, as one immutable value. Its size doesn't depend
 * on the number of organizations, so all of it is in memory. Each change replaces it as a whole: no reader sees half of
 * a change.
 */

import { byKind, type ByKind, type Change } from './changes.ts'
import { edited, layered, settled } from './layered-map.ts'
import { RetiredKeys } from './retired-keys.ts'
import type { Permission, Role, RoleSet, ScopeDefault, ScopeKind, Settings } from './things.ts'

export interface Catalogue {
  readonly permissions: Index<Permission>
  /** Of permissions that were deleted or renamed. */
  readonly retiredPermissions: RetiredKeys
  readonly roles: Index<Role>
  readonly roleSets: Index<RoleSet>
  /** By kind. */
  readonly scopeKinds: ReadonlyMap<string, ScopeKind>
  /** By the scope's key. */
  readonly scopeDefaults: ReadonlyMap<string, ScopeDefault>
  readonly settings: Settings
}

/** What a thing becomes, by its id, or by its kind or scope; undefined: it goes. */
type Edits<Thing> = Map<string, Thing | undefined>

/** Things by id and by key. A key never looks like an id: keys contain a colon. */
export class Index<Thing extends { readonly id: string; readonly key: string }> {
  #byId: ReadonlyMap<string, Thing>
  #byKey: ReadonlyMap<string, Thing>

  constructor(things: Iterable<Thing> = []) {
    const [byId, byKey] = [new Map<string, Thing>(), new Map<string, Thing>()]
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

  byId(id: string): Thing | undefined {
    return this.#byId.get(id)
  }

  byKey(key: string): Thing | undefined {
    return this.#byKey.get(key)
  }

  find(keyOrId: string): Thing | undefined {
    return this.#byKey.get(keyOrId) ?? this.#byId.get(keyOrId)
  }

  values(): IterableIterator<Thing> {
    return this.#byId.values()
  }

  /**
   * The index with these edits.
   * @param make `edited`: it costs one copy, however many things change; `layered`: for one step of many
   */
  edited(edits: ReadonlyMap<string, Thing | undefined>, make: typeof edited = edited): Index<Thing> {
    if (edits.size === 0) return this
    const byKey = new Map<string, Thing | undefined>()
    // All old keys go before the new ones come, because two things may exchange their keys.
    for (const id of edits.keys()) {
      const before = this.#byId.get(id)
      if (before !== undefined) byKey.set(before.key, undefined)
    }
    for (const thing of edits.values()) if (thing !== undefined) byKey.set(thing.key, thing)
    return this.#with(make(this.#byId, edits), make(this.#byKey, byKey))
  }

  /** The same index as quick as it can be: for one that stays. */
  settled(): Index<Thing> {
    const [byId, byKey] = [settled(this.#byId), settled(this.#byKey)]
    return byId === this.#byId && byKey === this.#byKey ? this : this.#with(byId, byKey)
  }

  #with(byId: ReadonlyMap<string, Thing>, byKey: ReadonlyMap<string, Thing>): Index<Thing> {
    const index = new Index<Thing>()
    index.#byId = byId
    index.#byKey = byKey
    return index
  }
}

/** The settings of a new store. */
export const initialSettings: Settings = {
  enabled: true,
  maxAllowedMemberships: 0,
  adminDeleteEnabled: true,
  slugDisabled: false,
  maxRolesPerMember: 1,
  lastAdministrator: 'refuse',
  domainsEnabled: false,
  domainsEnrollmentModes: [],
  updatedAt: 0,
  revision: 0,
}

export const emptyCatalogue: Catalogue = {
  permissions: new Index(),
  retiredPermissions: new RetiredKeys(),
  roles: new Index(),
  roleSets: new Index(),
  scopeKinds: new Map(),
  scopeDefaults: new Map(),
  settings: initialSettings,
}

/** What a change set does to the catalogue, gathered before it is done. */
interface Draft {
  readonly before: Catalogue
  readonly permissions: Edits<Permission>
  /** The keys of the changed permissions before and after each change. */
  readonly permissionKeys: { readonly from: string | undefined; readonly to: string | undefined }[]
  readonly roles: Edits<Role>
  readonly roleSets: Edits<RoleSet>
  readonly scopeKinds: Edits<ScopeKind>
  readonly scopeDefaults: Edits<ScopeDefault>
  settings: Settings
  isTouched: boolean
}

const touch = (draft: Draft): Draft => Object.assign(draft, { isTouched: true })
const elsewhere = () => undefined

const effects: ByKind<unknown, [draft: Draft]> = {
  permission_put: ({ after }, draft) => editPermission(touch(draft), after.id, after),
  permission_deleted: ({ before }, draft) => editPermission(touch(draft), before.id, undefined),
  role_put: ({ after }, draft) => touch(draft).roles.set(after.id, after),
  role_deleted: ({ before }, draft) => touch(draft).roles.set(before.id, undefined),
  role_set_put: ({ after }, draft) => touch(draft).roleSets.set(after.id, after),
  role_set_deleted: ({ before }, draft) => touch(draft).roleSets.set(before.id, undefined),
  scope_kind_put: ({ after }, draft) => touch(draft).scopeKinds.set(after.kind, after),
  scope_kind_deleted: ({ before }, draft) => touch(draft).scopeKinds.set(before.kind, undefined),
  scope_default_put: ({ after }, draft) => touch(draft).scopeDefaults.set(after.scope, after),
  scope_default_deleted: ({ before }, draft) => touch(draft).scopeDefaults.set(before.scope, undefined),
  settings_put: ({ after }, draft) => (touch(draft).settings = after),
  organization_put: elsewhere,
  organization_deleted: elsewhere,
  organizations_moved: elsewhere,
  assignment_put: elsewhere,
  assignment_deleted: elsewhere,
  membership_put: elsewhere,
  membership_deleted: elsewhere,
  members_reassigned: elsewhere,
  scope_renamed: elsewhere,
  history_compacted: elsewhere,
  invitation_put: elsewhere,
  access_key_put: elsewhere,
}

/** A change on the wire doesn't say which key the permission had, but the catalogue does. */
function editPermission(
  { before, permissions, permissionKeys }: Draft,
  id: string,
  after: Permission | undefined,
): void {
  const present = permissions.has(id) ? permissions.get(id) : before.permissions.byId(id)
  permissionKeys.push({ from: present?.key, to: after?.key })
  permissions.set(id, after)
}

/** The catalogue after these changes, in their order; the same object when they don't concern it. */
export function applyToCatalogue(catalogue: Catalogue, changes: readonly Change[]): Catalogue {
  return applied(catalogue, changes, edited)
}

/** The same for one step of many, which doesn't copy the whole catalogue. What remains at the end is to be settled. */
export function applyStepToCatalogue(catalogue: Catalogue, changes: readonly Change[]): Catalogue {
  return applied(catalogue, changes, layered)
}

/** The same catalogue as quick as it can be, after all steps; the same object when it is so already. */
export function settledCatalogue(catalogue: Catalogue): Catalogue {
  const after: Catalogue = {
    ...catalogue,
    permissions: catalogue.permissions.settled(),
    roles: catalogue.roles.settled(),
    roleSets: catalogue.roleSets.settled(),
    scopeKinds: settled(catalogue.scopeKinds),
    scopeDefaults: settled(catalogue.scopeDefaults),
  }
  const names = Object.keys(after) as readonly (keyof Catalogue)[]
  return names.every((name) => after[name] === catalogue[name]) ? catalogue : after
}

function applied(catalogue: Catalogue, changes: readonly Change[], make: typeof edited): Catalogue {
  const draft: Draft = {
    ...{ before: catalogue, permissions: new Map(), permissionKeys: [], roles: new Map(), roleSets: new Map() },
    ...{ scopeKinds: new Map(), scopeDefaults: new Map() },
    ...{ settings: catalogue.settings, isTouched: false },
  }
  for (const change of changes) byKind(effects, change, draft)
  if (!draft.isTouched) return catalogue
  return {
    permissions: catalogue.permissions.edited(draft.permissions, make),
    retiredPermissions: retiredAfter(catalogue, draft),
    roles: catalogue.roles.edited(draft.roles, make),
    roleSets: catalogue.roleSets.edited(draft.roleSets, make),
    scopeKinds: make(catalogue.scopeKinds, draft.scopeKinds),
    scopeDefaults: make(catalogue.scopeDefaults, draft.scopeDefaults),
    settings: draft.settings,
  }
}

function retiredAfter({ retiredPermissions }: Catalogue, { permissionKeys }: Draft): RetiredKeys {
  return permissionKeys.length === 0 ? retiredPermissions : retiredPermissions.after(permissionKeys)
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
  throw new Error('No role set in the database is initial (invariant I4). Run rolesets doctor on the database.')
}

/** Keys in alphabetical order, the same on every machine. */
export function sortByKey<Thing extends { readonly key: string }>(things: Iterable<Thing>): Thing[] {
  return [...things].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}
