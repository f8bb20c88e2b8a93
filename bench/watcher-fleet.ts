/** Many caches in a separate process (programs/watcher-fleet.ts), which reports when edits took effect in them. */

import { parseRevision, type RoleSetsClient } from '@rolesets/client'
import { monotonicMs } from './monotonic.ts'
import { openLoad } from './open-load.ts'
import { startProgram, type Process } from './processes.ts'
import type { Latency } from './row.ts'

export interface FleetOptions {
  readonly target: string
  readonly caches: number
  /** The question for each cache. */
  readonly organizationId: string
  readonly role: string
}

/** An edit, and the expected answer after it. */
interface Edit {
  /** The number of its revision. */
  readonly number: number
  /** By the clock that all processes share. */
  readonly dueAtMs: number
  readonly allowed: boolean
}

export interface FleetQuestion {
  readonly edits: readonly Edit[]
  /** How long to wait for the last caches. */
  readonly patienceMs: number
}

export interface Enforcement {
  /** For each edit that reached all caches: the time from the moment when it was due. */
  readonly everywhereMs: readonly number[]
  /** The same for each cache separately. */
  readonly eachMs: readonly number[]
  /** Answers that contradict the edit of their revision. */
  readonly wrong: number
  /** Caches that an edit had not reached in time. */
  readonly missing: number
}

export interface Fleet {
  readonly process: Process
  /** Waits until the edits have reached all caches. */
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
  /** A role that no member has. It is added and removed in turns. */
  readonly role: string
  readonly signal: AbortSignal
}

export interface EditLoadResult {
  readonly edits: readonly Edit[]
  /** The time from the moment when an edit was due to its answer; also counts failed edits. */
  readonly answeredMs: readonly number[]
  readonly answered: Latency
}

/** Edits a role set at a fixed rate. */
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
  // With an odd number of edits the role would stay in the set.
  if (edits.length % 2 === 1) await client.admin.replaceRole({ roleSet, role })
  return { edits, answered, answeredMs }
}
