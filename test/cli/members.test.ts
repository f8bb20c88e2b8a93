/** rolesets members: who is added, changed and removed, and until when. */

import test, { type ExecutionContext } from 'ava'
import { createRoleSetsClient } from '@rolesets/client'
import { openTestSidecar, secretKey } from '../grpc/open-sidecar.ts'
import { type } from './command-line.ts'

const begin = Date.UTC(2030, 0, 1)
const until = '2030-06-30T18:00:00Z'
const untilMs = Date.parse(until)

async function open(t: ExecutionContext) {
  const clock = { now: begin }
  const { target } = await openTestSidecar(t, {}, undefined, { now: () => clock.now })
  const client = createRoleSetsClient({ target, key: secretKey, deadlineMs: 10_000 })
  t.teardown(() => client.close())
  const { admin } = client
  await admin.createOrganization({ id: 'org_acme', createdBy: 'user_boss' })
  await admin.setScopeKind({ kind: 'department', fallback: 'ORGANIZATION' })
  const env = { ROLESETS_TARGET: target, ROLESETS_KEY: secretKey }
  const done = async (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await type(args, { env })
    t.is(exitCode, 0, `${args.join(' ')}: ${stderr}${stdout}`)
    return stdout
  }
  const refused = async (...args: readonly string[]) => type(args, { env })
  const member = async (userId: string, scope = '') =>
    (await admin.getMembership({ organizationId: 'org_acme', userId, scope })).membership
  return { admin, clock, env, done, refused, member }
}

const add = ['members', 'add', 'org_acme'] as const
const update = ['members', 'update', 'org_acme'] as const

