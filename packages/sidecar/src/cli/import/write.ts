/** One write of an import: done, or refused by the rules with a reason that is reported and counted. Other failures end it. */

import { isRoleSetsError, type Administration, type AdminOptions, type Written } from '@rolesets/client'
import { isRefused } from '../run/failure.ts'
import type { Source } from './source.ts'
import type { Tally } from './tally.ts'

export interface ImportContext {
  readonly source: Source
  readonly admin: Administration
  readonly calls: AdminOptions
  readonly tally: Tally
  readonly dryRun: boolean
  /** Unix milliseconds, when the import began. */
  readonly nowMs: number
}

export interface Refused {
  readonly code: string
  readonly message: string
  /** Of the request; empty: none is named. */
  readonly field: string
}

/** @returns the answer, or why the rules refuse it; in a dry run, why they would */
export async function tryWrite<Answer extends Written>(ask: () => Promise<Answer>): Promise<Answer | Refused> {
  try {
    const answer = await ask()
    const [violation] = answer.impact.violations
    if (violation === undefined) return answer
    const { reason, message, field } = violation
    return { code: reason.toLowerCase(), message, field }
  } catch (error) {
    if (!isRoleSetsError(error) || !isRefused(error)) throw error
    return { code: error.code, message: error.message, field: error.fields[0]?.field ?? '' }
  }
}

export function isRefusal(answer: object): answer is Refused {
  return 'message' in answer
}

/** What is read, or undefined if it isn't there. */
export async function find<Thing>(read: () => Promise<Thing>): Promise<Thing | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isRoleSetsError(error) && absent.includes(error.code)) return undefined
    throw error
  }
}

const absent: readonly string[] = ['organization_not_found', 'membership_not_found']
