/**
 * All that can be wrong with a manifest and be found without a store. The sidecar refuses a request with the first fault;
 * the command line shows every fault of a file, with its place. A malformed thing is not compared with others, so that one
 * mistake is one fault.
 */

import { findExcess, findTextFault, isPlainObject, malformed, type Fault, type TextKind } from './faults.ts'
import { manifestSections, type FieldRule, type SectionRule } from './manifest-fields.ts'
import { findScopeFault, findScopeKindFault } from './scope-keys.ts'
import { quoted } from './wording.ts'

/** Section, index, field, and then the index or the key within the field. */
export type ManifestPath = readonly (string | number)[]

export interface ManifestFault extends Fault {
  readonly path: ManifestPath
  /** Only where an unknown field is the fault: the fields that there are. */
  readonly fields?: readonly string[]
  /** Only where two things can't both be so: the place of the other one, which comes first. */
  readonly other?: ManifestPath
}

type Faults<T = void> = Generator<ManifestFault, T, undefined>
type Fields = Readonly<Record<string, unknown>>

interface Item {
  readonly path: ManifestPath
  readonly fields: Fields
}

/** @param file with the names of a file: see `fileOfManifest` */
export function* findManifestFaults(file: unknown): Faults {
  if (!isPlainObject(file)) return yield wrongType([], file, { wanted: 'fields with values', required: true })
  yield* unknownFields([], file, manifestSections)
  const sections: (readonly [SectionRule, readonly Item[]])[] = []
  for (const [section, rule] of Object.entries<SectionRule>(manifestSections))
    sections.push([rule, yield* sectionFaults([section], file[section], rule)])
  for (const [rule, items] of sections) {
    for (const field of rule.unique) yield* repeatedFields(items, field)
    for (const item of items) yield* repeatedKeys(item, rule)
    if (rule === manifestSections.role_sets) yield* roleSetFaults(items)
    if (rule === manifestSections.scope_kinds) yield* scopeKindFaults(items)
    if (rule === manifestSections.organizations) yield* organizationFaults(items)
  }
}

/** `roles[2].permissions[0]`; empty for the manifest as a whole. */
export function pathText(path: ManifestPath): string {
  return path.reduce<string>((text, part, depth) => {
    if (typeof part === 'number') return `${text}[${part}]`
    // What is within a field is a key that the user chose; what is within an entry of a list is a field.
    const isChosen = depth > 2 && typeof path[depth - 1] !== 'number'
    if (isChosen || !/^\w{1,64}$/.test(part)) return `${text}[${/^[\w:]{1,128}$/.test(part) ? part : quoted(part)}]`
    return text === '' ? part : `${text}.${part}`
  }, '')
}

/** Yields the faults of all items, and returns the items that have none. */
function* sectionFaults(path: ManifestPath, value: unknown, rule: SectionRule): Faults<readonly Item[]> {
  if (value === undefined) return []
  const wellFormed: Item[] = []
  for (const [index, item] of yield* listEntries(path, value, { limit: rule.limit })) {
    const at = [...path, index]
    const faults = isPlainObject(item)
      ? itemFaults(at, item, rule.fields)
      : [wrongType(at, item, { wanted: 'fields with values', required: true })]
    let count = 0
    for (const fault of faults) {
      count++
      yield fault
    }
    if (count === 0) wellFormed.push({ path: at, fields: item as Fields })
  }
  return wellFormed
}

function* itemFaults(path: ManifestPath, item: Fields, rules: SectionRule['fields']): Faults {
  yield* unknownFields(path, item, rules)
  for (const [field, rule] of Object.entries(rules)) {
    const value = item[field]
    if (value !== undefined || rule.required) yield* fieldFaults([...path, field], value, rule)
  }
}

function* fieldFaults(path: ManifestPath, value: unknown, rule: FieldRule): Faults {
  const { required } = rule
  switch (rule.holds) {
    case 'text':
      return yield* textFaults(path, value, { kind: rule.text, required })
    case 'scope':
    case 'scope kind': {
      if (typeof value !== 'string') return yield wrongType(path, value, { wanted: 'a string', required })
      const fault = rule.holds === 'scope' ? findScopeFault(value) : findScopeKindFault(value)
      if (fault) yield { path, ...fault }
      return
    }
    case 'choice': {
      const wanted = `${rule.of.slice(0, -1).join(', ')} or ${rule.of.at(-1)}`
      if (typeof value !== 'string') return yield wrongType(path, value, { wanted, required })
      if (!rule.of.includes(value)) yield { path, ...malformed(`is ${quoted(value)}. Write ${wanted}.`) }
      return
    }
    case 'parts':
      return yield* partFaults(path, value, rule.of)
    case 'flag':
      if (typeof value !== 'boolean') yield wrongType(path, value, { wanted: 'true or false', required })
      return
    case 'keys':
      for (const [index, key] of yield* listEntries(path, value, rule))
        yield* textFaults([...path, index], key, { kind: rule.of, required: true })
      return
    case 'role map': {
      if (!isPlainObject(value)) return yield wrongType(path, value, { wanted: 'a map from role to role', required })
      const entries = Object.entries(value)
      const excess = findExcess('mappingsMax', entries.length, 'entries')
      if (excess) return yield { path, ...excess }
      for (const [from, to] of entries) {
        yield* textFaults([...path, from], from, { kind: 'role' })
        yield* textFaults([...path, from], to, { kind: 'role', required: true })
      }
    }
  }
}

function* partFaults(path: ManifestPath, value: unknown, rule: SectionRule): Faults {
  const items = yield* sectionFaults(path, value, rule)
  for (const field of rule.unique) yield* repeatedFields(items, field)
}

