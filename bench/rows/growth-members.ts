/** Measures what more members of an organization cost for writes and reads in this organization. */

import { join } from 'node:path'
import { openEditedSidecar } from '../edited-sidecar.ts'
import { medianDurationMs } from '../median-duration.ts'
import type { Row, RowResult, RunOptions, Series } from '../row.ts'
import { makeStoreFile, organizationIdAt, removeStoreFile } from '../store-file.ts'

const organizationId = organizationIdAt(0)

export const row: Row = {
  id: 'growth-members',
  title: 'members per organization: 10 to 1 000 000',
  goal: 'reported',
  quick: false,
  run,
}

interface Measured {
  readonly members: number
  readonly grantMs: number
  readonly pageMs: number
  readonly dryRunMs: number
}

async function run({ quick, folder, signal, log }: RunOptions): Promise<RowResult> {
  const measured: Measured[] = []
  for (const members of quick ? [10, 10_000] : [10, 1_000, 100_000, 1_000_000]) {
    const file = join(folder, `${members}.db`)
    await makeStoreFile({ file, organizations: 1, membersPerOrganization: members, signal })
    const { client, close } = await openEditedSidecar({ file, signal })
    const { admin } = client
    const membership = (index: number) => ({ organizationId, userId: `user_new_${index}`, role: 'org:member' })
    const grantMs = await medianDurationMs(41, (index) => admin.createMembership(membership(index)))
    const pageMs = await medianDurationMs(21, () => admin.listMemberships({ organizationId, pageSize: 50 }))
    const replacement = { roleSet: 'role_set:default', role: 'org:member', toRole: 'org:admin', dryRun: true }
    const dryRunMs = await medianDurationMs(5, () => admin.replaceRole(replacement))
    measured.push({ members, grantMs, pageMs, dryRunMs })
    log(`${members} members: a grant ${grantMs.toFixed(2)} ms`)
    await close()
    await removeStoreFile(file)
  }
  const series = (name: string, pick: (each: Measured) => number): Series => ({
    ...{ name, x: 'members of the organization', y: 'ms' },
    points: measured.map((each) => ({ x: each.members, y: pick(each) })),
  })
  return {
    comparisons: [],
    series: [
      series('one more grant', ({ grantMs }) => grantMs),
      series('a page of 50 members', ({ pageMs }) => pageMs),
      series('dry run of replacing the role that all of them have', ({ dryRunMs }) => dryRunMs),
    ],
  }
}
