/**
 * An older copy of a store is put back, in each way in which operators do it. No client, watcher or revision of the life
 * that was lost is believed afterwards, also when the store has had other writes up to the same numbers.
 */

import { execFile } from 'node:child_process'
import { cp, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { compareRevisions, createRoleSetsClient, isRoleSetsError, type RoleSetsClient } from '@rolesets/client'
import test, { type ExecutionContext } from 'ava'
import { freePort } from '../processes/free-port.ts'
import { openNetworkProxy } from '../processes/network-proxy.ts'
import { cleanEnvironment, rolesetsCommand, startSidecar, type SidecarProcess } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { applyPricingTiers, openOperator, secretKey } from './pricing-tiers.ts'

const organizationIds = Array.from({ length: 6 }, (_, index) => `org_${index}`)
const names = ['rolesets.db', 'rolesets.db-wal', 'rolesets.db-shm']

interface Way {
  /** How the sidecar ends before the copy is taken: stopped, it leaves no log. */
  readonly keptAfter: 'stop' | 'kill'
  readonly keep: (folder: string, kept: string) => Promise<void>
  readonly putBack: (folder: string, kept: string) => Promise<void>
  /** How the lost life ends before the copy is put back; undefined: it is killed afterwards. */
  readonly ends: 'stop' | 'kill' | undefined
}

async function copyFiles(from: string, to: string, files: readonly string[]): Promise<void> {
  for (const name of files) await cp(join(from, name), join(to, name)).catch(() => rm(join(to, name), { force: true }))
}

/** The bytes of every file are as they were, in the same files, as after a volume is reverted. */
async function revert(folder: string, kept: string): Promise<void> {
  const before = new Set(await readdir(kept))
  for (const name of await readdir(folder)) if (!before.has(name)) await rm(join(folder, name))
  for (const name of before) {
    const file = await open(join(folder, name), 'r+')
    await file.truncate(0)
    await file.write(await readFile(join(kept, name)))
    await file.close()
  }
}

const wholeFolder = (from: string, to: string) => cp(from, to, { recursive: true })

/** With the verbs of the command line. */
const backUp = (folder: string, kept: string) =>
  rolesets('backup', join(kept, 'backup.db'), '--database', join(folder, 'rolesets.db'))
const restore = (folder: string, kept: string) =>
  rolesets('restore', join(kept, 'backup.db'), '--database', join(folder, 'rolesets.db'), '--replace')

async function rolesets(...args: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [rolesetsCommand, ...args], { env: cleanEnvironment() })
}

const ways: Readonly<Record<string, Way>> = {
  'the file alone': {
    keptAfter: 'stop',
    keep: (folder, kept) => copyFiles(folder, kept, ['rolesets.db']),
    putBack: (folder, kept) => copyFiles(kept, folder, ['rolesets.db']),
    ends: 'stop',
  },
  'the file and its log': {
    keptAfter: 'kill',
    keep: (folder, kept) => copyFiles(folder, kept, names),
    putBack: (folder, kept) => copyFiles(kept, folder, names),
    ends: 'kill',
  },
  'the folder': {
    keptAfter: 'kill',
    keep: wholeFolder,
    putBack: async (folder, kept) => {
      await rm(folder, { recursive: true })
      await wholeFolder(kept, folder)
    },
    ends: 'kill',
  },
  'the folder, under the running sidecar': {
    keptAfter: 'kill',
    keep: wholeFolder,
    putBack: async (folder, kept) => {
      await rename(folder, `${folder}.lost`)
      await wholeFolder(kept, folder)
    },
    ends: undefined,
  },
  'a backup of a stopped sidecar': { keptAfter: 'stop', keep: backUp, putBack: restore, ends: 'stop' },
  'a backup of a killed sidecar, over a log': { keptAfter: 'kill', keep: backUp, putBack: restore, ends: 'kill' },
  'a snapshot of the volume': { keptAfter: 'kill', keep: wholeFolder, putBack: revert, ends: 'kill' },
}

interface Lost {
  readonly life: RoleSetsClient
  readonly revisions: readonly string[]
}

