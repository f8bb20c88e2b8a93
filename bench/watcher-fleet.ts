/** A fleet of caches in a process of its own (programs/watcher-fleet.ts), and edits of which it tells when they were in force. */

import { parseRevision, type RoleSetsClient } from '@rolesets/client'
import { monotonicMs } from './monotonic.ts'
import { openLoad } from './open-load.ts'
import { startProgram, type Process } from './processes.ts'
import type { Latency } from './row.ts'

export interface FleetOptions {
  readonly target: string
  readonly caches: number
  /** What each cache is asked. */
  readonly organizationId: string
  readonly role: string
}

/** An edit, and what is to be answered from then on. */
interface Edit {
  /** Of its revision. */
  readonly number: number
  /** On the clock that the processes share. */
  readonly dueAtMs: number
  readonly allowed: boolean
}

export interface FleetQuestion {
  readonly edits: readonly Edit[]
  /** How long to wait for caches that are behind. */
  readonly patienceMs: number
}

export interface Enforcement {
  /** For each edit that was enforced in all caches: how long it took from the moment when it was due. */
  readonly everywhereMs: readonly number[]
  /** The same for every cache by itself. */
  readonly eachMs: readonly number[]
  /** Answers that were not what the edit of their revision says. */
  readonly wrong: number
  /** Caches that an edit had not reached when patience was over. */
  readonly missing: number
}

export interface Fleet {
  readonly process: Process
  /** Waits until the edits are in force everywhere. */
  report(edits: readonly Edit[]): Promise<Enforcement>
}

export async function startFleet(options: FleetOptions, signal: AbortSignal): Promise<Fleet> {
  const process = startProgram('watcher-fleet', [JSON.stringify(options)], signal)
  await process.nextLine()
  return {
    process,
    report: async (edits) => {
      process.send(JSON.stringify({ edits, patienceMs: 10_000 } satisfies FleetQuestion))
      return JSON.parse(await process.nextLine()) as Enforcement
    },
  }
}

export interface EditLoad {
  readonly ratePerSecond: number
  readonly durationMs: number
  readonly roleSet: string
  /** Held by nobody: it is added and taken away in turns. */
  readonly role: string
  readonly signal: AbortSignal
}

export interface EditLoadResult {
  readonly edits: readonly Edit[]
  /** From the moment when an edit was due to its answer, with those that failed. */
  readonly answeredMs: readonly number[]
  readonly answered: Latency
}

/** Edits one role set at a fixed rate. */
export async function editLoad(client: RoleSetsClient, load: EditLoad): Promise<EditLoadResult> {
  const { roleSet, role, ratePerSecond, durationMs, signal } = load
  const edits: Edit[] = []
  const answeredMs: number[] = []
  let startedAtMs: number | undefined
  const call = async (index: number) => {
    startedAtMs ??= monotonicMs()
    const allowed = index % 2 === 0
    const { admin } = client
    const { revision } = await (allowed
      ? admin.addRoles({ roleSet, roles: [role] })
      : admin.replaceRole({ roleSet, role }))
    const number = parseRevision(revision)?.number ?? Number.NaN
    const dueAtMs = startedAtMs + (index * 1000) / ratePerSecond
    edits.push({ number, dueAtMs, allowed })
    answeredMs.push(monotonicMs() - dueAtMs)
  }
  const answered = await openLoad({ name: 'edit answered', ratePerSecond, durationMs, waitingMax: 1000, signal, call })
  // An odd number of edits would leave the role in the set.
  if (edits.length % 2 === 1) await client.admin.replaceRole({ roleSet, role })
  return { edits, answered, answeredMs }
}
