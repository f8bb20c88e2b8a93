/** The explained answer in sentences. */

import { kindOfScope, type PlaceOrigin, type SealedChangeSet } from '@rolesets/core'
import type { Explained } from './explain.ts'

interface Asked {
  readonly organizationId: string
  /** Empty: the organization as a whole. */
  readonly scope: string
  readonly role: string
}

/** The answer, since when it is so, and for a scope also since when it has its role set, if that is another write. */
export function explanationOf(question: Asked, explained: Explained): string {
  const { allowed, because, placeBecause } = explained
  const text = question.scope === '' ? reasonText(question, explained) : reasonInScope(question, explained)
  const answer = `${allowed ? 'Yes' : 'No'}: ${text}, ${sinceText(because)}.`
  // The sentence about an unknown role doesn't name the role set.
  if (explained.reason === 'ROLE_UNKNOWN') return answer
  if (placeBecause === undefined || placeBecause.revision === because?.revision) return answer
  const has = explained.roleSet === undefined ? 'It has been without a role set' : 'It has had this role set'
  return `${answer} ${has} ${sinceText(placeBecause)}.`
}

function sinceText(because: SealedChangeSet | undefined): string {
  if (because === undefined) return 'in the whole stored history'
  const { committedAt, operation, actor, revision } = because
  return `since ${timeText(committedAt)}, by ${operation} of ${actor} (revision ${revision})`
}

function reasonText({ organizationId, role }: Asked, { reason, roleSet, isRegistered, wasDeleted }: Explained): string {
  if (wasDeleted) return `${organizationId} was deleted`
  const set = isRegistered
    ? `${roleSet?.key}, the role set of ${organizationId}`
    : `${roleSet?.key}, the initial role set, which holds for ${organizationId} because it isn't registered`
  if (reason === 'ROLE_IN_SET') return `${role} is in ${set}`
  if (reason === 'ROLE_NOT_IN_SET') return `${role} is not in ${set}`
  if (reason === 'ROLE_UNKNOWN') return `there is no role ${role}`
  return `${organizationId} is not known, and unknown organizations are denied`
}

function reasonInScope(question: Asked, explained: Explained): string {
  const { organizationId, scope, role } = question
  const { reason, roleSet, origin, isRegistered } = explained
  const kind = kindOfScope(scope)
  const place = `${scope} of ${organizationId}`
  if (reason === 'SCOPE_KIND_UNKNOWN') return `there is no kind of scopes ${kind}`
  if (reason === 'SCOPE_UNASSIGNED')
    return `${place} has no role set, because it has none of its own, ${scope} has no default, and the kind ${kind} gives none`
  if (roleSet === undefined || origin === undefined || reason === 'ROLE_UNKNOWN') return reasonText(question, explained)
  const why = {
    own: 'its own',
    default: `the default of ${scope}`,
    kind: `that of the kind ${kind}`,
    organization: isRegistered
      ? `that of the organization, which the kind ${kind} follows`
      : `the initial role set, because the kind ${kind} follows the organization, which isn't registered`,
  } satisfies Record<PlaceOrigin, string>
  return `${role} is ${reason === 'ROLE_IN_SET' ? '' : 'not '}in ${roleSet.key}, the role set of ${place} (${why[origin]})`
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
