/** The things that Rolesets keeps, as plain objects. Keys may be renamed; ids never change. Times are Unix milliseconds. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type Metadata = { readonly [key: string]: Json }

export interface Permission {
  readonly id: string
  /** `org:<feature>:<action>` */
  readonly key: string
  readonly name: string
  readonly description: string
  readonly type: 'SYSTEM' | 'CUSTOM'
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface Role {
  readonly id: string
  /** `org:<name>` */
  readonly key: string
  readonly name: string
  readonly description: string
  /** Keys of its permissions, in alphabetical order. */
  readonly permissions: readonly string[]
  /** Ids of the same permissions, in the same order. */
  readonly permissionIds: readonly string[]
  readonly creatorEligible: boolean
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface RoleSet {
  readonly id: string
  /** `role_set:<name>` */
  readonly key: string
  readonly name: string
  readonly description: string
  /** Keys of its roles, in alphabetical order. */
  readonly roles: readonly string[]
  /** Ids of the same roles, in the same order. */
  readonly roleIds: readonly string[]
  readonly defaultRole: string
  readonly defaultRoleId: string
  readonly creatorRole: string
  readonly creatorRoleId: string
  /** Exactly one set is initial: that of new and unregistered organizations. */
  readonly type: 'INITIAL_SET' | 'CUSTOM_SET'
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface Organization {
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly roleSet: string
  readonly roleSetId: string
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface Membership {
  readonly id: string
  readonly organizationId: string
  readonly userId: string
  readonly role: string
  readonly roleId: string
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
  readonly createdAtMs: number
  readonly updatedAtMs: number
}
