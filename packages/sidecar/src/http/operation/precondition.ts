/**
 * ETags of single things, and what a header says about a write before it is done: `If-Match`, a write that is rejected if
 * the thing has changed since; and headers that look like a dry run, which is asked for in the query only.
 */

import type { IncomingHttpHeaders } from 'node:http'
import { failure } from './envelope.ts'
import { isAboutDryRun } from './validation.ts'

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

/** A caller who sends such a header expects that nothing is written. @throws ClerkFailure */
export function refuseDryRunHeaders(headers: IncomingHttpHeaders): void {
  const name = Object.keys(headers).find(isAboutDryRun)
  const inPrefer = name === undefined && isAboutDryRun(String(headers['prefer'] ?? '')) ? 'Prefer' : undefined
  const found = name ?? inPrefer
  if (found === undefined) return
  const message = `The header ${found} asks for a dry run, which is asked for in the query: ?dry_run=true. Nothing was done.`
  throw failure('malformed_request_parameters', message, found)
}
