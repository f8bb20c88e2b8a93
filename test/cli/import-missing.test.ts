/** What ended at the source after an import: told every time, ended on demand, and never after a look that was not whole. */

import { join } from 'node:path'
import { createRoleSetsClient } from '@rolesets/client'
import test, { type ExecutionContext } from 'ava'
import { openTestSidecar, secretKey } from '../grpc/open-sidecar.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { type } from './command-line.ts'
import { answer, membership, openSourceServer, organization, sourceKey } from './import-source-server.ts'
import type { Lists } from './import-source-server.ts'

/** Of a JSON report. */
interface Missing {
  readonly obstacle: string
  readonly organizations: { readonly count: number; readonly ended: number; readonly ids: readonly string[] }
  readonly memberships: Missing['organizations']
  readonly invitations: Missing['organizations']
  readonly refused: readonly unknown[]
}

async function open(t: ExecutionContext) {
  const source = await openSourceServer(t)
  const { target } = await openTestSidecar(t)
  const operator = createRoleSetsClient({ target, key: secretKey, deadlineMs: 10_000 })
  t.teardown(() => operator.close())
  const { admin } = operator
  const env = { ROLESETS_IMPORT_KEY: sourceKey, ROLESETS_TARGET: target, ROLESETS_KEY: secretKey }
  const run = (...args: string[]) => type(['import', 'clerk', '--url', source.url, ...args], { env })
  const read = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await run('--json', ...args)
    t.is(exitCode, place.exitCode, stdout + stderr)
    return (JSON.parse(stdout) as { missing: Missing }).missing
  }
  const revision = async () => (await admin.getSettings({})).revision
  const place = { source, admin, env, run, read, revision, exitCode: 0 }
  return place
}

/** What the sidecar has: organizations, memberships and pending invitations, as the report names them. */
async function here({ admin }: Pick<Awaited<ReturnType<typeof open>>, 'admin'>): Promise<readonly string[]> {
  const { organizations } = await admin.listOrganizations({})
  const lists = organizations.map(async ({ id: organizationId }) => {
    const { memberships } = await admin.listMemberships({ organizationId })
    const { invitations } = await admin.listInvitations({ organizationId, statuses: ['PENDING'] })
    const people = [...memberships.map(({ userId }) => userId), ...invitations.map((each) => each.emailAddress)]
    return [organizationId, ...people.map((each) => `${organizationId}/${each}`)]
  })
  return (await Promise.all(lists)).flat().sort()
}

const acme = 'organizations/org_acme'
const everything = [
  ...['org_acme', 'org_acme/Eve@example.com', 'org_acme/user_ada', 'org_acme/user_bob'],
  ...['org_hooli', 'org_hooli/user_cyd'],
]

const rows: readonly {
  readonly what: string
  readonly change: (lists: Lists) => unknown
  /** Something can't come over, so that the exit code is 1. */
  readonly isSkipped?: true
  readonly missing: Partial<Record<'organizations' | 'memberships' | 'invitations', readonly string[]>>
}[] = [
  {
    what: 'a member, the last administrator',
    change: (lists) => lists[`${acme}/memberships`]?.pop(),
    missing: { memberships: ['org_acme/user_bob'] },
  },
  {
    what: 'no member, but a role',
    change: (lists) => lists[`${acme}/memberships`]?.splice(1, 1, membership('user_bob', 'org:member')),
    missing: {},
  },
  {
    what: 'no member, but a role that can not come over',
    change: (lists) => lists[`${acme}/memberships`]?.splice(1, 1, membership('user_bob', 'org:unknown')),
    isSkipped: true,
    missing: {},
  },
  {
    what: 'an invitation, revoked',
    change: (lists) => Object.assign(lists[`${acme}/invitations`]?.[0] ?? {}, { status: 'revoked' }),
    missing: { invitations: ['org_acme/Eve@example.com'] },
  },
  {
    what: 'no invitation, but the capitals of its address',
    change: (lists) => Object.assign(lists[`${acme}/invitations`]?.[0] ?? {}, { email_address: 'eve@example.com' }),
    missing: {},
  },
  {
    what: 'an organization',
    change: (lists) => lists['organizations']?.pop(),
    missing: { organizations: ['org_hooli'] },
  },
  {
    what: 'all organizations',
    change: (lists) => (lists['organizations'] = []),
    missing: { organizations: ['org_acme', 'org_hooli'] },
  },
  {
    what: 'one of each kind',
    change: (lists) => {
      lists['organizations']?.pop()
      lists[`${acme}/memberships`]?.shift()
      lists[`${acme}/invitations`]?.shift()
    },
    missing: {
      ...{ organizations: ['org_hooli'], memberships: ['org_acme/user_ada'] },
      invitations: ['org_acme/Eve@example.com'],
    },
  },
]

