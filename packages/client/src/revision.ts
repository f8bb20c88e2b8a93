/**
 * Revisions: `<epoch>:<number>`. Numbers grow within an epoch; revisions of two epochs can't be compared, because the
 * store was restored in between.
 */

export interface Revision {
  readonly epoch: string
  readonly number: number
}

const form = /^([A-Za-z0-9_-]{1,64}):(0|[1-9][0-9]{0,15})$/

/** @returns undefined when the text is no revision. */
export function parseRevision(text: string): Revision | undefined {
  const match = typeof text === 'string' ? form.exec(text) : null
  const number = Number(match?.[2])
  return match?.[1] !== undefined && Number.isSafeInteger(number) ? { epoch: match[1], number } : undefined
}

export function formatRevision({ epoch, number }: Revision): string {
  return `${epoch}:${number}`
}

/**
 * Which of two revisions is older: negative if `a` is, positive if `b` is, 0 if they are the same.
 * @returns undefined when they can't be compared: of two epochs, or not revisions.
 */
export function compareRevisions(a: string, b: string): number | undefined {
  const [first, second] = [parseRevision(a), parseRevision(b)]
  if (first === undefined || second === undefined || first.epoch !== second.epoch) return undefined
  return first.number - second.number
}
