/**
 * P11 for scopes: the default of one key is changed, and every organization has a member in its scope with this key. First each
 * of them gets another role by a mapping; the other side updates as many rows of a copy of the same file in one transaction.
 * Then nobody gets another role, and the sidecar only has to find that out.
 */

import { join } from 'node:path'
import { createRoleSetsClient, type Administration } from '@rolesets/client'
import { turns, updatingRoles } from '../bare-update.ts'
import { compare } from '../compare.ts'
import { openDatabase } from '../database.ts'
import { startSidecar } from '../processes.ts'
import type { Comparison, Row, RowResult, RunOptions } from '../row.ts'
import { makeStoreFile, scopeKeyAt } from '../store-file.ts'

const key = 'bench-secret-key-of-no-value-0123456789'
const deadlineMs = 300_000
const scope = scopeKeyAt(0)
const smallest = 1_000
const roles = ['org:member', 'org:viewer'] as const
/** The first and the second have one of the roles each, so a change between them needs a mapping. The third has both. */
const roleSets = { 'role_set:one': [roles[0]], 'role_set:two': [roles[1]], 'role_set:both': [...roles] }

export const row: Row = {
  id: 'P11-default',
  title: 'change the default of a scope that 1 M organizations have',
  goal: '≤ 1.5 × the bare SQL UPDATE in one transaction',
  quick: false,
  run,
}

async function run({ quick, ...options }: RunOptions): Promise<RowResult> {
  const places = quick ? 10_000 : 1_000_000
  const large = await openFilled(places, options)
  const small = await openFilled(smallest, options)
  try {
    const mapped = await compareMapped(large, options)
    const unmapped = await compare({
      name: `${places} places whose members keep their roles`,
      against: `itself with ${smallest}`,
      unit: 'ms',
      better: 'lower',
      rounds: options.rounds,
      ours: widening(large),
      theirs: widening(small),
    })
    return { comparisons: [mapped, unmapped] }
  } finally {
    await large.close()
    await small.close()
  }
}

interface Filled {
  readonly admin: Administration
  readonly places: number
  readonly file: string
  readonly close: () => Promise<void>
}

type Opening = Omit<RunOptions, 'quick'>

async function openFilled(places: number, { folder, signal, log }: Opening): Promise<Filled> {
  const file = join(folder, `${places}.db`)
  log(`filling a file with ${places} members of scopes`)
  await makeStoreFile({ file, organizations: places, membersPerOrganization: 1, membersOfScope: scope, signal })
  const env = {
    ROLESETS_DATABASE: `sqlite:${file}`,
    ROLESETS_GRPC_LISTEN: `unix:${file}.sock`,
    ROLESETS_SECRET_KEY: key,
  }
  const sidecar = await startSidecar({ env, signal })
  const client = createRoleSetsClient({ target: sidecar.target, key })
  const { admin } = client
  await admin.createRole({ key: roles[1], name: 'Viewer' })
  for (const [roleSet, own] of Object.entries(roleSets))
    await admin.createRoleSet({ key: roleSet, roles: own, defaultRole: own[0] ?? '' })
  await admin.setScopeDefault({ scope, roleSet: 'role_set:one' }, { deadlineMs })
  const close = async () => {
    await client.close()
    await sidecar.stop()
  }
  return { admin, places, file, close }
}

async function compareMapped({ admin, places, file }: Filled, { rounds, folder }: Opening): Promise<Comparison> {
  const copy = join(folder, 'copy.db')
  // SQLite copies what is committed, also beside a running sidecar.
  const original = await openDatabase(file, '')
  await original.run('VACUUM INTO ?', [copy])
  await original.close()
  const database = await openDatabase(copy)
  const next = turns('role_set:one', 'role_set:two')
  const nextRoles = turns<string>(...roles)
  const ours = async () => {
    const [, roleSet] = next()
    const [role, replacement] = nextRoles()
    const startedAtMs = performance.now()
    const mappings = { [role]: replacement }
    const { impact } = await admin.setScopeDefault({ scope, roleSet, mappings }, { deadlineMs })
    const tookMs = performance.now() - startedAtMs
    if (impact.members !== places) throw new Error(`${impact.members} members were moved, but it should be ${places}.`)
    return tookMs
  }
  try {
    return await compare({
      name: `${places} places whose members get another role`,
      against: 'the bare SQL UPDATE in one transaction',
      unit: 'ms',
      better: 'lower',
      goal: { atMost: 1.5 },
      rounds,
      ours,
      theirs: await updatingRoles(database, { roles, members: places, scope }),
    })
  } finally {
    await database.close()
  }
}

/** To the set with both roles and back, so nobody needs another role. */
function widening({ admin, places }: Filled): () => Promise<number> {
  return async () => {
    const { scopeDefaults } = await admin.listScopeKinds({})
    const had = scopeDefaults.find((each) => each.scope === scope)?.roleSet ?? ''
    const startedAtMs = performance.now()
    const { impact } = await admin.setScopeDefault({ scope, roleSet: 'role_set:both' }, { deadlineMs })
    const tookMs = performance.now() - startedAtMs
    if (impact.roles.length > 0) throw new Error(`Members of ${places} places got other roles.`)
    await admin.setScopeDefault({ scope, roleSet: had }, { deadlineMs })
    return tookMs
  }
}
