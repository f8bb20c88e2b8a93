/** ETags of single things, and `If-Match`: a write that is rejected if the thing has changed since. */

import { failure } from './envelope.ts'

/** @param revision of the answer, `<epoch>:<number>`; @param changedAt the number of the last write that changed the thing */
export function entityTag(revision: string, changedAt: number): string {
  return `"${revision.slice(0, revision.lastIndexOf(':'))}:${changedAt}"`
}

/** The expected revision. Undefined: not checked, because the header is missing or `*`. @throws ClerkFailure */
export function parseIfMatch(header: string | undefined): string | undefined {
  if (header === undefined || header.trim() === '*') return undefined
  const [, weak, tag] = /^\s*(W\/)?"([^"]*)"\s*$/.exec(header) ?? []
  if (tag === undefined) {
    const message = 'If-Match must be * or one ETag of an earlier answer, with its quotes.'
    throw failure('malformed_request_parameters', message, 'If-Match')
  }
  if (weak === undefined) return tag
  // RFC 9110, 13.1.1: If-Match compares strongly.
  const message = 'If-Match has a weak ETag (W/…), which never matches. Send the ETag as you received it.'
  throw failure('revision_conflict', message)
}
