/** Replicas as processes: killed while they apply, with a damaged copy, and under an authority that was put back. */

import { cp, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { startSidecar, type SidecarProcess } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { fill } from './open-replica.ts'

const key = 'the-secret-key-of-tests'

async function start(t: ExecutionContext, file: string, env: Readonly<Record<string, string>> = {}) {
  const settings = { ROLESETS_DATABASE: `sqlite:${file}`, ROLESETS_SECRET_KEY: key, ROLESETS_HTTP_LISTEN: '' }
  return startSidecar(t, { env: { ...settings, ...env } })
}

async function startReplica(t: ExecutionContext, authority: string, file: string): Promise<SidecarProcess> {
  return start(t, file, { ROLESETS_UPSTREAM: authority, ROLESETS_UPSTREAM_KEY: key })
}

function clientOf(t: ExecutionContext, { target }: Pick<SidecarProcess, 'target'>): RoleSetsClient {
  const client = createRoleSetsClient({ target, key, deadlineMs: 20_000 })
  t.teardown(() => client.close())
  return client
}

/** Whether both have the same catalogue, organizations and decisions, as of a revision that the replica must have. */
async function same(t: ExecutionContext, authority: RoleSetsClient, replica: RoleSetsClient, revision: string) {
  await replica.availableRoles('acme', { atLeastRevision: revision })
  const everything = async ({ admin }: RoleSetsClient) => [
    (await admin.listRoleSets({})).roleSets,
    (await admin.listRoles({})).roles,
    (await admin.listOrganizations({ pageSize: 500 })).organizations,
  ]
  t.deepEqual(await everything(replica), await everything(authority))
}

test('a replica that is killed again and again while it applies has in the end what its authority has', async (t) => {
  const folder = await temporaryFolder(t)
  const authority = await start(t, join(folder, 'authority.db'))
  const operator = clientOf(t, authority)
  await fill(operator)
  let isOver = false
  let written = 0
  let last = ''
  const writing = (async () => {
    for (; !isOver; written++) {
      const organizationId = `org_${written % 50}`
      const roleSet = written % 3 === 0 ? 'role_set:pro' : 'role_set:free'
      const made = await operator.admin.apply({ organizations: [{ id: organizationId, roleSet }] })
      last = made.revision
      if (written % 40 === 39) last = (await operator.admin.deleteOrganization({ organizationId })).revision
    }
  })()
  const file = join(folder, 'replica.db')
  for (let kill = 0; kill < 4; kill++) {
    const replica = await startReplica(t, authority.target, file)
    const before = written
    while (written < before + 20) await new Promise((resolve) => setImmediate(resolve))
    await replica.kill()
  }
  isOver = true
  await writing
  const replica = await startReplica(t, authority.target, file)
  await same(t, operator, clientOf(t, replica), last)
  t.true(replica.log.every((line) => !line.includes("The authority's snapshot is in place.")))
})

test('a copy that is damaged is thrown away and fetched again', async (t) => {
  const folder = await temporaryFolder(t)
  const authority = await start(t, join(folder, 'authority.db'))
  const operator = clientOf(t, authority)
  const revision = await fill(operator)
  const file = join(folder, 'replica.db')
  await (await startReplica(t, authority.target, file)).stop()
  const handle = await open(file, 'r+')
  await handle.write('not a database any more, and nothing that can be repaired', 0)
  await handle.close()
  const replica = await startReplica(t, authority.target, file)
  await same(t, operator, clientOf(t, replica), revision)
  t.true(replica.log.some((line) => line.includes('It is fetched again from the authority.')))
})

test('when a copy of its authority is put back, a replica that was ahead of it starts over', async (t) => {
  const folder = await temporaryFolder(t)
  const [file, copy] = [join(folder, 'authority.db'), join(folder, 'copy.db')]
  const first = await start(t, file)
  await fill(clientOf(t, first))
  await first.stop()
  await cp(file, copy)
  const second = await start(t, file, { ROLESETS_GRPC_LISTEN: `unix:${join(folder, 's')}` })
  const lost = await clientOf(t, second).admin.assignRoleSet({ organizationId: 'acme', roleSet: 'role_set:pro' })
  const replica = await startReplica(t, second.target, join(folder, 'replica.db'))
  const asked = clientOf(t, replica)
  t.like(await asked.check('acme', 'org:analyst', { atLeastRevision: lost.revision }), { allowed: true })
  await second.kill()
  for (const suffix of ['', '-wal', '-shm']) await rm(file + suffix, { force: true })
  await cp(copy, file)
  const third = await start(t, file, { ROLESETS_GRPC_LISTEN: `unix:${join(folder, 's')}` })
  const operator = clientOf(t, third)
  const { revision } = await operator.admin.createRole({ key: 'org:new' })
  const isReplaced = () =>
    replica.log.filter((line) => line.includes("The authority's snapshot is in place.")).length === 2
  while (!isReplaced()) await new Promise((resolve) => setTimeout(resolve, 5))
  // Another client: this one has seen a revision that was lost.
  const later = clientOf(t, replica)
  await same(t, operator, later, revision)
  t.like(await later.check('acme', 'org:analyst', { atLeastRevision: revision }), { allowed: false })
  t.regex(await readFile(`${join(folder, 'replica.db')}.replica`, 'utf8'), /the copy of a replica/)
})
