/**
 * Many caches in one process, each a separate client with its own connection, as in as many applications. It notes when
 * each cache first answers at each revision.
 *
 * A client reads its clock after each message of the feed. So the clock that is passed to it shows when to ask it for
 * an answer: no polling is needed, and asking costs one cached check.
 */

import { createInterface } from 'node:readline'
import { createRoleSetsClient, parseRevision, type Clock, type RoleSetsClient } from '@rolesets/client'
import { monotonicMs } from '../monotonic.ts'
import type { Enforcement, FleetOptions, FleetQuestion } from '../watcher-fleet.ts'

interface Sight {
  readonly number: number
  readonly allowed: boolean
  readonly atMs: number
}

class Cache {
  readonly client: RoleSetsClient
  readonly #question: readonly [string, string]
  #sights: Sight[] = []
  #lastRevision = ''

  constructor({ target, organizationId, role }: FleetOptions) {
    this.#question = [organizationId, role]
    this.client = createRoleSetsClient({
      target,
      clock: this.#clock(),
      maxStalenessMs: 60_000,
      organizationsMax: 1_000,
    })
  }

  async start(): Promise<void> {
    await this.client.ready({ timeoutMs: 60_000 })
    await this.client.check(...this.#question, { deadlineMs: 10_000 })
    this.look()
  }

  get reached(): number {
    return this.#sights.at(-1)?.number ?? 0
  }

  look(): void {
    const decision = this.client.checkCached(...this.#question)
    if (decision === undefined || decision.revision === this.#lastRevision) return
    this.#lastRevision = decision.revision
    const { number = 0 } = parseRevision(decision.revision) ?? {}
    this.#sights.push({ number, allowed: decision.allowed, atMs: monotonicMs() })
  }

  /** When the write of this revision took effect here: with its own message, or with a later one at the same moment. */
  sightOf(number: number): Sight | undefined {
    return this.#sights.find((sight) => sight.number >= number)
  }

  forget(): void {
    this.#sights = this.#sights.slice(-1)
  }

  #clock(): Clock {
    return {
      nowMs: () => performance.now(),
      setTimer: (delayMs, callback) => {
        // The client may not be constructed yet.
        if (this.#lastRevision !== '') this.look()
        const timer = setTimeout(callback, delayMs)
        return () => clearTimeout(timer)
      },
    }
  }
}

const options = JSON.parse(process.argv[2] ?? '') as FleetOptions
const caches = Array.from({ length: options.caches }, () => new Cache(options))
// At most as many at a time as the queue of a listener allows.
for (let first = 0; first < caches.length; first += 50) {
  await Promise.all(caches.slice(first, first + 50).map((cache) => cache.start()))
}
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  const enforcement = await report(JSON.parse(line) as FleetQuestion)
  process.stdout.write(`${JSON.stringify(enforcement)}\n`)
}
await Promise.all(caches.map(({ client }) => client.close()))

async function report({ edits, patienceMs }: FleetQuestion): Promise<Enforcement> {
  const last = Math.max(...edits.map(({ number }) => number))
  const giveUpAtMs = monotonicMs() + patienceMs
  while (caches.some(({ reached }) => reached < last) && monotonicMs() < giveUpAtMs) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const everywhereMs: number[] = []
  const eachMs: number[] = []
  let wrong = 0
  let missing = 0
  for (const { number, dueAtMs, allowed } of edits) {
    const sights = caches.flatMap((cache) => cache.sightOf(number) ?? [])
    const delaysMs = sights.map(({ atMs }) => atMs - dueAtMs)
    wrong += sights.filter((sight) => sight.number === number && sight.allowed !== allowed).length
    missing += caches.length - sights.length
    eachMs.push(...delaysMs)
    if (sights.length === caches.length) everywhereMs.push(Math.max(...delaysMs))
  }
  for (const cache of caches) cache.forget()
  return { everywhereMs, eachMs, wrong, missing }
}
