/**
 * The version of Clerk's API that a request is written for, from a header or the query. A request that names none has the
 * version of the settings. One that names a newer version than those below is answered as the newest of them.
 */

import { apiVersions, isDay, newestApiVersion, quoted, type ApiVersion } from '@rolesets/core'
import { failure } from './envelope.ts'

/** Which version answers, and a warning if it isn't the one that was asked for. */
export interface Versioned {
  readonly version: ApiVersion
  readonly warning?: string
}

/** @throws ClerkFailure `api_version_invalid`, also when both places give one */
export function parseApiVersion(
  header: string | undefined,
  query: string | readonly string[] | undefined,
  fallback: ApiVersion,
): Versioned {
  const known = `Use one of ${apiVersions.join(', ')}.`
  if (header !== undefined && query !== undefined)
    throw failure('api_version_invalid', `Clerk-API-Version and __clerk_api_version are both given. Give one. ${known}`)
  const given = header ?? query
  if (given === undefined) return { version: fallback }
  const version = apiVersions.find((each) => each === given)
  if (version !== undefined) return { version }
  if (typeof given === 'string' && isDay(given) && given > newestApiVersion) {
    const warning = `The API version ${given} is newer than this sidecar, which answers as ${newestApiVersion}.`
    return { version: newestApiVersion, warning }
  }
  throw failure('api_version_invalid', `The API version ${quoted(String(given))} is not supported. ${known}`)
}
