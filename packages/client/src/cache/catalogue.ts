/**
 * Permissions, roles and role sets at one revision. Never changed: a change set makes a new one, and shares what it
 * doesn't touch. Everything refers to ids, so that a renamed key needs no other change (rule 9).
 */

import type { Change } from '../feed/changes.ts'
import type { Permission, Role, RoleSet } from '../wire/resources.ts'
import { formatRevision, type Revision } from '../revision.ts'
import { RoleSetView } from './role-set-view.ts'
import type { SnapshotChunk } from '../wire/transport.ts'

/** What `roleSetId` is for an organization that the store doesn't have. */
export const unregistered = ''

interface Things {
  readonly permissions: ReadonlyMap<string, Permission>
  readonly roles: ReadonlyMap<string, Role>
  readonly roleSets: ReadonlyMap<string, RoleSet>
}

/** What doesn't change from one revision to the next unless a change touches it, and how to find it by name. */
export class CatalogueContent implements Things {
  /** By id. */
  readonly permissions: ReadonlyMap<string, Permission>
  /** By id. */
  readonly roles: ReadonlyMap<string, Role>
  /** By id. */
  readonly roleSets: ReadonlyMap<string, RoleSet>
  readonly permissionsByKey: ReadonlyMap<string, Permission>
  /** By key and by id. */
  readonly rolesByName: ReadonlyMap<string, Role>
  readonly initialRoleSet: RoleSet | undefined

  /** @param before content that may have some of the same things: what is known of them is taken from there */
  constructor({ permissions, roles, roleSets }: Things, before?: CatalogueContent) {
    this.permissions = permissions
    this.roles = roles
    this.roleSets = roleSets
    this.permissionsByKey =
      before?.permissions === permissions
        ? before.permissionsByKey
        : new Map([...permissions.values()].map((permission) => [permission.key, permission]))
    this.rolesByName =
      before?.roles === roles
        ? before.rolesByName
        : new Map([...roles.values()].flatMap((role) => [[role.id, role] as const, [role.key, role]]))
    this.initialRoleSet = [...roleSets.values()].find(({ type }) => type === 'INITIAL_SET')
  }

  /** The same object if nothing in it changes. */
  apply(changes: readonly Change[]): CatalogueContent {
    const permissions = afterChanges(this.permissions, changes, (change) => {
      if ('permissionPut' in change) return { put: change.permissionPut }
      return 'permissionDeleted' in change ? { deleted: change.permissionDeleted } : undefined
    })
    const roles = afterChanges(this.roles, changes, (change) => {
      if ('rolePut' in change) return { put: change.rolePut }
      return 'roleDeleted' in change ? { deleted: change.roleDeleted } : undefined
    })
    const roleSets = afterChanges(this.roleSets, changes, (change) => {
      if ('roleSetPut' in change) return { put: change.roleSetPut }
      return 'roleSetDeleted' in change ? { deleted: change.roleSetDeleted } : undefined
    })
    const isSame = permissions === this.permissions && roles === this.roles && roleSets === this.roleSets
    return isSame ? this : new CatalogueContent({ permissions, roles, roleSets }, this)
  }
}

type Effect<Thing> = { readonly put: Thing } | { readonly deleted: { readonly id: string } } | undefined

/** The same map if none of the changes is of its kind. */
function afterChanges<Thing extends { readonly id: string }>(
  things: ReadonlyMap<string, Thing>,
  changes: readonly Change[],
  effectOf: (change: Change) => Effect<Thing>,
): ReadonlyMap<string, Thing> {
  let next: Map<string, Thing> | undefined
  for (const change of changes) {
    const effect = effectOf(change)
    if (effect === undefined) continue
    next ??= new Map(things)
    if ('put' in effect) next.set(effect.put.id, effect.put)
    else next.delete(effect.deleted.id)
  }
  return next ?? things
}

export class Catalogue implements Revision {
  readonly epoch: string
  readonly number: number
  /** `<epoch>:<number>` */
  readonly revision: string
  readonly content: CatalogueContent
  readonly unknownOrganizationsDenied: boolean
  /** Role sets as they answer, by id; made when first asked for. */
  readonly views = new Map<string, RoleSetView>()

  constructor({ epoch, number }: Revision, content: CatalogueContent, unknownOrganizationsDenied: boolean) {
    this.epoch = epoch
    this.number = number
    this.revision = formatRevision({ epoch, number })
    this.content = content
    this.unknownOrganizationsDenied = unknownOrganizationsDenied
  }

  static fromSnapshot(revision: Revision, chunks: readonly SnapshotChunk[]): Catalogue {
    const content = new CatalogueContent({
      permissions: byId(chunks.flatMap((chunk) => chunk.permissions)),
      roles: byId(chunks.flatMap((chunk) => chunk.roles)),
      roleSets: byId(chunks.flatMap((chunk) => chunk.roleSets)),
    })
    return new Catalogue(revision, content, chunks.at(-1)?.unknownOrganizationsDenied ?? true)
  }

  /** The catalogue after the next change set. */
  next(changes: readonly Change[]): Catalogue {
    const revision = { epoch: this.epoch, number: this.number + 1 }
    return new Catalogue(revision, this.content.apply(changes), this.unknownOrganizationsDenied)
  }

  withUnknownOrganizations(denied: boolean): Catalogue {
    return denied === this.unknownOrganizationsDenied ? this : new Catalogue(this, this.content, denied)
  }

  /** How the organizations on a role set are answered; undefined if there is no such set. */
  view(roleSetId: string): RoleSetView | undefined {
    const known = this.views.get(roleSetId)
    if (known !== undefined) return known
    const roleSet = roleSetId === unregistered ? this.content.initialRoleSet : this.content.roleSets.get(roleSetId)
    const denied = roleSetId === unregistered && this.unknownOrganizationsDenied
    if (roleSet === undefined && !denied) return undefined
    const view = new RoleSetView(this.content, denied ? undefined : roleSet, this.revision)
    this.views.set(roleSetId, view)
    return view
  }
}

function byId<Thing extends { readonly id: string }>(things: readonly Thing[]): ReadonlyMap<string, Thing> {
  return new Map(things.map((thing) => [thing.id, thing]))
}