test('a user is added until a time, which is said and shown', async (t) => {
  const { done, member, clock, refused } = await open(t)
  const dry = await done(...add, 'user_fay', '--role', 'org:member', '--until', until, '--dry-run')
  t.regex(dry, /^user_fay would be a member of org_acme with the role org:member, until 2030-06-30T18:00:00.000Z\.\n/)
  const said = await done(...add, 'user_fay', '--role', 'org:member', '--until', until)
  t.regex(
    said,
    /^user_fay is a member of org_acme with the role org:member, until 2030-06-30T18:00:00.000Z \(revision /,
  )
  t.is((await member('user_fay')).expiresAtMs, untilMs)
  t.regex(
    await done('get', 'members', 'org_acme'),
    /^user_boss +org:admin +\S+Z\nuser_fay +org:member +\S+Z +until 2030-06-30T18:00:00.000Z\n$/,
  )
  clock.now = untilMs
  t.regex(await done('get', 'members', 'org_acme'), /^user_boss +org:admin +\S+Z\n$/)
  const gone = await refused('get', 'members', 'org_acme', 'user_fay')
  t.is(gone.exitCode, 1)
  t.regex(gone.stderr, /"user_fay" is not a member of "org_acme"/)
  t.regex(
    await done(...add, 'user_fay', '--role', 'org:admin'),
    /^user_fay is a member of org_acme with the role org:admin \(/,
  )
})

test('the end is written as a day, as a time, or as Unix milliseconds, and never takes it away', async (t) => {
  const { done, member } = await open(t)
  await done(...add, 'user_fay', '--role', 'org:member')
  for (const [typed, ms] of [
    ['2030-12-31', Date.UTC(2030, 11, 31)],
    ['2030-12-31T10:00:00+02:00', Date.UTC(2030, 11, 31, 8)],
    [String(untilMs), untilMs],
    ['never', 0],
  ] as const) {
    await done(...update, 'user_fay', '--until', typed)
    t.is((await member('user_fay')).expiresAtMs, ms, typed)
  }
})

test('a role or an end that is not given stays as it is, and one of them must be given', async (t) => {
  const { done, member, refused } = await open(t)
  await done(...add, 'user_fay', '--role', 'org:member', '--until', until)
  await done(...update, 'user_fay', '--role', 'org:admin')
  t.like(await member('user_fay'), { role: 'org:admin', expiresAtMs: untilMs })
  const nothing = await refused(...update, 'user_fay')
  t.deepEqual([nothing.exitCode, /Give --role or --until/.test(nothing.stderr)], [2, true])
  const withoutRole = await refused(...add, 'user_gus')
  t.deepEqual([withoutRole.exitCode, /--role is missing/.test(withoutRole.stderr)], [2, true])
})

test('what is not a time, or is over, is refused with exit code 2', async (t) => {
  const { refused } = await open(t)
  for (const [typed, message] of [
    ['tomorrow', /--until must be a time/],
    ['', /--until must be a time/],
    ['2020-01-01', /The end of the membership is 2020-01-01T00:00:00.000Z, and must be after the present time/],
  ] as const) {
    const { exitCode, stderr } = await refused(...add, 'user_fay', '--role', 'org:member', '--until', typed)
    t.is(exitCode, 2, typed)
    t.regex(stderr, message)
  }
})

test('members of scopes are added, changed and removed, and an organization takes its scopes along', async (t) => {
  const { done, member, refused } = await open(t)
  const scope = ['--scope', 'department:ward']
  await done(...add, 'user_fay', '--role', 'org:member')
  await done(...add, 'user_fay', '--role', 'org:member', ...scope, '--until', until)
  t.like(await member('user_fay', 'department:ward'), { expiresAtMs: untilMs })
  t.regex(
    await done('members', 'remove', 'org_acme', 'user_fay', ...scope),
    /^user_fay is not a member of department:ward of org_acme any more/,
  )
  await done(...add, 'user_fay', '--role', 'org:admin', ...scope)
  const dry = await done('members', 'remove', 'org_acme', 'user_fay', '--dry-run')
  t.regex(dry, /takes the role org:admin from 1 member/)
  await done('members', 'remove', 'org_acme', 'user_fay')
  t.is((await refused('get', 'members', 'org_acme', 'user_fay', ...scope)).exitCode, 1)
})

test('the last administrator stays an administrator without an end, unless the command line insists', async (t) => {
  const { done, refused, member } = await open(t)
  const args = [...update, 'user_boss', '--until', until]
  const { exitCode, stderr } = await refused(...args)
  t.is(exitCode, 1)
  t.regex(stderr, /"org_acme" would have no administrator.*--allow-no-administrator/)
  await done(...args, '--allow-no-administrator')
  t.is((await member('user_boss')).expiresAtMs, untilMs)
})

test('an organization that is misspelt is not registered in passing', async (t) => {
  const { refused } = await open(t)
  const { exitCode, stderr } = await refused('members', 'add', 'org_acmee', 'user_fay', '--role', 'org:member')
  t.is(exitCode, 2)
  t.regex(stderr, /"org_acmee" isn't registered/)
})

test('log and watch show the end of a membership as a time, where it is given, changed, and taken away', async (t) => {
  const { done, env } = await open(t)
  await done(...add, 'user_fay', '--role', 'org:member', '--until', until)
  await done(...update, 'user_fay', '--until', '2030-12-31')
  await done(...update, 'user_fay', '--until', 'never', '--role', 'org:admin')
  await done(...update, 'user_fay', '--until', until)
  const fay = 'membership user_fay in org_acme'
  const [end, later] = ['2030-06-30T18:00:00.000Z', '2030-12-31T00:00:00.000Z']
  const log = (await done('log', '--thing', 'user_fay', '--oldest-first')).split('\n')
  t.deepEqual(
    log.filter((line) => line.startsWith('  ')),
    [
      `  ${fay} added: org:member until ${end}`,
      `  ${fay}: expires at ${end} → ${later}`,
      `  ${fay}: expires at ${later} → nothing, role org:member → org:admin`,
      `  ${fay}: expires at nothing → ${end}`,
    ],
  )
  const lines: string[] = []
  const [ended, first] = [new AbortController(), log[0]?.split('  ')[0] ?? '']
  const { exitCode } = await type(['watch', '--after', first], {
    ...{ env, signal: ended.signal },
    onStdout: (text) => lines.push(text.trimEnd().split('  ').at(-1) ?? '') === 3 && ended.abort(),
  })
  t.is(exitCode, 0)
  const member = 'member user_fay of org_acme'
  t.deepEqual(lines, [
    `${member}: org:member until ${later}`,
    `${member}: org:admin`,
    `${member}: org:admin until ${end}`,
  ])
})
