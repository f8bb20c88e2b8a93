/**
 * P10: grants that are on the disk when they are answered, with 64 in flight. Ours go through the client and a Unix
 * socket to a sidecar in another process, which checks each one and writes it to the sealed history. The other side
 * writes only the row of the membership, from its own process, with one transaction for each.
 */

import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { compare } from '../compare.ts'
import { openDatabase, type Database } from '../database.ts'
import { startSidecar } from '../processes.ts'
import type { Row, RunOptions, RowResult } from '../row.ts'
import { makeStoreFile, scatteredOrganizationId } from '../store-file.ts'

const inFlight = 64
const organizations = 10_000
const key = 'bench-secret-key-of-no-value-0123456789'

export const row: Row = {
  id: 'P10',
  title: 'durable grants per second, 64 in flight',
  goal: '≥ 10 × one transaction per grant on the same file',
  quick: false,
  run,
}

async function run({ folder, quick, rounds, signal }: RunOptions): Promise<RowResult> {
  const file = join(folder, 'rolesets.db')
  await makeStoreFile({ file, organizations, signal })
  const copies = { bare: join(folder, 'bare.db'), sealed: join(folder, 'history.db') }
  for (const copy of Object.values(copies)) await copyFile(file, copy)
  const sidecar = await startSidecar({
    env: { ROLESETS_DATABASE: `sqlite:${file}`, ROLESETS_GRPC_LISTEN: `unix:${file}.sock`, ROLESETS_SECRET_KEY: key },
    signal,
  })
  const client = createRoleSetsClient({ target: sidecar.target, key })
  await client.ready({ timeoutMs: 10_000 })
  const bare = await openDatabase(copies.bare)
  const recorded = await openDatabase(copies.sealed)
  const count = quick ? 1_000 : 10_000
  const granting = throughClient(client)
  const ours = () => granting(count, inFlight)
  const shared = { name: 'grants through the client', unit: 'grants/s', better: 'higher', rounds, ours } as const
  const comparisons = [
    await compare({
      ...shared,
      against: 'one INSERT per transaction, in its own process',
      goal: { atLeast: 10 },
      theirs: await bareInserts(bare, count / 10),
    }),
    await compare({
      ...shared,
      against: 'one transaction per grant with its check and its history, in its own process',
      theirs: await recordedInserts(recorded, count / 10),
    }),
    await compare({
      ...shared,
      against: 'the same call, one in flight',
      theirs: () => granting(count / 10, 1),
    }),
  ]
  await client.close()
  await sidecar.stop()
  await bare.close()
  await recorded.close()
  return { comparisons }
}

/** A user without a membership, and an organization. */
function nextGrant() {
  let n = 0
  return () => {
    n += 1
    return { organizationId: scatteredOrganizationId(n, organizations), userId: `user_${n}` }
  }
}

function throughClient(client: RoleSetsClient): (count: number, inFlight: number) => Promise<number> {
  const next = nextGrant()
  return async (count, inFlight) => {
    let left = count
    const grant = async () => {
      while (left-- > 0) await client.admin.createMembership({ ...next(), role: 'org:member' })
    }
    const startedAtMs = performance.now()
    await Promise.all(Array.from({ length: inFlight }, grant))
    return (count / (performance.now() - startedAtMs)) * 1000
  }
}

async function memberRole(database: Database): Promise<string> {
  const [role] = await database.all("SELECT id FROM roles WHERE key = 'org:member'")
  return String(role?.['id'])
}

const columns =
  'organization_id, user_id, id, role_id, public_metadata, private_metadata, created_at, updated_at, revision'

/** The cheapest grant: no check, no history, one prepared statement that is its own transaction. */
async function bareInserts(database: Database, count: number): Promise<() => Promise<number>> {
  const roleId = await memberRole(database)
  const insert = database.prepare(`INSERT INTO memberships (${columns}) VALUES (?, ?, ?, ?, '{}', '{}', 1, 1, 1)`)
  const next = nextGrant()
  return async () => {
    const startedAtMs = performance.now()
    for (let done = 0; done < count; done += 1) {
      const { organizationId, userId } = next()
      await insert.run([organizationId, userId, `orgmem_${userId}`, roleId])
    }
    return (count / (performance.now() - startedAtMs)) * 1000
  }
}

/** A program with the same rules and the same history, but with one transaction for each grant. */
async function recordedInserts(database: Database, count: number): Promise<() => Promise<number>> {
  const roleId = await memberRole(database)
  const [begin, commit] = [database.prepare('BEGIN IMMEDIATE'), database.prepare('COMMIT')]
  // The row is inserted only if the role is in the organization's role set.
  const insert = database.prepare(`INSERT INTO memberships (${columns})
    SELECT ?1, ?2, ?3, ?4, '{}', '{}', 1, 1, 1
    FROM organizations JOIN role_set_roles USING (role_set_id) WHERE id = ?1 AND role_id = ?4`)
  const record = database.prepare(`INSERT INTO change_sets
    SELECT max(revision) + 1, 1, 'bench', 'CreateMembership', ?, ? FROM change_sets`)
  const find = database.prepare('INSERT INTO change_subjects VALUES (?, (SELECT max(revision) FROM change_sets))')
  const next = nextGrant()
  return async () => {
    const startedAtMs = performance.now()
    for (let done = 0; done < count; done += 1) {
      const { organizationId, userId } = next()
      const membership = { organizationId, userId, id: `orgmem_${userId}`, roleId }
      await begin.run([])
      await insert.run([organizationId, userId, membership.id, roleId])
      await record.run([
        JSON.stringify([{ verb: 'put', thing: 'membership', after: membership, before: null }]),
        '0'.repeat(64),
      ])
      await find.run([organizationId])
      await commit.run([])
    }
    return (count / (performance.now() - startedAtMs)) * 1000
  }
}
