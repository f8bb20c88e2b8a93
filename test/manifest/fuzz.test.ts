/** Whatever is in the file of `rolesets apply`: it is understood, or it is refused with places and reasons. */

import test from 'ava'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { parseManifestFile } from '../../packages/sidecar/src/manifest/parse.ts'
import { parseManifest } from '../../packages/sidecar/src/domain/apply/parse-manifest.ts'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'

const runs = 5_000

/** Any UTF-16, also halves of characters. */
const anyText = fc.array(fc.nat({ max: 0xffff }), { maxLength: 30 }).map((units) => String.fromCharCode(...units))
const role = fc.constantFrom('org:admin', 'org:member', 'org:analyst', 'org:security_admin', 'analyst', '', 'org:A')
const roleSet = fc.constantFrom('role_set:free', 'role_set:pro', 'role_set:', 'free', 'org:admin')
const scope = fc.constantFrom('department:pharmacy', 'team:x', 'department:', 'a/b', ':x', 'department:a/b', '')
const kind = fc.constantFrom('department', 'team', 'Team', '')
const fallback = fc.constantFrom('organization', 'role_set', 'none', 'ORGANIZATION')
const permission = fc.constantFrom('org:reports:read', 'org:sys_profile:manage', 'org:reports', 'read')
const words = fc.oneof(fc.constantFrom('Analyst', 'org_acme', 'acme', '', ' x', 'x'.repeat(1_100)), anyText)
const odd = fc.oneof(fc.jsonValue({ maxDepth: 1 }), words, fc.integer(), fc.constant(null), fc.boolean())

/** Mostly what belongs there, sometimes not. */
function rather<T>(right: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: odd })
}

const named = { name: rather(words), description: rather(words) }
const map = rather(fc.dictionary(fc.oneof(role, words), rather(role), { maxKeys: 4 }))
const list = (item: fc.Arbitrary<unknown>) => rather(fc.array(rather(item), { maxLength: 4 }))
const extra = { nmae: odd, __proto__: odd, constructor: odd }
const state = fc.record(
  {
    permissions: list(fc.record({ key: rather(permission), ...named, ...extra }, { requiredKeys: ['key'] })),
    roles: list(fc.record({ key: rather(role), ...named, permissions: list(permission) }, { requiredKeys: ['key'] })),
    role_sets: list(
      fc.record(
        {
          key: rather(roleSet),
          ...named,
          roles: list(role),
          default_role: rather(role),
          creator_role: rather(role),
          initial: rather(fc.boolean()),
          replace: map,
        },
        { requiredKeys: ['key', 'roles', 'default_role'] },
      ),
    ),
    scope_kinds: list(
      fc.record(
        { kind: rather(kind), fallback: rather(fallback), role_set: rather(roleSet), mappings: map },
        { requiredKeys: ['kind', 'fallback'] },
      ),
    ),
    scope_defaults: list(fc.record({ scope: rather(scope), role_set: rather(roleSet), mappings: map })),
    organizations: list(
      fc.record(
        {
          ...{ id: rather(words), name: rather(words), slug: rather(words), role_set: rather(roleSet), mappings: map },
          scopes: list(
            fc.record(
              { key: rather(scope), name: rather(words), role_set: rather(roleSet), mappings: map, ...extra },
              { requiredKeys: ['key'] },
            ),
          ),
        },
        { requiredKeys: ['id'] },
      ),
    ),
  },
  { requiredKeys: [] },
)
const fragment = fc.constantFrom(
  ...[
    'roles',
    'role_sets',
    'key',
    'name',
    'org:admin',
    'role_set:free',
    ':',
    '- ',
    '\n',
    '  ',
    '[',
    ']',
    '{',
    '}',
    ',',
  ],
  ...[
    '&a',
    '*a',
    '!!map',
    '<<',
    '? ',
    '|',
    '>',
    "'",
    '"',
    '#',
    '%YAML 1.1',
    '---',
    '...',
    '\t',
    '\0',
    '\ufeff',
    '\ud800',
  ],
)
const text = fc.oneof(
  anyText,
  fc.array(fragment, { maxLength: 30 }).map((parts) => parts.join('')),
  fc.array(fragment, { maxLength: 30 }).map((parts) => parts.join(' ')),
)

/** The promise: either a state that the sidecar's own parser accepts too, or at least one fault, well told. */
function readsOrTells(source: string): boolean {
  const { manifest, faults } = parseManifestFile(source)
  if (manifest === undefined) {
    return (
      faults.length > 0 &&
      faults.every(({ line, column, message }) => line > 0 && column > 0 && isSentence(message, source))
    )
  }
  try {
    parseManifest(manifest)
    return faults.length === 0
  } catch (error) {
    if (error instanceof Refusal)
      throw new Error(`let through, but the sidecar says: ${error.message}`, { cause: error })
    throw error
  }
}

/** A word of the program's own insides may stand in a message only if the file says it. */
function isSentence(message: string, source: string): boolean {
  const leaks = ['undefined', '[object', 'NaN'].filter((word) => message.includes(word) && !source.includes(word))
  return /^\S[^\n]*[.?]$/.test(message) && message.length < 600 && leaks.length === 0
}

test('any text at all is read or refused', (t) => {
  fc.assert(fc.property(text, readsOrTells), { numRuns: runs })
  t.pass()
})

test("a nearly right state is read or refused, and what is read the sidecar's own parser accepts", (t) => {
  fc.assert(
    fc.property(
      state.map((value) => stringify(value)),
      readsOrTells,
    ),
    { numRuns: runs },
  )
  t.pass()
})