function* textFaults(
  path: ManifestPath,
  value: unknown,
  { kind, required }: { readonly kind: TextKind; readonly required?: boolean | undefined },
): Faults {
  if (typeof value !== 'string') return yield wrongType(path, value, { wanted: 'a string', required })
  const fault = findTextFault(kind, value)
  if (fault) yield { path, ...fault }
}

/** Nothing to go through where the list itself is at fault. */
function* listEntries(
  path: ManifestPath,
  value: unknown,
  { limit, min = 0, required }: Pick<SectionRule, 'limit'> & { readonly min?: number; readonly required?: boolean },
): Faults<Iterable<[number, unknown]>> {
  if (!Array.isArray(value)) return (yield wrongType(path, value, { wanted: 'a list', required }), [])
  const excess = findExcess(limit, value.length, 'entries')
  if (excess) return (yield { path, ...excess }, [])
  if (value.length < min) yield { path, ...malformed('is empty. Give at least one role.') }
  return (value as readonly unknown[]).entries()
}

/** What a set says about its own roles must be about roles that it lists, and what it replaces about others. */
function* roleSetFaults(roleSets: readonly Item[]): Faults {
  const remedy = "which isn't among the roles of the set. Add it there, or use one of them."
  let initial: ManifestPath | undefined
  for (const { path, fields } of roleSets) {
    // The fields are well-formed: see the table.
    const { key, roles, replace = {} } = fields as { key: string; roles: string[]; replace?: Record<string, string> }
    for (const field of ['default_role', 'creator_role']) {
      const role = fields[field] as string | undefined
      if (role === undefined || roles.includes(role)) continue
      const facts = { role, role_set: key }
      yield { path: [...path, field], code: 'special_role_not_in_role_set', problem: `is ${role}, ${remedy}`, facts }
    }
    for (const [from, to] of Object.entries(replace)) {
      const at = [...path, 'replace', from]
      const problem = `replaces ${from}, which the set lists. Remove it from roles, or from replace.`
      if (roles.includes(from)) yield { path: at, ...malformed(problem) }
      if (roles.includes(to)) continue
      yield { path: at, code: 'mapping_invalid', problem: `is ${to}, ${remedy}`, facts: { role: from, to_role: to } }
    }
    if (fields['initial'] !== true) continue
    const second = malformed('makes a second set initial. Exactly one set can be: keep one of the two.')
    const at = [...path, 'initial']
    if (initial) yield { path: at, other: initial, ...second }
    initial ??= at
  }
}

/** A kind names a role set if, and only if, it is what its scopes have. */
function* scopeKindFaults(kinds: readonly Item[]): Faults {
  for (const { path, fields } of kinds) {
    const at = [...path, 'role_set']
    const { fallback, role_set: roleSet } = fields
    if (fallback === 'role_set' && roleSet === undefined)
      yield { path: at, ...malformed('is missing. The fallback role_set needs one: give its key.') }
    else if (fallback !== 'role_set' && roleSet !== undefined)
      yield { path: at, ...malformed('is only for the fallback role_set. Remove it, or choose that fallback.') }
  }
}

/** Ids and slugs name organizations alike. */
function* organizationFaults(organizations: readonly Item[]): Faults {
  const scopes = organizations.reduce((sum, { fields }) => sum + ((fields['scopes'] ?? []) as unknown[]).length, 0)
  const excess = findExcess('manifestScopesMax', scopes, 'scopes')
  if (excess) yield { path: ['organizations'], ...excess }
  const ids = new Map(organizations.map(({ path, fields }) => [fields['id'], path]))
  for (const { path, fields } of organizations) {
    const slug = fields['slug'] as string | undefined
    const owner = ids.get(slug)
    if (owner === undefined || owner === path) continue
    const problem = `is ${slug}, the id of ${pathText(owner)}. Choose another slug.`
    yield { path: [...path, 'slug'], other: [...owner, 'id'], ...malformed(problem) }
  }
}

function* repeatedFields(items: readonly Item[], field: string): Faults {
  yield* repeats(items.map(({ path, fields }) => [[...path, field], fields[field] as string | undefined]))
}

function* repeatedKeys({ path, fields }: Item, rule: SectionRule): Faults {
  for (const [field, { holds }] of Object.entries(rule.fields)) {
    if (holds !== 'keys') continue
    const keys = (fields[field] ?? []) as readonly string[]
    yield* repeats(keys.map((key, index) => [[...path, field, index], key]))
  }
}

function* repeats(entries: readonly (readonly [ManifestPath, string | undefined])[]): Faults {
  const seen = new Map<string, ManifestPath>()
  for (const [path, value] of entries) {
    if (value === undefined || value === '') continue
    const other = seen.get(value)
    if (other) yield { path, other, ...malformed(`repeats ${value}. Give it once.`) }
    else seen.set(value, path)
  }
}

function* unknownFields(path: ManifestPath, given: Fields, known: Fields): Faults {
  const fields = Object.keys(known)
  for (const name of Object.keys(given)) {
    const problem = `is not a field. The fields here are ${fields.join(', ')}.`
    if (!fields.includes(name)) yield { path: [...path, name], ...malformed(problem), fields }
  }
}

function wrongType(
  path: ManifestPath,
  value: unknown,
  { wanted, required }: { readonly wanted: string; readonly required: boolean | undefined },
): ManifestFault {
  const remedy = `Give ${wanted}${value === null && !required ? ', or remove the line' : ''}.`
  const hint = wanted === 'a string' && ['number', 'boolean'].includes(typeof value) ? ' Put it in quotes.' : ''
  return { path, ...malformed(`is ${wordsOf(value)}. ${remedy}${hint}`) }
}

function wordsOf(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return `the string ${quoted(value)}`
  return typeof value === 'number' || typeof value === 'boolean' ? `the ${typeof value} ${value}` : 'a map'
}
