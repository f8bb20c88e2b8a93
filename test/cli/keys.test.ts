/** rolesets keys: made, used, listed and revoked from the command line. */

import test from 'ava'
import { openPlace, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const { type } = await openPlace(shared)
test.after.always(() => shared.undoAll())

const keyLine = /^\S{20,}\n$/

test('create prints the key alone on standard output, and all else on standard error', async (t) => {
  const { exitCode, stdout, stderr } = await type(['keys', 'create', 'billing'])
  t.is(exitCode, 0, stderr)
  t.regex(stdout, keyLine)
  t.regex(stderr, /^There is a secret key billing \(revision \S+\)\. Keep it: it is not shown again\.\n$/)
  t.false(stderr.includes(stdout.trim()))

  const written = await type(['assign', 'org_acme', 'role_set:default', '--create'], {
    env: { ROLESETS_KEY: stdout.trim() },
  })
  t.is(written.exitCode, 0, written.stderr)
})

test('a read-only key writes nothing', async (t) => {
  const { stdout, stderr } = await type(['keys', 'create', 'dashboard', '--read-only'])
  t.regex(stderr, /^There is a read-only key dashboard /)
  const env = { ROLESETS_KEY: stdout.trim() }
  t.is((await type(['check', 'org_acme', 'org:member'], { env })).exitCode, 0)
  const refused = await type(['assign', 'org_acme', 'role_set:default', '--create', '--json'], { env })
  t.is(refused.exitCode, 3)
  t.like(JSON.parse(refused.stderr), { error: { code: 'write_key_required' } })
  t.is((await type(['keys', 'list'], { env })).exitCode, 3, 'what the keys are called is for administrators')
})

test('a dry run makes no key, and standard output stays empty', async (t) => {
  const { exitCode, stdout, stderr } = await type(['keys', 'create', 'rehearsed', '--dry-run'])
  t.is(exitCode, 0)
  t.is(stdout, '')
  t.regex(stderr, /^There would be a secret key rehearsed\.\nDry run: nothing was changed\./)
  t.notRegex((await type(['keys', 'list'])).stdout, /rehearsed/)
})

test('programs get the key and what is known of it in one document', async (t) => {
  const { stdout, stderr } = await type(['keys', 'create', 'programs', '--json'])
  t.is(stderr, '')
  const answer = JSON.parse(stdout) as { key: string; access_key: object; revision: string }
  t.regex(`${answer.key}\n`, keyLine)
  t.like(answer.access_key, { name: 'programs', access: 'SECRET', revoked_at_ms: 0 })
})

test('revoke takes a key back at once; the list tells so, and never shows a key', async (t) => {
  const key = (await type(['keys', 'create', 'leaving'])).stdout.trim()
  const dry = await type(['keys', 'revoke', 'leaving', '--dry-run'])
  t.regex(dry.stdout, /^The key leaving would be revoked\.\n/)
  const env = { ROLESETS_KEY: key }
  t.is((await type(['keys', 'list'], { env })).exitCode, 0)

  const [, revision = ''] = /at revision (\S+)\.$/m.exec(dry.stdout) ?? []
  const done = await type(['keys', 'revoke', 'leaving', '--expected-revision', revision])
  t.is(done.exitCode, 0, done.stderr)
  t.regex(done.stdout, /^The key leaving is revoked \(revision /)
  t.is((await type(['keys', 'list'], { env })).exitCode, 3)

  const { stdout } = await type(['keys', 'list'])
  t.regex(stdout, /^leaving +key_\w+ {2}secret +made \S+Z {2}revoked \S+Z$/m)
  t.false(stdout.includes(key))
  const lines = (await type(['keys', 'list', '--json'])).stdout.trim().split('\n')
  t.true(lines.map((line) => JSON.parse(line) as { name: string }).some(({ name }) => name === 'leaving'))
})

test('a name is taken for ever, and a key that is not there is told', async (t) => {
  t.is((await type(['keys', 'create', 'unique'])).exitCode, 0)
  t.is((await type(['keys', 'revoke', 'unique'])).exitCode, 0)
  const taken = await type(['keys', 'create', 'unique', '--json'])
  t.is(taken.exitCode, 1)
  t.like(JSON.parse(taken.stderr), { error: { code: 'access_key_exists' } })
  const refused = await type(['keys', 'create', 'unique', '--dry-run'])
  t.is(refused.exitCode, 1)
  t.is(refused.stdout, '')
  t.regex(refused.stderr, /^Refused: /)
  const missing = await type(['keys', 'revoke', 'nobody', '--json'])
  t.is(missing.exitCode, 1)
  t.like(JSON.parse(missing.stderr), { error: { code: 'access_key_not_found' } })
})
