/** The version of Clerk's API that a request is written for, from a header or the query. Default: the newest. */

import { quoted } from '@rolesets/core'
import { failure } from './envelope.ts'

const apiVersions = ['2021-02-05', '2024-10-01', '2025-03-12', '2025-04-10', '2025-11-10', '2026-05-12'] as const

/** Dates: they can be compared as text. */
export type ApiVersion = (typeof apiVersions)[number]

const newest: ApiVersion = '2026-05-12'

/** @throws ClerkFailure `api_version_invalid`, also when both places give one */
export function parseApiVersion(header: string | undefined, query: string | readonly string[] | undefined): ApiVersion {
  if (header === undefined && query === undefined) return newest
  const known = `Use one of ${apiVersions.join(', ')}.`
  if (header !== undefined && query !== undefined)
    throw failure('api_version_invalid', `Clerk-API-Version and __clerk_api_version are both given. Give one. ${known}`)
  const given = header ?? query
  const version = apiVersions.find((each) => each === given)
  if (version !== undefined) return version
  throw failure('api_version_invalid', `The API version ${quoted(String(given))} is not supported. ${known}`)
}
