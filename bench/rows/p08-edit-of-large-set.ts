/**
 * P8: an edit of a role set that more and more organizations have. Two sidecars take turns: one has 1 000
 * organizations, the other one the measured number.
 *
 * An edit waits for the disk, which would hide a cost that grows. So dry runs are compared, too: they do everything
 * that an edit does, except the commit.
 */

import { join } from 'node:path'
import { compare } from '../compare.ts'
import { editedRoleSet, openEditedSidecar, spareRole, type EditedSidecar } from '../edited-sidecar.ts'
import { medianDurationMs } from '../median-duration.ts'
import type { Comparison, Row, RowResult, RunOptions, Series } from '../row.ts'
import { makeStoreFile, organizationIdAt, removeStoreFile } from '../store-file.ts'

const smallest = 1_000
const holders = 20

export const row: Row = {
  id: 'P8',
  title: 'edit of a role set with 1 k … 1 M organizations on it',
  goal: 'flat: ≤ 1.3 × itself at 1 k',
  quick: true,
  run,
}

interface Kind {
  readonly name: string
  readonly repetitions: number
  readonly before?: (edited: EditedSidecar) => Promise<unknown>
  readonly edit: (edited: EditedSidecar, repetition: number) => Promise<unknown>
}

const kinds: readonly Kind[] = [
  {
    name: 'edit',
    repetitions: 40,
    edit: ({ client: { admin } }, repetition) =>
      repetition % 2 === 0
        ? admin.addRoles({ roleSet: editedRoleSet, roles: [spareRole] })
        : admin.replaceRole({ roleSet: editedRoleSet, role: spareRole }),
  },
  {
    name: 'dry run of an edit',
    repetitions: 100,
    edit: ({ client: { admin } }, repetition) =>
      repetition % 2 === 0
        ? admin.addRoles({ roleSet: editedRoleSet, roles: [spareRole], dryRun: true })
        : admin.replaceRole({ roleSet: editedRoleSet, role: 'org:member', toRole: 'org:admin', dryRun: true }),
  },
  {
    name: `replacing a role that ${holders} members have`,
    repetitions: 5,
    before: giveSpareRole,
    edit: ({ client: { admin } }) =>
      admin.replaceRole({ roleSet: editedRoleSet, role: spareRole, toRole: 'org:member' }),
  },
]

async function run({ quick, rounds, signal, log, folder }: RunOptions): Promise<RowResult> {
  const sizes = quick ? [100_000] : [10_000, 100_000, 1_000_000]
  const small = await openFilled(smallest, { folder, signal })
  const comparisons: Comparison[] = []
  for (const size of sizes) {
    const large = await openFilled(size, { folder, signal })
    for (const kind of kinds) comparisons.push(await compareAt(size, { kind, small, large, rounds }))
    await large.close()
    await removeStoreFile(join(folder, `${size}.db`))
    log(`${size} organizations done`)
  }
  await small.close()
  return { comparisons, series: kinds.map((kind, index) => seriesOf(kind, { index, sizes, comparisons })) }
}

async function openFilled(
  organizations: number,
  { folder, signal }: Pick<RunOptions, 'folder' | 'signal'>,
): Promise<EditedSidecar> {
  const file = join(folder, `${organizations}.db`)
  await makeStoreFile({ file, organizations, signal })
  const edited = await openEditedSidecar({ file, signal })
  for (let holder = 0; holder < holders; holder += 1) {
    await edited.client.admin.createMembership({ ...membershipAt(holder), role: 'org:member' })
  }
  return edited
}

interface Sides {
  readonly kind: Kind
  readonly small: EditedSidecar
  readonly large: EditedSidecar
  readonly rounds: number
}

function compareAt(size: number, { kind, small, large, rounds }: Sides): Promise<Comparison> {
  return compare({
    name: `${kind.name}, ${size} organizations on the set`,
    against: `itself with ${smallest}`,
    unit: 'ms',
    better: 'lower',
    goal: { atMost: 1.3 },
    rounds,
    ours: () => medianMs(large, kind),
    theirs: () => medianMs(small, kind),
  })
}

function medianMs(edited: EditedSidecar, { repetitions, before, edit }: Kind): Promise<number> {
  return medianDurationMs(
    repetitions,
    (repetition) => edit(edited, repetition),
    async () => before?.(edited),
  )
}

async function giveSpareRole({ client: { admin } }: EditedSidecar): Promise<void> {
  await admin.addRoles({ roleSet: editedRoleSet, roles: [spareRole] })
  const memberships = Array.from({ length: holders }, (_, holder) => membershipAt(holder))
  await Promise.all(memberships.map((membership) => admin.updateMembership({ ...membership, role: spareRole })))
}

function membershipAt(holder: number): { readonly organizationId: string; readonly userId: string } {
  return { organizationId: organizationIdAt(holder), userId: 'user_holder' }
}

interface Measured {
  readonly index: number
  readonly sizes: readonly number[]
  readonly comparisons: readonly Comparison[]
}

/** The comparisons of one kind of edit, which have a fixed distance in the list. */
function seriesOf({ name }: Kind, { index, sizes, comparisons }: Measured): Series {
  const own = sizes.map((size, at) => ({ size, comparison: comparisons[at * kinds.length + index] }))
  const points = own.flatMap(({ size, comparison }) => (comparison ? [{ x: size, y: comparison.ours.median }] : []))
  const atSmallest = { x: smallest, y: own[0]?.comparison?.theirs.median ?? Number.NaN }
  return { name, x: 'organizations on the set', y: 'ms', points: [atSmallest, ...points] }
}
