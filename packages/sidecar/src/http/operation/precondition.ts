/** ETags of single things, and `If-Match`: a write for a thing that must not have changed. */

import { clerkError, ClerkFailure } from './envelope.ts'

/** @param revision of the answer, `<epoch>:<number>`; @param changedAt the number of the write that changed the thing last */
export function entityTag(revision: string, changedAt: number): string {
  return `"${revision.slice(0, revision.lastIndexOf(':'))}:${changedAt}"`
}

/** The expected revision; undefined: not checked, because there is no header or it says `*`. @throws ClerkFailure */
export function parseIfMatch(header: string | undefined): string | undefined {
  if (header === undefined || header.trim() === '*') return undefined
  const [, weak, tag] = /^\s*(W\/)?"([^"]*)"\s*$/.exec(header) ?? []
  if (tag === undefined)
    throw new ClerkFailure(
      clerkError(
        'malformed_request_parameters',
        'If-Match takes one ETag of an earlier answer, in its quotes, or *.',
        'If-Match',
      ),
    )
  if (weak === undefined) return tag
  // A weak tag never matches (RFC 9110): what only resembles the thing can't guard it.
  throw new ClerkFailure(clerkError('revision_conflict', 'A weak ETag matches nothing. Send the ETag as it was given.'))
}
