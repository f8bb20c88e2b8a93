/** How revisions are written outside: `<epoch>:<number>`, for example `k3v9x2m1:42`. */

import { Refusal } from './refusal.ts'
import { quoted } from './wording.ts'

export interface Revision {
  readonly epoch: string
  readonly number: number
}

export function formatRevision(epoch: string, number: number): string {
  return `${epoch}:${number}`
}

/** @param field of the request, in which the text stood */
export function parseRevision(text: unknown, field = 'revision'): Revision {
  const [, epoch, digits] =
    (typeof text === 'string' && /^([A-Za-z0-9_-]{1,64}):(0|[1-9][0-9]{0,15})$/.exec(text)) || []
  const number = Number(digits)
  if (epoch !== undefined && Number.isSafeInteger(number)) return { epoch, number }
  const shown = typeof text === 'string' ? quoted(text) : `of type ${typeof text}`
  const message = `${field} is ${shown}. Write it as <epoch>:<number>, as an earlier answer gave it.`
  throw new Refusal('invalid_revision', message, { field })
}
