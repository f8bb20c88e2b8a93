/** One write of an import: done, or refused by the rules with a reason that is reported and counted. Other failures end it. */

import { isRoleSetsError, type Metadata, type Written } from '@rolesets/client'
import { isRefused } from '../run/failure.ts'
import type { Kind, Tally } from './tally.ts'

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

/**
 * Counts a write of a thing as done, or reports why it was refused. A dry run is also refused because what it would do
 * before was not done; that counts as done.
 */
export function settle(
  { tally, dryRun }: { readonly tally: Tally; readonly dryRun: boolean },
  { kind, label, outcome }: { kind: Kind; label: string; outcome: 'created' | 'changed' },
  refused: Refused | undefined,
): void {
  const isAhead = dryRun && ['role_not_found', 'role_not_in_role_set'].includes(refused?.code ?? '')
  if (refused === undefined || isAhead) tally.count(kind, outcome)
  else tally.skip(kind, label, refused.message)
}

/** The metadata of a thing, which came as JSON. */
export function metadataOf(each: { public_metadata: object; private_metadata: object }) {
  return { publicMetadata: each.public_metadata as Metadata, privateMetadata: each.private_metadata as Metadata }
}

export function isRefusal(answer: object): answer is Refused {
  return 'message' in answer
}

/** The thing that was read, or undefined if it doesn't exist. */
export async function find<Thing>(read: () => Promise<Thing>): Promise<Thing | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isRoleSetsError(error) && absent.includes(error.code)) return undefined
    throw error
  }
}

const absent: readonly string[] = ['organization_not_found', 'membership_not_found']
