/**
 * Examines the file of a store: the engine's own check, the seals of the history, every invariant, and whether each thing is
 * as the history says. It reads the file directly, so it works beside a sidecar, without one, and on a copy.
 */

import { streamBroken } from './domain/invariants.ts'
import type { Contents, Finding, Inspection, Unverified } from './storage/inspection.ts'
import { openInspection } from './storage/open.ts'
import { StoreError, type StoreErrorCode } from './storage/store.ts'

export type { Contents, Finding, Unverified }

export interface ExaminationOptions {
  /** Unix milliseconds: an invitation is pending or expired at this time, and a membership is over or not. */
  readonly now: number
  /** Called with what is being done. */
  readonly report: (what: string) => void
  readonly signal: AbortSignal
  /** The examination ends after so many findings. */
  readonly findingsMax: number
}

export interface Examined {
  readonly file: string
  /** The revision of the last change set, and its seal. Noted elsewhere, they show later whether the history is the same. */
  readonly head: number
  readonly seal: string
  /** Empty: no fault was found. */
  readonly findings: readonly Finding[]
  /** Rows that couldn't be compared with anything; none: all were. */
  readonly unverified: readonly Unverified[]
  /** Undefined where there are findings. */
  readonly contents: Contents | undefined
}

/** With these the examination can be tried again. */
const hindrances: readonly string[] = [
  'in_use',
  'disk_full',
  'closed',
  'overloaded',
] satisfies readonly StoreErrorCode[]

/** The file can't be examined. The message says why, and what to do. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile'
  readonly code: string

  constructor({ code, message }: { readonly code: string; readonly message: string }, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * @param url `sqlite:<path>`
 * @throws UnreadableFile
 */
export async function examine(url: string, options: ExaminationOptions): Promise<Examined> {
  try {
    const inspection = await openInspection(url)
    try {
      const { file, head, seal } = inspection
      if (await inspection.isCopy()) throw copyOfReplica(file)
      const findings = await collect(inspection, options)
      const contents = findings.length === 0 ? await inspection.contents() : undefined
      if (!(await inspection.isUndisturbed())) throw disturbed(file)
      return { file, head, seal, findings, unverified: [...inspection.unverified], contents }
    } finally {
      await inspection[Symbol.asyncDispose]()
    }
  } catch (error) {
    throw error instanceof StoreError ? new UnreadableFile(error, { cause: error }) : error
  }
}

async function collect(inspection: Inspection, options: ExaminationOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for await (const finding of look(inspection, options)) {
    findings.push(finding)
    if (findings.length >= options.findingsMax) break
  }
  return findings
}

async function* look(inspection: Inspection, { now, report, signal }: ExaminationOptions): AsyncGenerator<Finding> {
  const parts: readonly (readonly [string, () => AsyncIterable<Finding>])[] = [
    ['checking the file', () => inspection.integrity()],
    ['verifying the history', () => inspection.history()],
    ['comparing things with the history', () => inspection.things()],
    ['checking the invariants', () => breaches(inspection, now)],
  ]
  for (const [what, findings] of parts) {
    signal.throwIfAborted()
    report(what)
    try {
      yield* findings()
    } catch (error) {
      // The other parts may still be readable. A file that was edited can make any check fail, and it ends none of them.
      if (signal.aborted || (error instanceof StoreError && hindrances.includes(error.code))) throw error
      const isDamaged = error instanceof StoreError && error.code === 'corrupt'
      yield { what: 'file', problem: isDamaged ? `damaged, found while ${what}` : `unreadable, found while ${what}` }
    }
  }
}

/** A breach begins with the name of the invariant. The history itself reports gaps between revisions (I7). */
async function* breaches(inspection: Inspection, clock: number): AsyncGenerator<Finding> {
  // Time never runs back behind a write: what was over for it is over here.
  const now = Math.max(clock, await inspection.committedAt())
  const catalogue = await inspection.catalogue()
  const [organizations, memberships] = [inspection.organizations(), inspection.memberships()]
  const [invitations, changeSets] = [inspection.invitations(), inspection.provenances()]
  const things = { catalogue, organizations, assignments: inspection.assignments(), memberships }
  const state = { ...things, memberKeys: inspection.memberKeys(), invitations, changeSets, now }
  for await (const breach of streamBroken(state)) {
    const [what = '', ...problem] = breach.split(': ')
    if (what !== 'I7') yield { what, problem: problem.join(': ').replace(/\.$/, '') }
  }
}

function copyOfReplica(file: string): UnreadableFile {
  return new UnreadableFile({
    code: 'replica_file',
    message: `${file} is the copy that a replica keeps, without the members of any organization. There is nothing to examine: the replica fetches it again when it is in doubt. Examine the file of its authority.`,
  })
}

function disturbed(file: string): StoreError {
  return new StoreError(
    'in_use',
    `A sidecar started to use ${file} during the examination, so the findings may be wrong. Run doctor again.`,
  )
}
