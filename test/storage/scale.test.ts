/**
 * A change to all holders of a role, or to all organizations of a set, is one statement in one transaction: readers go on
 * meanwhile, and the memory of the process doesn't grow with the number of rows.
 */

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Change } from '@rolesets/core'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import type { Store, Writer } from '../../packages/sidecar/src/storage/store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { at, dayMs, provenance, withCatalogue } from './things.ts'

/** Rows of 200 bytes: as objects they would take several hundred bytes each. */
const members = 200_000
const fewMembers = 20_000
/** The pages that SQLite keeps (32 MiB for the writer), and some room for what is about to be collected. */
const growthMiBMax = 64
/** More would make rubbish that counts as growth. */
const readsMax = 200
const mib = 1_048_576

const count = (rows: number) =>
  `WITH RECURSIVE row (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM row WHERE n < ${rows - 1})`

/** Organizations of two members and an invitation each, all on `free`. */
const fill = (rows: number) => `
PRAGMA synchronous = OFF;
BEGIN;
${count(rows / 2)} INSERT INTO organizations
SELECT printf('org_%08d', n), 'Organization ' || n, NULL, 'free', '', 0, 1, '{}', '{}', ${at}, ${at}, 1, NULL FROM row;
INSERT INTO organization_counts VALUES ('free', ${rows / 2})
ON CONFLICT (role_set_id) DO UPDATE SET organizations = excluded.organizations;
${count(rows)} INSERT INTO memberships
SELECT printf('org_%08d', n / 2), '', printf('user_%08d', n), 'orgmem_' || n, 'member', '[]', NULL, '{}', '{}', ${at}, ${at}, 1 FROM row;
${count(rows / 2)} INSERT INTO invitations
SELECT printf('orginv_%08d', n), printf('org_%08d', n), n || '@example.com', 'member', '', 'pending', ${at + dayMs}, '', '',
  '{}', '{}', ${at}, ${at}, 1, '', '[]' FROM row;
COMMIT;`

async function openFilled(t: ExecutionContext, rows: number): Promise<Store> {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  await (await withCatalogue(await openStore(`sqlite:${file}`))).close()
  const connection = await Connection.open(file)
  await connection.script(fill(rows))
  await connection.close()
  const store = await openStore(`sqlite:${file}`)
  t.teardown(() => store.close())
  return store
}

/** What replacing a set comes to. */
const replacement = (rows: number): readonly Change[] => [
  {
    verb: 'reassigned',
    thing: 'membership',
    among: { roleSetId: 'free' },
    mappings: [{ fromRoleId: 'member', toRoleId: 'analyst', members: rows, invitations: rows / 2 }],
  },
  { verb: 'moved', thing: 'assignment', fromRoleSetId: 'free', toRoleSetId: 'pro', organizations: rows / 2 },
]

/** Replaces the set while it reads. @returns how many reads were answered meanwhile, and by how much memory grew */
async function replaceAll(t: ExecutionContext, store: Store, rows: number) {
  const before = process.memoryUsage().rss
  let [peak, answered] = [before, 0]
  const work = async (writer: Writer) => {
    t.like(await writer.usageIn({ roleSetId: 'free' }, at), [
      { members: rows, invitations: rows / 2, organizations: rows / 2 },
    ])
    const leaving = { roleIds: ['member'], among: { roleSetId: 'free' } }
    const left = await writer.withoutAdministrator({ leaving, remainingRoleIds: ['admin'] }, { limit: 10, now: 0 })
    t.is(left.organizations, rows / 2)
    await writer.record(replacement(rows))
    let isWritten = false
    // The rows are written before this question to them is answered.
    const writing = writer.organizationCount('pro').finally(() => (isWritten = true))
    while (!isWritten && answered < readsMax) {
      const { revision, value } = await store.read((reader) => reader.membership('org_00000001', 'user_00000002'))
      t.deepEqual([revision, value?.roleIds[0]], [1, 'member'])
      if (!isWritten) answered++
      peak = Math.max(peak, process.memoryUsage().rss)
    }
    return writing
  }
  t.deepEqual(await store.write(provenance(), work), { revision: 2, value: rows / 2 })
  peak = Math.max(peak, process.memoryUsage().rss)
  return { answered, grownMiB: Math.round((peak - before) / mib) }
}

test('a set of a hundred thousand organizations is replaced in one write, in bounded memory, and reads go on', async (t) => {
  const few = await replaceAll(t, await openFilled(t, fewMembers), fewMembers)
  const store = await openFilled(t, members)
  const { answered, grownMiB } = await replaceAll(t, store, members)
  t.log(`${answered} reads meanwhile; ${fewMembers} members: ${few.grownMiB} MiB, ${members} members: ${grownMiB} MiB`)
  t.true(answered > 0)
  t.true(grownMiB < growthMiBMax, `${grownMiB} MiB`)
  const history = await store.changesAfter(1, 10)
  t.deepEqual(
    history.map(({ changes }) => changes),
    [replacement(members)],
  )
  const { value } = await store.read(async (reader) => [
    await reader.usageIn({ roleSetId: 'free' }, at),
    await reader.usageIn({ roleSetId: 'pro' }, at),
    await reader.membership('org_00099999', 'user_00199999').then((each) => [each?.roleIds[0], each?.revision]),
    await reader.invitation('orginv_00099999').then((each) => [each?.roleIds[0], each?.revision]),
  ])
  const all = { roleId: 'analyst', members, invitations: members / 2, organizations: members / 2 }
  t.deepEqual(value, [[], [all], ['analyst', 2], ['analyst', 2]])
})
