/** The questions for caches in the same process. Every compared program gets the same questions in the same order. */

import { plans, roles, type CachedOrganizations } from './cached-organizations.ts'

export interface Asked {
  readonly organizationId: string
  readonly role: string
}

const streamLength = 1 << 17

/**
 * Organizations and roles in random order, so that no cache or branch prediction helps. With `hot`, only that many
 * organizations.
 */
export function askedOf({ planOf }: CachedOrganizations, hot = planOf.size): readonly Asked[] {
  const ids = [...planOf.keys()]
  return Array.from({ length: streamLength }, (_, index) => {
    const random = mixed(index)
    return { organizationId: ids[random % hot] ?? '', role: roles[mixed(random) % roles.length] ?? '' }
  })
}

/** How many of them must be allowed. A program with another number gave wrong answers. */
export function allowedOf({ planOf }: CachedOrganizations, asked: readonly Asked[]): number {
  return asked.filter(({ organizationId, role }) => plans.get(planOf.get(organizationId) ?? '')?.includes(role)).length
}

/** Runs passes over all questions, and returns the nanoseconds of one answer. */
export async function passesNs(
  pass: () => number | Promise<number>,
  { passes, asked, allowed }: Passes,
): Promise<number> {
  let tookMs = 0
  for (let each = 0; each < passes; each += 1) {
    const startedAtMs = performance.now()
    const counted = await pass()
    tookMs += performance.now() - startedAtMs
    if (counted !== allowed) throw new Error(`${counted} questions were allowed, but it should be ${allowed}.`)
    // Lets the process handle messages between the passes, such as the sidecar's heartbeats.
    await new Promise(setImmediate)
  }
  return (tookMs * 1e6) / (passes * asked.length)
}

export interface Passes {
  readonly passes: number
  readonly asked: readonly Asked[]
  /** For one pass. */
  readonly allowed: number
}

/** A pseudo-random number, the same in every run (Mulberry32). */
function mixed(seed: number): number {
  let mix = (seed + 0x6d2b79f5) | 0
  mix = Math.imul(mix ^ (mix >>> 15), mix | 1)
  mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61)
  return (mix ^ (mix >>> 14)) >>> 0
}
