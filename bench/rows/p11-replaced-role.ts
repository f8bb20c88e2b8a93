/**
 * P11: the client replaces a role that all members of all organizations of a role set have. The other side updates as
 * many rows of a copy of the same file in one transaction, and does nothing else.
 */

import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { turns, updatingRoles } from '../bare-update.ts'
import { compare } from '../compare.ts'
import { openDatabase } from '../database.ts'
import { startSidecar } from '../processes.ts'
import type { Row, RowResult, RunOptions } from '../row.ts'
import { makeStoreFile } from '../store-file.ts'

const membersPerOrganization = 10
const key = 'bench-secret-key-of-no-value-0123456789'
const deadlineMs = 300_000
const roleSet = 'role_set:default'
const roles = ['org:member', 'org:viewer'] as const

export const row: Row = {
  id: 'P11',
  title: 'replace a role held by 1 M members',
  goal: '≤ 1.5 × the bare SQL UPDATE in one transaction',
  quick: true,
  run,
}

async function run({ folder, quick, rounds, signal, log }: RunOptions): Promise<RowResult> {
  const members = quick ? 50_000 : 1_000_000
  const file = join(folder, 'rolesets.db')
  const copy = join(folder, 'copy.db')
  log(`filling a file with ${members} members`)
  await makeStoreFile({ file, organizations: members / membersPerOrganization, membersPerOrganization, signal })
  const env = {
    ROLESETS_DATABASE: `sqlite:${file}`,
    ROLESETS_GRPC_LISTEN: `unix:${file}.sock`,
    ROLESETS_SECRET_KEY: key,
  }
  const setUp = await startSidecar({ env, signal })
  const before = createRoleSetsClient({ target: setUp.target, key })
  await before.admin.createRole({ key: roles[1], name: 'Viewer' })
  await before.close()
  await setUp.stop()
  await copyFile(file, copy)

  const sidecar = await startSidecar({ env, signal })
  const client = createRoleSetsClient({ target: sidecar.target, key })
  const database = await openDatabase(copy)
  const comparison = await compare({
    name: `${members} members`,
    against: 'the bare SQL UPDATE in one transaction',
    unit: 'ms',
    better: 'lower',
    goal: { atMost: 1.5 },
    rounds,
    ours: replacing(client, members),
    theirs: await updatingRoles(database, { roles, members }),
  })
  await client.close()
  await sidecar.stop()
  await database.close()
  return { comparisons: [comparison] }
}

function replacing(client: RoleSetsClient, members: number): () => Promise<number> {
  const next = turns<string>(...roles)
  return async () => {
    const [role, replacement] = next()
    await client.admin.addRoles({ roleSet, roles: [replacement] })
    const startedAtMs = performance.now()
    const { impact } = await client.admin.replaceRole({ roleSet, role, toRole: replacement }, { deadlineMs })
    const tookMs = performance.now() - startedAtMs
    const moved = impact.roles.reduce((sum, each) => sum + each.members, 0)
    if (moved !== members) throw new Error(`${moved} members were moved, but it should be ${members}.`)
    return tookMs
  }
}
