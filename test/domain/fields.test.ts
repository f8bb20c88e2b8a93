/** What texts, ids and metadata may be, whoever sends them: the syntax that all rules share. */

import test from 'ava'
import fc from 'fast-check'
import { withoutUnseen } from '@rolesets/core'
import {
  parseDescription,
  parseEmailAddress,
  parseId,
  parseKey,
  parseMappings,
  parseName,
  parseNewId,
  parseOrganizationName,
  parseRef,
  parseRefs,
  parseSlug,
} from '../../packages/sidecar/src/domain/fields.ts'
import { parseMetadata } from '../../packages/sidecar/src/domain/metadata.ts'
import { parseOrganizationId, parseQuestion, parseQuestions } from '../../packages/sidecar/src/domain/questions.ts'
import { refused } from './refused.ts'

const noTexts = { undefined, null: null, number: 7, boolean: true, object: {}, list: ['a'], symbol: Symbol('a') }

for (const [kind, value] of Object.entries(noTexts))
  test(`${kind} is no text`, (t) => {
    refused(t, 'invalid_field', 'name', () => parseName(value))
    refused(t, 'invalid_field', 'role', () => parseRef(value, 'role'))
    refused(t, 'invalid_field', 'id', () => parseId(value, 'id'))
  })

test('characters are counted as people count them: one outside the basic plane is one', (t) => {
  t.is(parseName('🏥'.repeat(256)).length, 512)
  const { facts } = refused(t, 'limit_exceeded', 'name', () => parseName('🏥'.repeat(257)))
  t.deepEqual(facts, { limit: 'nameCharactersMax', max: '256', given: '257' })
})

for (const character of ['\u0000', '\n', '\u007f', '\u0085', '\ud800'])
  test(`a text with ${JSON.stringify(character)} in it is refused, because it would hide or come back changed`, (t) => {
    refused(t, 'invalid_field', 'id', () => parseId(`a${character}b`, 'id'))
    refused(t, 'invalid_field', 'name', () => parseName(`a${character}b`))
    refused(t, 'invalid_field', 'role', () => parseRef(`a${character}b`, 'role'))
  })

const unseen = [
  ...['\u00ad', '\u061c', '\u115f', '\u180e', '\u200b', '\u200d', '\u200e', '\u2028', '\u202e', '\u2060'],
  ...['\u2066', '\u3164', '\ufe0f', '\ufeff', '\ufffb', '\u{e0041}', '\u{e0100}'],
]

for (const character of unseen)
  test(`${JSON.stringify(withoutUnseen(character))} is refused in what is new, and found in what exists`, (t) => {
    for (const text of [`a${character}b`, `${character}a`, `a${character}`]) {
      refused(t, 'invalid_field', 'id', () => parseNewId(text, 'id'))
      for (const parse of [parseName, parseOrganizationName]) refused(t, 'invalid_field', 'name', () => parse(text))
      refused(t, 'invalid_field', 'description', () => parseDescription(text))
      refused(t, 'invalid_field', 'slug', () => parseSlug(text))
      refused(t, 'invalid_field', 'key', () => parseKey('role', `org:${text}`))
      refused(t, 'invalid_field', 'email_address', () => parseEmailAddress(`${text}@example.com`, 'email_address'))
      if (text.trim() === text) t.is(parseId(text, 'id'), text)
      t.regex(withoutUnseen(text), /^[\x20-\x7e]+$/)
      t.is(JSON.parse(withoutUnseen(JSON.stringify(text))), text)
    }
  })

test('a joiner may stand in a name where writing needs it, and nowhere in an id', (t) => {
  for (const name of ['می\u200cخواهم', 'क्\u200dष', '👩\u200d💻 Team', '❤\ufe0f Club', '1\ufe0f\u20e3 First']) {
    t.is(parseName(name), name)
    t.is(withoutUnseen(name), name)
    refused(t, 'invalid_field', 'id', () => parseNewId(name, 'id'))
  }
  for (const name of ['Ac\u200cme', 'Ac\u200dme', 'Acme\ufe0f', '👩\u200d', '\u200d💻'])
    refused(t, 'invalid_field', 'name', () => parseName(name))
})

test('a description may have several lines, but no other control characters', (t) => {
  t.is(parseDescription('a\n\tb\r\nc'), 'a\n\tb\r\nc')
  t.is(parseDescription(''), '')
  refused(t, 'invalid_field', 'description', () => parseDescription('a\u0000b'))
})

test('a name says something', (t) => {
  for (const name of ['', ' ', '\u3000']) refused(t, 'invalid_field', 'name', () => parseName(name))
})

test('an organization id has 1 to 255 characters, no control characters, and no space at either end', (t) => {
  for (const id of ['a', 'x'.repeat(255), 'a b', 'https://example.com/7', '__proto__'])
    t.is(parseOrganizationId(id), id)
  for (const id of ['', ' a', 'a ', '\u00a0a', 'a\tb'])
    refused(t, 'invalid_field', 'organization_id', () => parseOrganizationId(id))
  refused(t, 'limit_exceeded', 'organization_id', () => parseOrganizationId('x'.repeat(256)))
})

