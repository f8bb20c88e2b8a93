/** An import that is stopped goes on where it was: with a checkpoint at once, without one after looking at what is there. */

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRoleSetsClient } from '@rolesets/client'
import test, { type ExecutionContext } from 'ava'
import { openTestSidecar, readKey, secretKey } from '../grpc/open-sidecar.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { type } from './command-line.ts'
import { answer, membership, openSourceServer, organization, pricingLists, sourceKey } from './import-source-server.ts'

const count = 24

/** A source that breaks off at one organization, until it is mended. */
async function open(t: ExecutionContext) {
  const lists = pricingLists()
  const ids = Array.from({ length: count }, (_, at) => `org_${at}`)
  lists['organizations'] = ids.map((id) => organization(id))
  for (const id of ids) lists[`organizations/${id}/memberships`] = [membership('user_ada', 'org:admin')]
  const source = await openSourceServer(t, lists)
  source.interfere = (request, response) => {
    if (!request.url?.includes('/org_22/memberships')) return false
    answer(response, 400, 'broken')
    return true
  }
  const { target } = await openTestSidecar(t)
  const operator = createRoleSetsClient({ target, key: secretKey, deadlineMs: 10_000 })
  t.teardown(() => operator.close())
  const checkpoint = join(await temporaryFolder(t), 'checkpoint')
  const env = { ROLESETS_IMPORT_KEY: sourceKey, ROLESETS_TARGET: target, ROLESETS_KEY: secretKey }
  const run = (...args: string[]) => type(['import', 'clerk', '--url', source.url, ...args], { env })
  return { source, run, env, checkpoint, admin: operator.admin }
}

async function countOrganizations({ admin }: Awaited<ReturnType<typeof open>>): Promise<number> {
  return (await admin.listOrganizations({ pageSize: 500 })).organizations.length
}

test('a run goes on where the one before it was stopped, and leaves no checkpoint when it is done', async (t) => {
  const place = await open(t)
  const { source, run, checkpoint } = place
  const first = await run('--checkpoint', checkpoint)
  t.is(first.exitCode, 3)
  t.regex(first.stderr, /org_22\/memberships with 400: "broken"/)
  t.like(JSON.parse(await readFile(checkpoint, 'utf8')), { organizations: 20, last: 'org_19', skipped: 0 })
  t.true((await countOrganizations(place)) >= 20, 'what was done stays done')

  source.interfere = () => false
  source.requests.length = 0
  const second = await run('--checkpoint', checkpoint)
  t.is(second.exitCode, 0, second.stderr)
  t.regex(second.stdout, /An earlier run imported 20 organizations/)
  t.false(source.requests.some((path) => path.includes('/org_19/')))
  t.true(source.requests.some((path) => path.includes('/org_20/')))
  t.is(await countOrganizations(place), count)
  await t.throwsAsync(readFile(checkpoint), { code: 'ENOENT' })
  t.regex((await run('--checkpoint', checkpoint)).stdout, /Nothing to change/)
})

test('a run without a checkpoint finds by itself what is left to do', async (t) => {
  const place = await open(t)
  t.is((await place.run()).exitCode, 3)
  place.source.interfere = () => false
  const { exitCode, stdout } = await place.run('--json')
  t.is(exitCode, 0)
  const { organizations } = JSON.parse(stdout) as { organizations: { created: number; unchanged: number } }
  t.true(organizations.unchanged >= 20)
  t.is(organizations.created + organizations.unchanged, count)
})

test('a checkpoint of a list that is another one now is not believed', async (t) => {
  const place = await open(t)
  const { source, run, checkpoint } = place
  await run('--checkpoint', checkpoint)
  source.interfere = () => false
  // The list has lost one that was done: what stood at 20 stands at 19, and would be passed over.
  source.lists['organizations']?.shift()
  const { stdout } = await run('--checkpoint', checkpoint)
  t.false(stdout.includes('An earlier run'))
  t.is(await countOrganizations(place), count)
})

test('what an earlier run has skipped is not forgotten', async (t) => {
  const { source, run, checkpoint } = await open(t)
  source.lists['organizations/org_3/memberships']?.push(membership('user_bob', 'org:astrologer'))
  t.is((await run('--checkpoint', checkpoint)).exitCode, 3)
  source.interfere = () => false
  const { exitCode, stdout } = await run('--checkpoint', checkpoint)
  t.is(exitCode, 1)
  t.regex(stdout, /An earlier run imported 20 organizations, and skipped 1\./)
})

test('a person at a terminal sees how far it is', async (t) => {
  const { source, env } = await open(t)
  let show = () => {}
  const clock = { nowMs: () => 0, setTimer: (_delayMs: number, callback: () => void) => ((show = callback), () => {}) }
  source.interfere = (request) => {
    if (request.url?.includes('/org_20/memberships')) show()
    return false
  }
  const { stderr } = await type(['import', 'clerk', '--url', source.url], { env, clock, isTerminal: true })
  t.regex(stderr, /█{17}░{3} 83 %, 20 of 24 organizations, 20 memberships/)
})

test('a file that is no checkpoint is left alone', async (t) => {
  const { run, checkpoint } = await open(t)
  await writeFile(checkpoint, 'my diary')
  const { exitCode, stderr } = await run('--checkpoint', checkpoint)
  t.is(exitCode, 2)
  t.regex(stderr, /is not a checkpoint/)
  t.is(await readFile(checkpoint, 'utf8'), 'my diary')
})

test('keys that are missing or wrong are told apart', async (t) => {
  const { source } = await open(t)
  const { target } = await openTestSidecar(t)
  const command = ['import', 'clerk', '--url', source.url, '--target', target]
  const without = await type(command)
  t.is(without.exitCode, 2)
  t.regex(without.stderr, /source needs its secret key.*--key-file/)
  const half = await type([...command, '--key', sourceKey])
  t.is(half.exitCode, 2)
  t.regex(half.stderr, /sidecar needs its secret key.*--target-key-file/)
  const wrong = await type([...command, '--key', sourceKey, '--target-key', 'another'])
  t.is(wrong.exitCode, 3)
  t.regex(wrong.stderr, /no valid key.*--target-key-file/)
  const inJson = await type([...command, '--key', sourceKey, '--target-key', 'another', '--json'])
  t.regex((JSON.parse(inJson.stderr) as { error: { message: string } }).error.message, /--target-key-file/)
  const weak = await type([...command, '--key', sourceKey, '--target-key', readKey])
  t.regex(weak.stderr, /may read, but not write.*--target-key-file/)
  t.deepEqual(source.requests, [], 'nothing is read for nothing')
  const stranger = await type([...command, '--key', 'another', '--target-key', secretKey])
  t.is(stranger.exitCode, 3)
  t.regex(stranger.stderr, /does not accept the key.*--key-file/)
})