for (const { what, change, missing, isSkipped } of rows) {
  test(`what ended at the source is listed, and ended on demand only: ${what}`, async (t) => {
    const place = await open(t)
    const { read, source } = place
    await read()
    t.deepEqual(await here(place), everything)
    change(source.lists)
    place.exitCode = isSkipped ? 1 : 0
    const expected = (ended: boolean) =>
      Object.fromEntries(
        (['organizations', 'memberships', 'invitations'] as const).map((kind) => {
          const ids = missing[kind] ?? []
          return [kind, { count: ids.length, ended: ended ? ids.length : 0, not_asked: 0, ids }]
        }),
      )
    t.like(await read(), { obstacle: '', refused: [], ...expected(false) }, 'listed')
    const before = await place.revision()
    t.like(await read('--dry-run', '--end-missing'), { refused: [], ...expected(true) }, 'what it would end')
    t.is(await place.revision(), before, 'a dry run changes nothing')
    t.deepEqual(await here(place), everything)

    t.like(await read('--end-missing'), { refused: [], ...expected(true) }, 'ended')
    const gone = Object.values(missing).flat()
    const left = everything.filter((id) => !gone.includes(id) && !gone.includes(id.split('/')[0] ?? ''))
    t.deepEqual(await here(place), left)
  })
}

test('a person reads what is not at the source, what would be ended, and what was ended', async (t) => {
  const { run, source, admin } = await open(t)
  await run()
  for (let at = 0; at < 25; at++) {
    const userId = `user_${String(at).padStart(2, '0')}`
    await admin.createMembership({ organizationId: 'org_hooli', userId, role: 'org:member' })
  }
  await admin.createOrganization({ id: 'org_own' })
  source.lists['organizations/org_acme/invitations'] = []
  const listed = await run()
  t.is(listed.exitCode, 0)
  t.regex(
    listed.stdout,
    /^Not at the source:\n {2}1 organization:\n {4}org_own\n {2}25 memberships:\n {4}org_hooli\/user_/m,
  )
  t.regex(listed.stdout, /and 5 more\n {2}1 invitation:\n {4}org_acme\/Eve@example.com\n.*--end-missing\.$/m)
  t.regex(listed.stdout, /Nothing to change: the sidecar has all that the source has/)
  const preview = await run('--end-missing', '--dry-run')
  t.regex(preview.stdout, /^Would be ended, because not at the source:\n {2}1 organization:/m)
  t.true(preview.stdout.includes('    org_hooli/user_24\n'), 'a preview names them all')
  const ended = await run('--end-missing')
  t.is(ended.exitCode, 0, ended.stdout)
  t.regex(ended.stdout, /^Ended, because not at the source:\n {2}1 organization:\n {4}org_own\n {2}25 memberships:/m)
  t.regex(ended.stdout, /Done: from revision/)
})

const broken = [
  ['the third page of the organizations', /\/organizations\?.*offset=2/],
  ['the members of one organization', /org_hooli\/memberships/],
  ['the invitations of one organization', /org_hooli\/invitations/],
  ['the second look at a member', /memberships\?.*user_id=user_bob/],
  ['the second look at an organization', /\/organizations\/org_2(\?|$)/],
] as const

for (const [what, request] of broken) {
  test(`nothing is ended when the source fails at ${what}`, async (t) => {
    const place = await open(t)
    const { source, run } = place
    for (let at = 1; at <= 2; at++) source.lists['organizations']?.push(organization(`org_${at}`))
    source.pageMax = 1
    t.is((await run()).exitCode, 0)
    source.lists['organizations']?.pop()
    source.lists['organizations/org_acme/memberships']?.pop()
    const before = await here(place)
    source.interfere = ({ url = '' }, response) => {
      if (request.test(url)) answer(response, 400, 'broken')
      return request.test(url)
    }
    const { exitCode, stderr } = await run('--end-missing')
    t.is(exitCode, 3)
    t.regex(stderr, /400: "broken"/)
    t.deepEqual(await here(place), before)
  })
}

