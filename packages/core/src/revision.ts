/**
 * Revisions as they are written outside of the store: `<epoch>:<number>`, for example `k3v9x2m1:42`.
 *
 * An epoch names a store and, after `_`, one of its timelines: `k3v9x2m1_7hq2`. A timeline is what one process has
 * written. When an older copy of a store is put back, what is written from then on has the numbers of revisions that were
 * lost, but another timeline. Only a store knows which timelines it has, and up to which number.
 */

export interface Revision {
  readonly epoch: string
  readonly number: number
}

const form = /^([A-Za-z0-9_-]{1,64}):(0|[1-9][0-9]{0,15})$/

export function formatRevision({ epoch, number }: Revision): string {
  return `${epoch}:${number}`
}

/** @returns undefined when the value isn't the text of a revision */
export function parseRevision(value: unknown): Revision | undefined {
  const [, epoch, digits] = (typeof value === 'string' && form.exec(value)) || []
  const number = Number(digits)
  return epoch !== undefined && Number.isSafeInteger(number) ? { epoch, number } : undefined
}

/** The name of the store that an epoch belongs to. */
export function storeNameOf(epoch: string): string {
  const [store = ''] = epoch.split('_')
  return store
}

/** The epoch of another timeline of the same store. */
export function epochOf(timeline: { readonly store: string; readonly name: string }): string {
  return `${timeline.store}_${timeline.name}`
}

/**
 * Whether a revision can be `earlier` or one that was made after it. On two timelines it can only if its number is larger;
 * whether it was, the store knows.
 */
export function mayFollow(later: Revision, earlier: Revision): boolean {
  if (later.epoch === earlier.epoch) return later.number >= earlier.number
  return storeNameOf(later.epoch) === storeNameOf(earlier.epoch) && later.number > earlier.number
}

/**
 * Which of two revisions is older: negative if `a` is, positive if `b` is, 0 if they are the same.
 * @returns undefined when they can't be compared: of two stores, of one number on two timelines, or malformed.
 */
export function compareRevisions(a: string, b: string): number | undefined {
  const [first, second] = [parseRevision(a), parseRevision(b)]
  if (first === undefined || second === undefined) return undefined
  if (!mayFollow(first, second) && !mayFollow(second, first)) return undefined
  return first.number - second.number
}
