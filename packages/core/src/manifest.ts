/** A manifest describes the desired state of a store, by keys. A field that is undefined stays unchanged. */

import { camelCase } from './casing.ts'
import { findTextFault, isPlainObject } from './faults.ts'
import { manifestSections, type FieldRule, type SectionRule } from './manifest-fields.ts'
import type { ScopeFallback } from './things.ts'

export interface Manifest {
  readonly permissions?: readonly PermissionManifest[] | undefined
  readonly roles?: readonly RoleManifest[] | undefined
  readonly roleSets?: readonly RoleSetManifest[] | undefined
  readonly scopeKinds?: readonly ScopeKindManifest[] | undefined
  readonly scopeDefaults?: readonly ScopeDefaultManifest[] | undefined
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
  /** Key of one of `roles`. Undefined or empty: as it is, or none: the set is for scopes only (rule 14). */
  readonly creatorRole?: string | undefined
  readonly initial?: boolean | undefined
  /** For roles that pruning takes out of the set: the one of `roles` that members with it get. */
  readonly replace?: Readonly<Record<string, string>> | undefined
}

/** For a move of scopes to another set: new roles for members whose role is not in it. Without a move they do nothing. */
interface Moving {
  readonly mappings?: Readonly<Record<string, string>> | undefined
}

export interface ScopeKindManifest extends Moving {
  readonly kind: string
  readonly fallback: ScopeFallback
  /** Key; with the fallback `role_set`, and only then. */
  readonly roleSet?: string | undefined
}

export interface ScopeDefaultManifest extends Moving {
  /** Key of the scopes. */
  readonly scope: string
  /** Key. */
  readonly roleSet: string
}

export interface ScopeManifest extends Moving {
  /** `<kind>:<name>` */
  readonly key: string
  /** Empty: none. */
  readonly name?: string | undefined
  /** Key. Empty: no set of its own. */
  readonly roleSet?: string | undefined
}

export interface OrganizationManifest extends Moving {
  readonly id: string
  readonly name?: string | undefined
  /** Empty: none. */
  readonly slug?: string | undefined
  /** Key. Undefined or empty: as it is, or the initial set for a new organization. */
  readonly roleSet?: string | undefined
  /** Those with a name or a role set of their own; with pruning, others lose both. Undefined: as they are. */
  readonly scopes?: readonly ScopeManifest[] | undefined
}

type Fields = Readonly<Record<string, unknown>>

/**
 * A manifest with the names of a file, in snake_case. What isn't a field is left out, and so is an empty text where only a
 * name or a key can stand: on the wire it is the same as none. Values are taken as they are, whatever their types.
 */
export function fileOfManifest(manifest: Manifest): Fields {
  const given = manifest as Fields
  const sections = Object.entries<SectionRule>(manifestSections).flatMap(([section, rule]) => {
    const items = given[camelCase(section)]
    return items === undefined ? [] : [[section, mapItems(items, (item) => fileOfItem(item, rule))] as const]
  })
  return Object.fromEntries(sections)
}

function fileOfItem(item: Fields, { fields }: SectionRule): Fields {
  const given = Object.entries<FieldRule>(fields).flatMap(([field, rule]) => {
    const value = item[camelCase(field)]
    if (value === undefined || (value === '' && isNone(rule))) return []
    return [[field, rule.holds === 'parts' ? mapItems(value, (part) => fileOfItem(part, rule.of)) : value] as const]
  })
  return Object.fromEntries(given)
}

/** @param file without faults */
export function manifestOfFile(file: unknown): ParsedManifest {
  const none = { permissions: [], roles: [], roleSets: [], scopeKinds: [], scopeDefaults: [], organizations: [] }
  const sections = Object.entries<SectionRule>(manifestSections).flatMap(([section, rule]) => {
    const items = (file as Fields)[section]
    return items === undefined ? [] : [[camelCase(section), mapItems(items, (item) => itemOfFile(item, rule))] as const]
  })
  return { ...none, ...Object.fromEntries(sections) }
}

function itemOfFile(item: Fields, { fields }: SectionRule): Fields {
  const given = Object.entries(item).map(([field, value]) => {
    const rule = fields[field]
    const isParts = rule?.holds === 'parts'
    return [camelCase(field), isParts ? mapItems(value, (part) => itemOfFile(part, rule.of)) : value] as const
  })
  return Object.fromEntries(given)
}

function isNone(rule: FieldRule): boolean {
  return rule.holds === 'text' && rule.required !== true && findTextFault(rule.text, '') !== undefined
}

function mapItems(items: unknown, map: (item: Fields) => Fields): unknown {
  return Array.isArray(items) ? items.map((item: unknown) => (isPlainObject(item) ? map(item) : item)) : items
}
