/** Which version of Clerk's API a request speaks: a header says it, or the query. The newest is meant when nothing does. */

import { clerkError, ClerkFailure } from './envelope.ts'

const apiVersions = ['2021-02-05', '2024-10-01', '2025-03-12', '2025-04-10', '2025-11-10', '2026-05-12'] as const

/** Dates: the later one is the greater text. */
export type ApiVersion = (typeof apiVersions)[number]

const newest: ApiVersion = '2026-05-12'

/** @throws ClerkFailure `api_version_invalid`, also when both places say something */
export function parseApiVersion(header: string | undefined, query: string | readonly string[] | undefined): ApiVersion {
  if (header === undefined && query === undefined) return newest
  const given = header === undefined ? query : query === undefined ? header : undefined
  const version = apiVersions.find((each) => each === given)
  if (version !== undefined) return version
  throw new ClerkFailure(
    clerkError(
      'api_version_invalid',
      `Give one of ${apiVersions.join(', ')}, in the header Clerk-API-Version or in the query as __clerk_api_version, and not in both.`,
    ),
  )
}