test('a long text is shown shortened in the message', (t) => {
  const { message } = refused(t, 'invalid_field', 'id', () => parseId(`${'x'.repeat(200)} `, 'id'))
  t.true(message.length < 200)
})

test('an entry of a list is named by its place', (t) => {
  t.deepEqual(parseRefs(['a'], 'roles', 'rolesPerRoleSetMax'), [{ ref: 'a', field: 'roles[0]' }])
  refused(t, 'invalid_field', 'roles[1]', () => parseRefs(['a', 7], 'roles', 'rolesPerRoleSetMax'))
  refused(t, 'invalid_field', 'roles', () => parseRefs('a', 'roles', 'rolesPerRoleSetMax'))
  refused(t, 'invalid_field', 'roles[0]', () => parseRefs(new Array(1), 'roles', 'rolesPerRoleSetMax'))
})

test('a mapping is named by the role that it is from', (t) => {
  t.deepEqual(parseMappings({ a: 'b' }, 'mappings'), [{ from: 'a', to: 'b', field: 'mappings[a]' }])
  t.deepEqual(parseMappings(undefined, 'mappings'), [])
  refused(t, 'invalid_field', 'mappings[a]', () => parseMappings({ a: 7 }, 'mappings'))
  for (const value of [null, 'a', ['a'], new Map([['a', 'b']])])
    refused(t, 'invalid_field', 'mappings', () => parseMappings(value, 'mappings'))
})

test('metadata is a JSON object, and is copied', (t) => {
  const given = { a: [1, { b: null }], c: 'x', d: true, e: 1.5 }
  const parsed = parseMetadata(given, 'public_metadata')
  t.deepEqual(parsed, given)
  given.a.push(2)
  t.deepEqual(parsed['a'], [1, { b: null }])
})

for (const value of [null, [], 'text', 7, new Date(0), new Map(), Object.create({ a: 1 })])
  test(`${Object.prototype.toString.call(value)} ${JSON.stringify(value)} is no metadata`, (t) => {
    refused(t, 'invalid_field', 'public_metadata', () => parseMetadata(value, 'public_metadata'))
  })

for (const value of [undefined, Number.NaN, Infinity, 7n, () => 1, new Date(0), Symbol('a')])
  test(`metadata can’t hold ${String(value)}, because JSON can’t write it`, (t) => {
    refused(t, 'invalid_field', 'private_metadata', () => parseMetadata({ a: [value] }, 'private_metadata'))
  })

test('metadata that goes round in circles is refused, however it branches', (t) => {
  const circle: Record<string, unknown> = {}
  for (let place = 0; place < 10; place++) circle[`a${place}`] = circle
  refused(t, 'limit_exceeded', 'public_metadata', () => parseMetadata(circle, 'public_metadata'))
  const list: unknown[] = []
  for (let place = 0; place < 10; place++) list.push(list)
  refused(t, 'limit_exceeded', 'public_metadata', () => parseMetadata({ list }, 'public_metadata'))
})

test('a question names its organization, its role and, if it has one, its permission', (t) => {
  const asked = { organizationId: 'acme', role: 'org:analyst', permission: '' }
  t.deepEqual(parseQuestion(asked), { organizationId: 'acme', role: 'org:analyst', permission: undefined })
  t.is(parseQuestion({ ...asked, permission: 'org:reports:read' }).permission, 'org:reports:read')
  t.is(parseQuestion({ ...asked, role: 'no such syntax' }).role, 'no such syntax')
  refused(t, 'invalid_field', 'role', () => parseQuestion({ ...asked, role: '' }))
  refused(t, 'invalid_field', 'organization_id', () => parseQuestion({ ...asked, organizationId: '' }))
  refused(t, 'invalid_field', 'permission', () => parseQuestion({ ...asked, permission: 'a\nb' }))
})

test('a question is refused exactly where the text of one of its parts would be', (t) => {
  const character = fc.constantFrom('a', ':', '~', '!', ' ', '\n', '\u007f', '\ud800', 'é', '🏥')
  const long = fc.constantFrom(128, 129, 255, 256).map((length) => 'a'.repeat(length))
  // Faults come one at a time if most texts have none.
  const text = fc.oneof({ arbitrary: fc.constant('a'), weight: 4 }, fc.string({ unit: character, maxLength: 3 }), long)
  const outcome = (parse: () => unknown) => {
    try {
      return parse()
    } catch (error) {
      return (error as Error).message
    }
  }
  fc.assert(
    fc.property(text, text, text, (organizationId, role, permission) => {
      const partByPart = () => ({
        organizationId: parseOrganizationId(organizationId),
        role: parseRef(role, 'role'),
        permission: permission === '' ? undefined : parseRef(permission, 'permission'),
      })
      t.deepEqual(
        outcome(() => parseQuestion({ organizationId, role, permission })),
        outcome(partByPart),
      )
    }),
    { numRuns: 500 },
  )
})

test('a fault in a batch is named by its place; an empty batch is one', (t) => {
  const asked = { organizationId: 'acme', role: 'org:analyst' }
  t.is(parseQuestions([asked, asked]).length, 2)
  refused(t, 'invalid_field', 'checks[1].role', () => parseQuestions([asked, { ...asked, role: '' }]))
  refused(t, 'invalid_field', 'checks', () => parseQuestions([]))
})
