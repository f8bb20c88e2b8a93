/**
 * The things of the store, as the rules see them. They refer to each other by id, so a renamed key follows everywhere
 * (rule 9). Times are Unix milliseconds; `revision` is the number of the write that changed the thing last.
 */

export type Metadata = Readonly<Record<string, unknown>>

interface Thing {
  readonly id: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly revision: number
}

interface Named extends Thing {
  readonly key: string
  readonly name: string
  readonly description: string
}

export interface Permission extends Named {
  readonly type: 'system' | 'custom'
}

export interface Role extends Named {
  /** In the order of the permissions' keys at the time of writing; without duplicates. */
  readonly permissionIds: readonly string[]
}

export interface RoleSet extends Named {
  /** Without duplicates, never empty (rule 2). */
  readonly roleIds: readonly string[]
  readonly defaultRoleId: string
  readonly creatorRoleId: string
  readonly type: 'initial' | 'custom'
}

export interface Organization extends Thing {
  /** May be empty. */
  readonly name: string
  /** Unique among organizations, or null. */
  readonly slug: string | null
  readonly roleSetId: string
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
}

export interface Membership extends Thing {
  readonly organizationId: string
  readonly userId: string
  readonly roleId: string
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
}

/** What a decision needs to know when an organization isn't in the store (rule 3). */
export type UnknownOrganizations = 'initial' | 'deny'
