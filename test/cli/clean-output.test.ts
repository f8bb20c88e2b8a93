/** No output of the command shows a key, or a character that could change what stands on a terminal. */

import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { cleanEnvironment, rolesetsCommand } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { type } from './command-line.ts'
import { openPlace, secretKey, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const place = await openPlace(shared)
test.after.always(() => shared.undoAll())

/** With the length of real ones, also of those that messages cut. */
const keys = {
  'a key that a sidecar created': `rsk_${randomBytes(32).toString('base64url')}`,
  'the generated key of a sidecar': `${randomBytes(30).toString('base64url')}aB9`,
  "a key of Clerk's": `sk_live_${randomBytes(24).toString('hex')}`,
  'a key that an operator chose': 'Correct_Horse_7_Battery',
  'a long key that an operator chose': `Horse7${'Battery'.repeat(30)}`,
}

/** What a key may be typed or set as, by mistake or not. Where its form can't tell, the variable of the key has it, too. */
const mistakes = (key: string): readonly { args: readonly string[]; env?: Record<string, string> }[] => [
  ...[['check', 'o', 'org:a', `--keyy=${key}`], ['check', 'o', 'org:a', '--keyy', key], [key], ['keys', key]].map(
    (args) => ({ args }),
  ),
  ...[`--timeout=${key}`, `--target=${key}`, `--target=${key}:1`, `--key-file=${key}`, `--tls-ca=${key}`].map(
    (option) => ({ args: ['check', 'o', 'org:a', option] }),
  ),
  ...['check', 'assign', 'roles'].map((verb) => ({ args: [verb, '--help'], env: { ROLESETS_TARGET: key } })),
  { args: ['apply', '-f', key] },
  { args: ['doctor', '--database', key] },
  { args: ['doctor'], env: { ROLESETS_DATABASE: key } },
  { args: ['log', '--from', key], env: { ROLESETS_KEY: key } },
  { args: ['check', key, key], env: { ROLESETS_KEY: key } },
  { args: ['check', 'o', 'org:a', '--target', `unix:/nowhere/${key}`], env: { ROLESETS_READ_KEY: key } },
  { args: ['keys', 'list'], env: { ROLESETS_KEY_FILE: key } },
]

for (const [name, key] of Object.entries(keys))
  test(`${name} comes back from no verb`, async (t) => {
    const beginning = key.slice(0, 14)
    for (const { args, env = {} } of mistakes(key)) {
      for (const json of [[], ['--json']]) {
        const { stdout, stderr } = await type([...args, ...json], { env: { ROLESETS_TARGET: '127.0.0.1:1', ...env } })
        t.true((stdout + stderr).length > 0)
        t.false(`${stdout}${stderr}`.includes(beginning), `${args.join(' ')}\n${stdout}${stderr}`)
      }
    }
  })

test('a key in a file of apply is shown neither as a fault nor in a plan', async (t) => {
  const key = `rsk_${randomBytes(32).toString('base64url')}`
  for (const text of [
    `roles:\n  - key: ${key}\n`,
    `${key}:\n  - a\n`,
    `roles: [{key: org:a, name: ${key}}]`,
    `@${key}`,
  ]) {
    const { stdout, stderr } = await place.type(['apply', '--dry-run', '-f', await place.file(text)])
    t.true((stdout + stderr).length > 0)
    t.false(`${stdout}${stderr}`.includes('rsk_'), `${stdout}${stderr}`)
  }
})

for (const [name, key] of Object.entries(keys))
  test(`${name} comes back from no setting of serve`, (t) => {
    const refused = (env: Record<string, string>, args: readonly string[] = []) => {
      const { stdout, stderr, status } = spawnSync(process.execPath, [rolesetsCommand, 'serve', ...args], {
        env: { ...cleanEnvironment(), ROLESETS_HTTP_LISTEN: '', ...env },
        encoding: 'utf8',
      })
      t.not(status, null)
      t.true((stdout + stderr).length > 0)
      t.false(`${stdout}${stderr}`.includes(key.slice(0, 14)), `${stdout}${stderr}`)
    }
    refused({
      ROLESETS_GRPC_LISTEN: key,
      ROLESETS_LOG_LEVEL: key,
      ROLESETS_SECRET_KEY_FILE: key,
      ROLESETS_DATABASE: key,
    })
    refused({ ROLESETS_SECRET_KEY: key, ROLESETS_DATABASE: `sqlite:/nowhere/${key}/x` }, [`--secret-keyy=${key}`])
    refused({ ROLESETS_SECRET_KEY: key, ROLESETS_DATABASE: `sqlite:/nowhere/${key}/x` })
    refused({ ROLESETS_READ_KEY: key, ROLESETS_DATABASE: `sqlite:/nowhere/${key}` }, ['--print-config'])
  })

test('paths and addresses that are no keys are shown', async (t) => {
  const existing = 'node_modules/.bin/tsc'
  for (const [args, shown] of [
    [['apply', '-f', 'deploy/production.yaml'], 'deploy/production.yaml'],
    [['apply', '-f', 'deploy/eu-1/production.v2.json'], 'deploy/eu-1/production.v2.json'],
    [['apply', '-f', existing], existing],
    [['keys', 'list', '--key-file', 'secrets/rolesets.key'], 'secrets/rolesets.key'],
    [['check', 'o', 'org:a', '--timeout', '1', '--target', 'rolesets-sidecar-2:1'], 'rolesets-sidecar-2:1'],
  ] as const) {
    const { stdout, stderr } = await type(args, { env: {} })
    t.true(`${stdout}${stderr}`.includes(shown), stderr)
  }
})

test('a new key is printed, because it was asked for', async (t) => {
  const text = await place.type(['keys', 'create', 'shown-once'])
  t.regex(text.stdout, /^rsk_[\w-]{43}\n$/)
  const json = await place.type(['keys', 'create', 'shown-twice', '--json'])
  t.regex((JSON.parse(json.stdout) as { key: string }).key, /^rsk_[\w-]{43}$/)
})

test('the key is read from standard input with --key-file -', async (t) => {
  const env = { ROLESETS_KEY: '' }
  const dryRun = ['assign', 'org_stdin', 'role_set:default', '--dry-run', '--create', '--key-file', '-']
  t.is((await place.type(dryRun, { env, stdin: [`${secretKey}\n`] })).exitCode, 0)
  const wrong = await place.type(dryRun, { env, stdin: ['two words'] })
  t.is(wrong.exitCode, 2)
  t.regex(wrong.stderr, /^rolesets: Standard input has no valid key/)
})

const unseen = ['\u001b[2J', '\u007f', '\u009b2J', '\u202e', '\u2066', '\u200b', '\u2028', '\ufeff', '\u{e0041}']

test('what is typed comes back without characters that are not seen', async (t) => {
  for (const character of unseen) {
    const word = `ch${character}eck`
    for (const args of [
      [word],
      ['check', word, 'org:a', 'b', 'c'],
      ['check', `o${word}`, `org:${word}`],
      ['apply', '-f', word],
    ]) {
      const text = await place.type(args)
      t.regex(text.stdout + text.stderr, /^[\n\x20-\x7e]*$/, args.join(' '))
      const json = await place.type([...args, '--json'])
      t.regex(json.stdout + json.stderr, /^[\n\x20-\x7e]*$/)
      t.notThrows(() => JSON.parse(json.stdout || json.stderr) as unknown)
    }
  }
})

test('doctor escapes what a hostile file says, also line breaks', async (t) => {
  const path = join(await temporaryFolder(t), 'a\u202e\n\u001b[2Kx: sound.db')
  await writeFile(path, 'not a database')
  for (const json of [[], ['--json']]) {
    const { stdout, stderr } = await type(['doctor', '--database', `sqlite:${path}`, ...json])
    t.regex(stdout + stderr, /^[\x20-\x7e]+\n$/)
  }
})

test('apply refuses ids and names with characters that are not seen, with their place', async (t) => {
  for (const [text, place_] of [
    ['organizations:\n  - id: "org_a\\u202eb"\n', ':2:9: organizations[0].id is "org_a\\u202eb"'],
    ['organizations:\n  - id: org_a\n    name: "a\\u200bb"\n', ':3:11: organizations[0].name is "a\\u200bb"'],
    ['roles:\n  - key: "org:a\\u2066"\n', ':2:10: roles[0].key is "org:a\\u2066"'],
  ] as const) {
    const { exitCode, stderr } = await place.type(['apply', '-f', await place.file(text), '--dry-run'])
    t.is(exitCode, 2)
    t.true(stderr.includes(place_), stderr)
  }
})

test('a write refuses a new id with characters that are not seen', async (t) => {
  t.is((await place.type(['assign', 'org_fit', 'role_set:default', '--create'])).exitCode, 0)
  for (const args of [
    ['assign', 'org_a\u202eb', 'role_set:default', '--create'],
    ['invitations', 'create', 'org_fit', 'org:member', 'ann@example.com', '--inviter', 'a\u200bb'],
    ['invitations', 'create', 'org_fit', 'org:member', 'a\u200bnn@example.com'],
  ]) {
    const { exitCode, stderr } = await place.type(args)
    t.is(exitCode, 2, stderr)
    t.regex(stderr, /which contains characters that are not seen\. Remove them\.\n$/)
  }
  const { admin } = place.operator
  const organizationId = 'org_u'
  await t.throwsAsync(admin.createMembership({ organizationId, userId: 'a\u2066b', role: 'org:member' }), {
    code: 'invalid_field',
  })
})
