/** A manifest describes the desired state of a store, by keys. A field that is undefined stays unchanged. */

import { camelCase } from './casing.ts'
import { findTextFault, isPlainObject } from './faults.ts'
import { manifestSections, type FieldRule } from './manifest-fields.ts'

export interface Manifest {
  readonly permissions?: readonly PermissionManifest[] | undefined
  readonly roles?: readonly RoleManifest[] | undefined
  readonly roleSets?: readonly RoleSetManifest[] | undefined
  readonly organizations?: readonly OrganizationManifest[] | undefined
}

/** A manifest that was found to be without faults. */
export type ParsedManifest = { readonly [Section in keyof Manifest]-?: NonNullable<Manifest[Section]> }

export interface PermissionManifest {
  readonly key: string
  /** Undefined or empty: as it is, or made from the key. */
  readonly name?: string | undefined
  readonly description?: string | undefined
}

export interface RoleManifest extends PermissionManifest {
  /** The keys of all permissions that the role should hold. */
  readonly permissions?: readonly string[] | undefined
}

export interface RoleSetManifest extends PermissionManifest {
  /** Keys; at least one. */
  readonly roles: readonly string[]
  /** Key of one of `roles`. */
  readonly defaultRole: string
  /** Key of one of `roles`. */
  readonly creatorRole: string
  readonly initial?: boolean | undefined
  /** For roles that pruning takes out of the set: the one of `roles` that members with it get. */
  readonly replace?: Readonly<Record<string, string>> | undefined
}

export interface OrganizationManifest {
  readonly id: string
  readonly name?: string | undefined
  /** Empty: none. */
  readonly slug?: string | undefined
  /** Key. Undefined or empty: as it is, or the initial set for a new organization. */
  readonly roleSet?: string | undefined
  /** For a move: new roles for members whose role is not in the set. Without a move they do nothing. */
  readonly mappings?: Readonly<Record<string, string>> | undefined
}

type Fields = Readonly<Record<string, unknown>>

/**
 * A manifest with the names of a file, in snake_case. What isn't a field is left out, and so is an empty text where only a
 * name or a key can stand: on the wire it is the same as none. Values are taken as they are, whatever their types.
 */
export function fileOfManifest(manifest: Manifest): Fields {
  const given = manifest as Fields
  const sections = Object.entries(manifestSections).flatMap(([section, { fields }]) => {
    const items = given[camelCase(section)]
    if (items === undefined) return []
    const pick = (item: Fields) =>
      Object.entries<FieldRule>(fields).flatMap(([field, rule]) => {
        const value = item[camelCase(field)]
        return value === undefined || (value === '' && isNone(rule)) ? [] : [[field, value] as const]
      })
    return [[section, mapItems(items, (item) => Object.fromEntries(pick(item)))] as const]
  })
  return Object.fromEntries(sections)
}

/** @param file without faults */
export function manifestOfFile(file: unknown): ParsedManifest {
  const none = { permissions: [], roles: [], roleSets: [], organizations: [] }
  const sections = Object.entries(camelCased(file as Fields)).map(
    ([section, items]) => [section, mapItems(items, camelCased)] as const,
  )
  return { ...none, ...Object.fromEntries(sections) }
}

function isNone(rule: FieldRule): boolean {
  return rule.holds === 'text' && rule.required !== true && findTextFault(rule.text, '') !== undefined
}

function camelCased(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [camelCase(name), value]))
}

function mapItems(items: unknown, map: (item: Fields) => Fields): unknown {
  return Array.isArray(items) ? items.map((item: unknown) => (isPlainObject(item) ? map(item) : item)) : items
}
