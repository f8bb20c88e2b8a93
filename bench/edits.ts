/**
 * Compares edits of a role set that more and more organizations or places have. Two sidecars take turns: one has 1 000 of
 * them, the other one the measured number.
 *
 * An edit waits for the disk, which would hide a cost that grows. So dry runs are compared, too: they do everything
 * that an edit does, except the commit.
 */

import { join } from 'node:path'
import { compare } from './compare.ts'
import { editedRoleSet, openEditedSidecar, spareRole, type EditedSidecar } from './edited-sidecar.ts'
import { medianDurationMs } from './median-duration.ts'
import type { Comparison, RowResult, RunOptions, Series } from './row.ts'
import { organizationIdAt, removeStoreFile } from './store-file.ts'

export interface EditedSubject {
  /** What has the role set, for names: organizations, places. */
  readonly noun: string
  /** The measured numbers. */
  readonly sizes: readonly number[]
  /** Creates a file with that many of them. */
  readonly makeFile: (size: number, file: string) => Promise<void>
  /** The members that a replaced role has are in this scope of their organizations. Default: in the organizations as a whole. */
  readonly scope?: string
}

const smallest = 1_000
const holders = 20

interface Edited extends EditedSidecar {
  readonly scope: string | undefined
}

interface Kind {
  readonly name: string
  readonly repetitions: number
  readonly before?: (edited: Edited) => Promise<unknown>
  readonly edit: (edited: Edited, repetition: number) => Promise<unknown>
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

export async function measureEdits(
  { rounds, signal, log, folder }: RunOptions,
  subject: EditedSubject,
): Promise<RowResult> {
  const { noun, sizes } = subject
  const open = { folder, signal, subject }
  const small = await openFilled(smallest, open)
  const comparisons: Comparison[] = []
  for (const size of sizes) {
    const large = await openFilled(size, open)
    for (const kind of kinds) comparisons.push(await compareAt(size, { kind, small, large, rounds, noun }))
    await large.close()
    await removeStoreFile(join(folder, `${size}.db`))
    log(`${size} ${noun} done`)
  }
  await small.close()
  return { comparisons, series: kinds.map((kind, index) => seriesOf(kind, { index, subject, comparisons })) }
}

interface Opening extends Pick<RunOptions, 'folder' | 'signal'> {
  readonly subject: EditedSubject
}

async function openFilled(size: number, { folder, signal, subject }: Opening): Promise<Edited> {
  const { makeFile, scope } = subject
  const file = join(folder, `${size}.db`)
  await makeFile(size, file)
  const edited = { ...(await openEditedSidecar({ file, signal })), scope }
  for (let holder = 0; holder < holders; holder += 1) {
    const member = { ...holderAt(holder), role: 'org:member' }
    await edited.client.admin.createMembership(member)
    if (scope !== undefined) await edited.client.admin.createMembership({ ...member, scope })
  }
  return edited
}

interface Sides {
  readonly kind: Kind
  readonly small: Edited
  readonly large: Edited
  readonly rounds: number
  readonly noun: string
}

function compareAt(size: number, { kind, small, large, rounds, noun }: Sides): Promise<Comparison> {
  return compare({
    name: `${kind.name}, ${size} ${noun} on the set`,
    against: `itself with ${smallest}`,
    unit: 'ms',
    better: 'lower',
    goal: { atMost: 1.3 },
    rounds,
    ours: () => medianMs(large, kind),
    theirs: () => medianMs(small, kind),
  })
}

function medianMs(edited: Edited, { repetitions, before, edit }: Kind): Promise<number> {
  return medianDurationMs(
    repetitions,
    (repetition) => edit(edited, repetition),
    async () => before?.(edited),
  )
}

async function giveSpareRole({ client: { admin }, scope }: Edited): Promise<void> {
  await admin.addRoles({ roleSet: editedRoleSet, roles: [spareRole] })
  const place = scope === undefined ? {} : { scope }
  const members = Array.from({ length: holders }, (_, holder) => ({ ...holderAt(holder), ...place }))
  await Promise.all(members.map((member) => admin.updateMembership({ ...member, role: spareRole })))
}

function holderAt(holder: number): { readonly organizationId: string; readonly userId: string } {
  return { organizationId: organizationIdAt(holder), userId: 'user_holder' }
}

interface Measured {
  readonly index: number
  readonly subject: EditedSubject
  readonly comparisons: readonly Comparison[]
}

/** The comparisons of one kind of edit, which have a fixed distance in the list. */
function seriesOf({ name }: Kind, { index, subject: { noun, sizes }, comparisons }: Measured): Series {
  const own = sizes.map((size, at) => ({ size, comparison: comparisons[at * kinds.length + index] }))
  const points = own.flatMap(({ size, comparison }) => (comparison ? [{ x: size, y: comparison.ours.median }] : []))
  const atSmallest = { x: smallest, y: own[0]?.comparison?.theirs.median ?? Number.NaN }
  return { name, x: `${noun} on the set`, y: 'ms', points: [atSmallest, ...points] }
}
