/**
 * Measures what more roles in a role set and more role sets cost: for an edit, the start of a cache, a check, and
 * memory.
 */

import { join } from 'node:path'
import { createRoleSetsClient } from '@rolesets/client'
import { openEditedSidecar, spareRole, type EditedSidecar } from '../edited-sidecar.ts'
import { residentBytes } from '../memory.ts'
import type { Row, RowResult, RunOptions, Series } from '../row.ts'
import { medianDurationMs } from '../median-duration.ts'

const organizationId = 'org_grown'
const grownSet = 'role_set:grown_0'

export const row: Row = {
  id: 'growth-catalogue',
  title: 'roles per set, and role sets: 10 to 1 000',
  goal: 'reported',
  quick: false,
  run,
}

interface Shape {
  readonly rolesPerSet: number
  readonly roleSets: number
}

interface Measured {
  readonly size: number
  readonly editMs: number
  readonly readyMs: number
  readonly checkMs: number
  readonly cachedMicroseconds: number
  readonly residentMegabytes: number
}

async function run(options: RunOptions): Promise<RowResult> {
  const sizes = options.quick ? [10, 100] : [10, 100, 1000]
  const byRoles: Measured[] = []
  const bySets: Measured[] = []
  for (const size of sizes) {
    byRoles.push({ ...(await measure({ rolesPerSet: size, roleSets: 1 }, options)), size })
    bySets.push({ ...(await measure({ rolesPerSet: 3, roleSets: size }, options)), size })
    options.log(`${size} done`)
  }
  return { comparisons: [], series: [...seriesOf('roles in the set', byRoles), ...seriesOf('role sets', bySets)] }
}

async function measure(shape: Shape, { folder, signal }: RunOptions): Promise<Omit<Measured, 'size'>> {
  const file = join(folder, `${shape.rolesPerSet}-${shape.roleSets}.db`)
  const edited = await openEditedSidecar({ file, signal })
  await fill(edited, shape)
  const { client, sidecar, target, close } = edited
  const { admin } = client
  const editMs = await medianDurationMs(41, (repetition) =>
    repetition % 2 === 0
      ? admin.addRoles({ roleSet: grownSet, roles: [spareRole] })
      : admin.replaceRole({ roleSet: grownSet, role: spareRole }),
  )
  const readyMs = await medianDurationMs(11, async () => {
    const another = createRoleSetsClient({ target, organizationsMax: 1_000 })
    await another.ready()
    await another.close()
  })
  const checkMs = await medianDurationMs(201, (repetition) => client.check(`org_never_met_${repetition}`, 'org:member'))
  await client.check(organizationId, spareRole, { deadlineMs: 5_000 })
  const cachedMicroseconds = cachedCheckMicroseconds(edited)
  const residentMegabytes = ((await residentBytes(sidecar.pid)) ?? Number.NaN) / 1e6
  await close()
  return { editMs, readyMs, checkMs, cachedMicroseconds, residentMegabytes }
}

async function fill({ client: { admin } }: EditedSidecar, { rolesPerSet, roleSets }: Shape): Promise<void> {
  const standard = ['org:admin', 'org:member']
  // Leaves room in the role set for the role that is added.
  const more = Array.from({ length: rolesPerSet - standard.length - 1 }, (_, index) => `org:grown_${index}`)
  await admin.apply(
    {
      roles: more.map((key) => ({ key })),
      roleSets: Array.from({ length: roleSets }, (_, index) => ({
        key: `role_set:grown_${index}`,
        roles: [...standard, ...more],
        defaultRole: 'org:member',
        creatorRole: 'org:admin',
      })),
      organizations: [{ id: organizationId, roleSet: grownSet }],
    },
    { deadlineMs: 60_000 },
  )
}

function cachedCheckMicroseconds({ client }: EditedSidecar): number {
  const checks = 200_000
  const startedAtMs = performance.now()
  for (let check = 0; check < checks; check += 1) client.checkCached(organizationId, 'org:member')
  return ((performance.now() - startedAtMs) * 1000) / checks
}

function seriesOf(x: string, measured: readonly Measured[]): readonly Series[] {
  const series = (name: string, y: string, pick: (each: Measured) => number): Series => ({
    ...{ name: `${name}, by ${x}`, x, y },
    points: measured.map((each) => ({ x: each.size, y: pick(each) })),
  })
  return [
    series('edit of a set', 'ms', ({ editMs }) => editMs),
    series('start of a cache', 'ms', ({ readyMs }) => readyMs),
    series('cold check', 'ms', ({ checkMs }) => checkMs),
    series('cached check', 'µs', ({ cachedMicroseconds }) => cachedMicroseconds),
    series('resident memory of the sidecar', 'MB', ({ residentMegabytes }) => residentMegabytes),
  ]
}
