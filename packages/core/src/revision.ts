/**
 * Revisions as they are written outside of the store: `<epoch>:<number>`, for example `k3v9x2m1:42`. Numbers grow
 * within an epoch. Revisions of two epochs can't be compared: they come from two stores, or the store was created anew.
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

/**
 * Which of two revisions is older: negative if `a` is, positive if `b` is, 0 if they are the same.
 * @returns undefined when they can't be compared: of two epochs, or malformed.
 */
export function compareRevisions(a: string, b: string): number | undefined {
  const [first, second] = [parseRevision(a), parseRevision(b)]
  if (first === undefined || second === undefined || first.epoch !== second.epoch) return undefined
  return first.number - second.number
}
