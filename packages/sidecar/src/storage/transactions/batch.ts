/**
 * One transaction that several works share (group commit). Each work is decided in its turn and sees what the ones before
 * it recorded; a work that throws, or that is a dry run, leaves nothing behind; one commit makes all of them durable.
 */

import { applyToCatalogue, type Catalogue } from '../../domain/catalogue.ts'
import type { Change, ChangeSet } from '../../domain/change.ts'
import type { At, Foreseen, Provenance, Writer } from '../store.ts'
import { BatchRows } from './batch-rows.ts'
import type { Connection } from '../sqlite/connection.ts'
import { writeChangeSets } from '../sqlite/rows/history.ts'
import { createValidity, whileValid, type Validity } from './lease.ts'

/** What was committed last, as it is in memory. */
export interface State {
  readonly head: number
  readonly catalogue: Catalogue
  /** Of the last change set that is in the file: those of a batch are sealed when they are written. */
  readonly seal: string
}

export type Outcome<T> =
  { readonly kind: 'returned'; readonly at: At<T> } | { readonly kind: 'threw'; readonly error: unknown }

export class Batch {
  readonly #connection: Connection
  readonly #rows: BatchRows
  readonly #changeSets: ChangeSet[] = []
  #state: State

  private constructor(connection: Connection, state: State) {
    this.#connection = connection
    this.#rows = new BatchRows(connection)
    this.#state = state
  }

  /** @param state that the file is in */
  static async begin(connection: Connection, state: State): Promise<Batch> {
    await connection.run('BEGIN IMMEDIATE')
    return new Batch(connection, state)
  }

  /** With what the works have recorded. It becomes true with the commit. */
  get state(): State {
    return this.#state
  }

  get changeSets(): readonly ChangeSet[] {
    return this.#changeSets
  }

  /** Reads what the works are about to ask for. */
  async foresee(foreseen: readonly Foreseen[]): Promise<void> {
    if (foreseen.length > 0) await this.#rows.foresee(foreseen)
  }

  /**
   * @returns what the work returned or threw
   * @throws StoreError when the transaction itself has failed
   */
  async perform<T>(provenance: Provenance, work: (writer: Writer) => Promise<T>): Promise<Outcome<T>> {
    const { head, catalogue } = this.#state
    const validity = createValidity()
    const recording = createRecording(this.#rows, { provenance, revision: head + 1, catalogue })
    const writer = writerOf(recording, whileValid(this.#rows, validity), validity)
    this.#rows.beginWork()
    const outcome = await outcomeOf(work, writer)
    validity.end()
    const isKept = outcome.kind === 'returned' && provenance.dryRun !== true && recording.changes.length > 0
    if (isKept) {
      await this.#rows.keepWork()
      this.#keep(recording, provenance)
    } else {
      await this.#rows.discardWork()
    }
    if (outcome.kind === 'threw') return outcome
    return { kind: 'returned', at: { revision: this.#state.head, value: outcome.value } }
  }

  /** A step of maintenance in the same transaction. It may not touch what works touch. */
  async maintain<T>(step: (connection: Connection) => Promise<T>): Promise<T> {
    return step(this.#connection)
  }

  /** Writes what isn't written yet. The rest of the way to the disk is `commit`. */
  async flush(): Promise<void> {
    await this.#rows.writeAll()
    if (this.#changeSets.length === 0) return
    const seal = await writeChangeSets(this.#connection, this.#changeSets, this.#state.seal)
    this.#state = { ...this.#state, seal }
  }

  async commit(): Promise<void> {
    await this.#connection.run('COMMIT')
  }

  /** Some failures have rolled the transaction back already; then there is nothing to roll back, which is no failure. */
  async rollback(): Promise<void> {
    await this.#connection.run('ROLLBACK').catch(() => undefined)
  }

  #keep({ changes, catalogue }: Recording, { at, actor, operation }: Provenance): void {
    const revision = this.#state.head + 1
    this.#changeSets.push({ revision, committedAt: at, actor, operation, changes })
    this.#state = { ...this.#state, head: revision, catalogue }
  }
}

/** What one work has recorded so far. */
interface Recording {
  readonly revision: number
  readonly changes: readonly Change[]
  readonly catalogue: Catalogue
  readonly record: (changes: readonly Change[]) => Promise<void>
}

function createRecording(
  rows: BatchRows,
  start: { readonly provenance: Provenance; readonly revision: number; readonly catalogue: Catalogue },
): Recording {
  const { revision, provenance } = start
  const recorded: Change[] = []
  let catalogue = start.catalogue
  return {
    revision,
    changes: recorded,
    get catalogue() {
      return catalogue
    },
    async record(changes) {
      for (const change of changes) recorded.push(change)
      catalogue = applyToCatalogue(catalogue, changes)
      await rows.record(changes.map((change) => ({ change, revision, at: provenance.at })))
    },
  }
}

function writerOf(recording: Recording, rows: ReturnType<typeof whileValid>, { check }: Validity): Writer {
  return {
    ...rows,
    revision: recording.revision - 1,
    nextRevision: recording.revision,
    catalogue: async () => (check(), recording.catalogue),
    record: async (changes) => (check(), recording.record(changes)),
  }
}

async function outcomeOf<T>(work: (writer: Writer) => Promise<T>, writer: Writer) {
  try {
    return { kind: 'returned', value: await work(writer) } as const
  } catch (error) {
    return { kind: 'threw', error } as const
  }
}