for (const [name, way] of Object.entries(ways))
  test(`an older copy is put back (${name}): what was lost is not believed any more`, async (t) => {
    const { folder, kept, start } = await openJourney(t)
    const first = await start()
    const before = await live(openOperator(t, first))
    await first[way.keptAfter]()
    await way.keep(folder, kept)

    const second = await start()
    const lost = await lose(t, second)
    if (way.ends !== undefined) await second[way.ends]()
    await way.putBack(folder, kept)
    if (way.ends === undefined) await second.kill()

    const third = await start()
    await assertRefused(t, third, lost.revisions)
    const operator = openOperator(t, third)
    let latest = ''
    for (let index = 0; index < lost.revisions.length + 5; index++)
      latest = (await operator.admin.createPermission({ key: `org:new:p${index}`, name: 'New' })).revision
    t.true(
      (compareRevisions(latest, lost.revisions.at(-1) ?? '') ?? 0) > 0,
      'the numbers have passed those that were lost',
    )
    await assertRefused(t, third, lost.revisions)
    await assertForgotten(t, lost.life, latest)
    // What both lives have is still true.
    t.false((await operator.check('org_0', 'org:analyst', { atLeastRevision: before })).allowed)
  })

async function openJourney(t: ExecutionContext) {
  const root = await temporaryFolder(t)
  const [folder, kept, port] = [join(root, 'data'), join(root, 'kept'), await freePort()]
  await Promise.all([folder, kept].map((path) => mkdir(path)))
  const env = {
    ROLESETS_DATABASE: `sqlite:${join(folder, 'rolesets.db')}`,
    ROLESETS_SECRET_KEY: secretKey,
    ROLESETS_GRPC_LISTEN: `127.0.0.1:${port}`,
    ROLESETS_HTTP_LISTEN: '',
  }
  return { folder, kept, start: () => startSidecar(t, { env }) }
}

/** @returns a revision that the copy has */
async function live(operator: RoleSetsClient): Promise<string> {
  await applyPricingTiers(operator)
  let revision = ''
  for (const id of organizationIds)
    revision = (await operator.admin.createOrganization({ id, name: id, roleSet: 'role_set:free' })).revision
  return revision
}

/** Writes that the copy doesn't have, and a client that has seen them. */
async function lose(t: ExecutionContext, sidecar: SidecarProcess): Promise<Lost> {
  const { admin } = openOperator(t, sidecar)
  const proxy = await openNetworkProxy(t, sidecar.target)
  const life = createRoleSetsClient({ target: proxy.address, deadlineMs: 10_000 })
  t.teardown(() => life.close())
  await life.ready({ timeoutMs: 60_000 })
  const revisions: string[] = []
  for (const organizationId of organizationIds)
    revisions.push((await admin.assignRoleSet({ organizationId, roleSet: 'role_set:pro' })).revision)
  const atLeastRevision = revisions.at(-1) ?? ''
  for (const id of organizationIds) t.true((await life.check(id, 'org:analyst', { atLeastRevision })).allowed)
  return { life, revisions }
}

/** As a place in the feed, as the revision of a question, and as that of a write. */
async function assertRefused(t: ExecutionContext, sidecar: SidecarProcess, revisions: readonly string[]) {
  const operator = openOperator(t, sidecar)
  for (const revision of revisions) {
    const refusals = await Promise.all(
      [
        operator.check('org_0', 'org:analyst', { atLeastRevision: revision }),
        operator.watch({ after: revision })[Symbol.asyncIterator]().next(),
        operator.admin.updateOrganization({ organizationId: 'org_0', name: 'Lost', expectedRevision: revision }),
      ].map((asked) => asked.then(String, (error: unknown) => (isRoleSetsError(error) ? error.code : String(error)))),
    )
    t.deepEqual(
      refusals,
      Array.from({ length: 3 }, () => 'revision_of_another_epoch'),
    )
  }
}

/** The client has come back by itself, and answers as the store does. */
async function assertForgotten(t: ExecutionContext, life: RoleSetsClient, latest: string): Promise<void> {
  const isBack = () => life.status().state === 'fresh' && life.status().revision === latest
  while (!isBack()) await new Promise((resolve) => setImmediate(resolve))
  for (const id of organizationIds) {
    t.like(await life.check(id, 'org:analyst'), { allowed: false, revision: latest })
    t.like(life.checkCached(id, 'org:analyst'), { allowed: false, revision: latest })
  }
}
