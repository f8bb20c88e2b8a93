/**
 * Permissions, roles and role sets at one revision. Never changed: a change set makes a new one, and shares what it
 * doesn't touch. Everything refers to ids, so that a renamed key needs no other change (rule 9).
 */

import type { Change } from './changes.ts'
import type { Permission, Role, RoleSet } from './resources.ts'
import { formatRevision, type Revision } from './revision.ts'
import { RoleSetView } from './role-set-view.ts'
import type { SnapshotChunk } from './wire.ts'

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

  constructor({ permissions, roles, roleSets }: Things) {
    this.permissions = permissions
    this.roles = roles
    this.roleSets = roleSets
    this.permissionsByKey = new Map([...permissions.values()].map((permission) => [permission.key, permission]))
    this.rolesByName = new Map([...roles.values()].flatMap((role) => [[role.id, role] as const, [role.key, role]]))
    this.initialRoleSet = [...roleSets.values()].find(({ type }) => type === 'INITIAL_SET')
  }

  /** The same object if nothing in it changes. */
  apply(changes: readonly Change[]): CatalogueContent {
    if (!changes.some(touchesCatalogue)) return this
    const permissions = new Map(this.permissions)
    const roles = new Map(this.roles)
    const roleSets = new Map(this.roleSets)
    for (const change of changes) {
      if ('permissionPut' in change) permissions.set(change.permissionPut.id, change.permissionPut)
      else if ('permissionDeleted' in change) permissions.delete(change.permissionDeleted.id)
      else if ('rolePut' in change) roles.set(change.rolePut.id, change.rolePut)
      else if ('roleDeleted' in change) roles.delete(change.roleDeleted.id)
      else if ('roleSetPut' in change) roleSets.set(change.roleSetPut.id, change.roleSetPut)
      else if ('roleSetDeleted' in change) roleSets.delete(change.roleSetDeleted.id)
    }
    return new CatalogueContent({ permissions, roles, roleSets })
  }
}

function touchesCatalogue(change: Change): boolean {
  return (
    'permissionPut' in change ||
    'permissionDeleted' in change ||
    'rolePut' in change ||
    'roleDeleted' in change ||
    'roleSetPut' in change ||
    'roleSetDeleted' in change
  )
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