test('nothing is ended when the user stops the run during the second look', async (t) => {
  const place = await open(t)
  const { source, run } = place
  await run()
  source.lists[`${acme}/memberships`]?.pop()
  const controller = new AbortController()
  source.interfere = ({ url = '' }) => {
    if (url.includes('user_id=user_bob')) controller.abort()
    return controller.signal.aborted
  }
  const { url } = source
  const { exitCode } = await type(['import', 'clerk', '--url', url, '--end-missing'], {
    ...{ env: place.env, signal: controller.signal },
  })
  t.is(exitCode, 3)
  t.deepEqual(await here(place), everything)
})

test('what a shifting list has hidden is asked for again, and stays', async (t) => {
  const place = await open(t)
  const { source, read } = place
  for (const id of ['org_1', 'org_2']) source.lists['organizations']?.push(organization(id))
  await read()
  source.pageMax = 1
  // Each list loses its first item after that one was read: the next ones move up, and one is never seen.
  const isNext = /(organizations|org_acme\/memberships)\?(?!.*user_id).*offset=1/
  source.interfere = ({ url = '' }) => {
    const [, list] = isNext.exec(url) ?? []
    if (list !== undefined) source.lists[list === 'organizations' ? list : `organizations/${list}`]?.shift()
    return false
  }
  const before = await here(place)
  source.requests.length = 0
  // What was removed had been read before, so the next run finds it.
  t.like(await read('--end-missing'), { organizations: { count: 0 }, memberships: { count: 0 } })
  t.deepEqual(await here(place), before)
  t.true(source.requests.some((path) => /organizations\/org_hooli(\?|$)/.test(path)))
  t.true(source.requests.some((path) => path.includes('user_id=user_bob')))
  source.interfere = () => false
  const next = await read()
  t.deepEqual([next.organizations.ids, next.memberships.ids], [['org_acme'], []])
})

test('a run that resumed from a checkpoint ends nothing, and says so', async (t) => {
  const place = await open(t)
  const { source, run } = place
  source.lists['organizations'] = Array.from({ length: 24 }, (_, at) => organization(`org_${at}`))
  for (const id of ['org_23', 'org_own']) await place.admin.createOrganization({ id })
  await place.admin.createMembership({ organizationId: 'org_23', userId: 'user_own', role: 'org:member' })
  const own = ['org_23/user_own', 'org_own']
  const isHere = async () => (await here(place)).filter((id) => own.includes(id))
  const checkpoint = join(await temporaryFolder(t), 'checkpoint')
  source.interfere = ({ url = '' }, response) => {
    if (url.includes('/org_22/memberships')) answer(response, 400, 'broken')
    return url.includes('/org_22/memberships')
  }
  t.is((await run('--checkpoint', checkpoint, '--end-missing')).exitCode, 3)
  source.interfere = () => false
  const resumed = await run('--checkpoint', checkpoint, '--end-missing')
  t.is(resumed.exitCode, 1)
  t.regex(resumed.stdout, /Nothing was ended: This run resumed from a checkpoint, and did not read the first 20/)
  t.regex(resumed.stdout, /Not at the source:\n {2}1 membership:\n {4}org_23\/user_own\n/)
  t.deepEqual(await isHere(), own)
  t.is((await run('--checkpoint', checkpoint, '--end-missing')).exitCode, 0)
  t.deepEqual(await isHere(), [])
})

test('a source that has none of many organizations is taken for the wrong one', async (t) => {
  const place = await open(t)
  for (let at = 0; at < 11; at++) await place.admin.createOrganization({ id: `own_${at}` })
  const { exitCode, stdout } = await place.run('--end-missing')
  t.is(exitCode, 1)
  t.regex(stdout, /Nothing was ended: .*none of the sidecar's organizations.*wrong source/)
  t.is((await here(place)).filter((id) => id.startsWith('own_')).length, 11)
})
