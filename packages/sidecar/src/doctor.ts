/**
 * Examines the file of a store: the engine's own check, the seals of the history, every invariant, and whether each thing is
 * as the history says. It reads the file directly, so it works beside a sidecar, without one, and on a copy.
 */

import { streamBroken } from './domain/invariants.ts'
import type { Finding, Inspection } from './storage/inspection.ts'
import { openInspection } from './storage/open.ts'
import { StoreError } from './storage/store.ts'

export interface ExaminationOptions {
  /** Unix milliseconds: tells pending invitations from expired ones. */
  readonly now: number
  /** Told what is looked at next. */
  readonly tell?: (what: string) => void
  readonly signal?: AbortSignal
}

export interface Examination extends AsyncDisposable {
  readonly file: string
  /** Of the last change set, and its seal: who notes both elsewhere can tell later whether the history is the same. */
  readonly head: number
  readonly seal: string
  /** @throws StoreError when it can't be read on, or when somebody has begun to write into the file meanwhile */
  findings(): AsyncIterable<Finding>
}

/**
 * @param url `sqlite:<path>`
 * @throws StoreError when there is nothing that can be read
 */
export async function openExamination(url: string, options: ExaminationOptions): Promise<Examination> {
  const inspection = await openInspection(url)
  const { file, head, seal } = inspection
  const close = () => inspection[Symbol.asyncDispose]()
  return { file, head, seal, findings: () => examine(inspection, options), [Symbol.asyncDispose]: close }
}

async function* examine(inspection: Inspection, options: ExaminationOptions): AsyncGenerator<Finding> {
  const { now, signal, tell = () => undefined } = options
  const parts: readonly (readonly [string, () => AsyncIterable<Finding>])[] = [
    ['checking the file', () => inspection.integrity()],
    ['verifying the history', () => inspection.history()],
    ['comparing things with the history', () => inspection.things()],
    ['checking the invariants', () => breaches(inspection, now)],
  ]
  for (const [what, look] of parts) {
    tell(what)
    try {
      for await (const finding of look()) {
        signal?.throwIfAborted()
        yield finding
      }
    } catch (error) {
      // The other parts may still be readable.
      if (!(error instanceof StoreError && error.code === 'corrupt')) throw error
      yield { what: 'file', problem: `damaged, found while ${what}` }
    }
  }
  if (!(await inspection.isUndisturbed())) throw disturbed(inspection.file)
}

/** A breach begins with the name of the invariant. Holes in the history are told by the history itself. */
async function* breaches(inspection: Inspection, now: number): AsyncGenerator<Finding> {
  const catalogue = await inspection.catalogue()
  const [organizations, memberships] = [inspection.organizations(), inspection.memberships()]
  const [invitations, changeSets] = [inspection.invitations(), inspection.provenances()]
  for await (const breach of streamBroken({ catalogue, organizations, memberships, invitations, changeSets, now })) {
    const [what = '', ...problem] = breach.split(': ')
    if (what !== 'I7') yield { what, problem: problem.join(': ').replace(/\.$/, '') }
  }
}

function disturbed(file: string): StoreError {
  return new StoreError(
    'in_use',
    `A sidecar has begun to use ${file} meanwhile, so what was found is doubtful. Run it again.`,
  )
}
