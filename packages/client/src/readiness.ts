/** Why a client is not ready, and what to do about it. */

import { RoleSetsError } from './errors.ts'
import type { FollowerState } from './feed/machine.ts'

/** How the feed stands. */
type Feed = Pick<FollowerState, 'isConnected' | 'lastError' | 'failures'>

interface Attempt {
  readonly timeoutMs: number
  /** There is a catalogue, however old. */
  readonly isLoaded: boolean
}

export function notReadyError(
  { isConnected, lastError, failures }: Feed,
  { timeoutMs, isLoaded }: Attempt,
): RoleSetsError {
  // Also while it is asked again: nothing has come since.
  const isWaiting = lastError?.code === 'not_ready' && failures > 0
  const detail = isWaiting ? 'waiting' : !isConnected ? 'unreachable' : isLoaded ? 'stale' : 'loading'
  const why = {
    // The sidecar says what it waits for.
    waiting: lastError?.message ?? '',
    unreachable: `there is no connection. ${lastError?.message ?? 'Start the sidecar, or correct the target.'}`,
    loading:
      'the sidecar answers, but has not sent everything yet. Allow more time with `timeoutMs`, or look at its log.',
    stale:
      "the cache is older than `maxStalenessMs` allows. The sidecar is behind its authority, or the network is slow: look at the sidecar's health.",
  }[detail]
  const message = `Not ready after ${timeoutMs} ms: ${why}`
  return new RoleSetsError('not_ready', message, { cause: lastError, detail })
}
