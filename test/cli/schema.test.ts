/** The published schema is what the parser takes, and the examples keep to it. */

import { access, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import test from 'ava'
import { parse } from 'yaml'
import { parseManifestFile } from '../../packages/sidecar/src/manifest/parse.ts'
import { type } from './command-line.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const published = await readFile(join(root, 'docs/schema/rolesets.schema.json'), 'utf8')
const validate = new Ajv().compile(JSON.parse(published) as object)
const examples = ['examples/pricing-tiers/rolesets.yaml', 'examples/care-cohorts/rolesets.yaml']

test('the published schema is the one that the command prints: npm run schema', async (t) => {
  const { exitCode, stdout } = await type(['schema'])
  t.is(exitCode, 0)
  t.deepEqual(JSON.parse(published), JSON.parse(stdout))
})

for (const example of examples) {
  test(`${example} is right, and tells editors where its schema is`, async (t) => {
    const text = await readFile(join(root, example), 'utf8')
    t.deepEqual(parseManifestFile(text).faults, [])
    t.true(validate(parse(text)), JSON.stringify(validate.errors))
    const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(text) ?? []
    const schema = join(root, dirname(example), path)
    await access(schema)
    t.is(schema, join(root, 'docs/schema/rolesets.schema.json'))
  })
}

test('the schema refuses what the parser refuses', (t) => {
  for (const text of [
    'roles: [{ key: analyst }]',
    'roles: [{ key: org:a, name: 1 }]',
    'roles: [{ key: org:a, permisions: [] }]',
    'roles: [{ name: Analyst }]',
    'role_sets: [{ key: role_set:a, roles: [], default_role: org:a, creator_role: org:a }]',
    'role_sets: [{ key: role_set:a, roles: [org:a], creator_role: org:a }]',
    'organizations: [{ id: "" }]',
    'organizations: [{ id: o, mappings: { a: org:b } }]',
    'scope_kinds: [{ kind: team }]',
    'scope_kinds: [{ kind: team, fallback: some }]',
    'scope_kinds: [{ kind: a:b, fallback: none }]',
    'scope_defaults: [{ scope: team:x }]',
    'scope_defaults: [{ scope: team:x/y, role_set: role_set:a }]',
    'organizations: [{ id: o, scopes: [{ name: x }] }]',
    'organizations: [{ id: o, scopes: [{ key: team:x, role_set: a }] }]',
    'organizations: [{ id: o, scopes: { key: team:x } }]',
    'organisations: []',
    '[]',
  ]) {
    t.false(validate(parse(text)), text)
    t.not(parseManifestFile(text).faults.length, 0, text)
  }
})
