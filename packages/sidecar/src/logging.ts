/**
 * The log: JSON lines on stderr, one function for each event worth knowing, so that its name and fields stand in one
 * place. Keys never come here; what quotes a caller or the operating system is cleaned on the way out.
 */

import { pino, type Logger } from 'pino'
import type { Redaction } from './redaction.ts'

/** One function for each event. */
export type Log = ReturnType<typeof createLog>

export interface LogOptions {
  readonly level: string
  readonly redaction: Redaction
  /** Takes whole lines. Undefined: stderr, written at once, so that a crash loses nothing. */
  readonly write?: (line: string) => void
  /** Milliseconds that only run forward. */
  readonly now?: () => number
}

const storeEvents: Readonly<Record<string, string>> = {
  rolled_back: 'A transaction was rolled back; its writes are run again one by one.',
  writes_stopped:
    'Every write is refused from now on; the error says why. Run rolesets doctor on the file, then restart the sidecar. Restore a backup only if doctor finds damage.',
  writes_resumed: 'The file was examined again and is sound: the error has passed, and writes are accepted again.',
  files_narrowed: 'Other users could open these files. Their mode is 0600 now.',
  file_examined_in_part:
    'The file is too large to be examined whole at a start: only its small tables and its last change sets were. Run rolesets doctor on it from time to time.',
  restore_finished:
    'A restore was cut off before its file was in place. It is in place now; the database before it is where replaced says.',
  listener_failed: 'A part of the sidecar failed to follow a change.',
  file_system_doubtful:
    'The store is on a file system in user space; whether its locks hold depends on the program behind it.',
}

const levels: Readonly<Record<string, 'error' | 'info'>> = { writes_stopped: 'error', file_examined_in_part: 'info' }

const replicaEvents = {
  connected: ['info', 'The feed of the authority is up.'],
  disconnected: ['warn', 'The feed of the authority broke off. It is tried again for ever.'],
  started_over: ['warn', "The replica's copy can't go on: it is replaced by a snapshot of the authority."],
  snapshot: ['info', "The authority's snapshot is in place."],
  caught_up: ['info', 'The replica is up to date with its authority.'],
  settings_differ: [
    'error',
    'The authority treats unknown organizations in another way. No decision is made until both have the same ROLESETS_UNKNOWN_ORGANIZATIONS.',
  ],
} as const

interface ReplicaReport {
  readonly kind: keyof typeof replicaEvents
  readonly target: string
  readonly [fact: string]: unknown
}

interface StoreReport {
  readonly kind: string
  readonly error?: unknown
  readonly folder?: string
  readonly files?: readonly string[]
}

const refusalsEveryMs = 1000

export function createLog({ level, redaction, write = stderr(), now = () => performance.now() }: LogOptions) {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  const logger = pino(options, { write: (line: string) => write(redaction.clean(line)) })
  const everySecond = limited(now)
  return {
    keyGenerated: (path: string) =>
      logger.info({ path }, 'No secret key was given, so one was generated. It is in the file that path names.'),
    keyGeneratedInMemory: () =>
      logger.warn(
        "No secret key was given, and a store in memory can't keep a generated one: all writes are rejected. Set ROLESETS_SECRET_KEY.",
      ),
    keyFileExposed: (path: string, isHidden: boolean) =>
      logger.warn(
        { path },
        isHidden
          ? 'Other users could read the file of the secret key. Set its mode to 0600 when you copy it; the sidecar has done so now. If others use this machine, make a new key.'
          : 'Other users can read the file of the secret key. Set its mode to 0600.',
      ),
    replicaDiscarded: (error: unknown) =>
      logger.warn(
        factsOf(error),
        "The replica's copy can't be used, so it was removed. It is fetched again from the authority.",
      ),
    replicaEvent: ({ kind, ...facts }: ReplicaReport) => logger[replicaEvents[kind][0]](facts, replicaEvents[kind][1]),
    listening: (facts: {
      grpc: readonly string[]
      http: string | null
      probe?: string | undefined
      epoch: string
      head: number
      read_only?: true
    }) => logger.info(facts, 'The sidecar is ready.'),
    /** It listens, and answers nothing yet. @param isHeldUp something is wrong; otherwise it is a part of every start */
    waiting: (why: string, facts: object, isHeldUp: boolean) =>
      logger[isHeldUp ? 'warn' : 'info']({ event: 'waiting', ...facts }, why),
    /** A call was rejected: no valid key. Logged at most once a second, with how many were left out. */
    accessRefused: (facts: { method: string; code: string }) =>
      everySecond((leftOut) => logger.warn({ ...facts, left_out: leftOut }, 'A call was rejected: no valid key.')),
    committed: (facts: { revision: number; operation: string; actor: string; changes: number }) =>
      logger.debug(facts, 'A write was committed.'),
    /** What the store reports besides its commits; the operator should look into all of it. */
    storeEvent: ({ kind, error, ...facts }: StoreReport) =>
      logger[levels[kind] ?? 'warn'](
        { event: kind, ...facts, ...(error === undefined ? {} : { err: error }) },
        storeEvents[kind] ?? kind,
      ),
    backupSent: (facts: { actor: string; revision: string; bytes: number }) =>
      logger.info(facts, 'A backup of the whole store was sent.'),
    callFailed: ({ method, error }: { method: string; error: unknown }) =>
      logger.error({ method, err: error }, 'A call failed with an unexpected error.'),
    certificatesReloaded: () => logger.info('The TLS files have changed and are in use.'),
    certificatesInvalid: (error: unknown) =>
      logger.error({ err: error }, "The TLS files have changed and can't be used; the previous ones stay in use."),
    ...manifestEvents(logger),
    compactionFailed: (error: unknown) =>
      logger.error({ err: error }, 'The history could not be compacted; it is tried again later.'),
    stopping: () => logger.info('The sidecar is stopping: it accepts no new calls and finishes the running ones.'),
    graceOver: () => logger.warn('Calls were still running when the time to finish was over; they were ended.'),
    stopped: () => logger.info('The sidecar has stopped.'),
    startFailed: (error: unknown) => logger.fatal(factsOf(error), `The sidecar can't start: ${messageOf(error)}`),
    crashed: (error: unknown) => logger.fatal({ err: error }, 'An unexpected error ends the sidecar.'),
  }
}

function manifestEvents(logger: Logger) {
  return {
    manifestApplied: (facts: object, isChanged: boolean) =>
      isChanged
        ? logger.info({ event: 'manifest_applied', ...facts }, 'The manifest was applied.')
        : logger.info(
            { event: 'manifest_unchanged', ...facts },
            'All that the manifest declares is so already: nothing was changed.',
          ),
    /** @param isRefused the manifest is at fault, and not the store */
    manifestNotApplied: (facts: object, isRefused: boolean) =>
      isRefused
        ? logger.error(
            { event: 'manifest_refused', ...facts },
            'The manifest was refused: nothing was changed. Correct it.',
          )
        : logger.error({ event: 'manifest_failed', ...facts }, 'The manifest could not be applied; it is tried again.'),
    /** @param isChanged what is declared differs; otherwise there are only things beside it */
    manifestDrifted: (facts: object, { isDrifted, isChanged }: { isDrifted: boolean; isChanged: boolean }) =>
      isDrifted
        ? logger.warn(
            { event: 'manifest_drifted', ...facts },
            isChanged
              ? 'The store is not as the manifest says: others have written to it.'
              : 'The store has things that the manifest does not declare: they were removed from it and stay, or others have written them.',
          )
        : logger.info({ event: 'manifest_drift_gone', ...facts }, 'The store is as the manifest says again.'),
    manifestDriftUnknown: (error: unknown) =>
      logger.error(
        { err: error },
        'How far the store is from the manifest could not be found out; it is tried again later.',
      ),
  }
}

/** The reader of stderr may be gone; that must not end the sidecar. */
function stderr(): (line: string) => void {
  const destination = pino.destination({ dest: 2, sync: true })
  destination.on('error', () => undefined)
  return (line) => void destination.write(line)
}

/** Calls at most once in a while, and says how many calls were left out since. */
function limited(now: () => number): (report: (leftOut: number) => void) => void {
  let nextAt = Number.NEGATIVE_INFINITY
  let leftOut = 0
  return (report) => {
    if (now() < nextAt) {
      leftOut++
      return
    }
    report(leftOut)
    nextAt = now() + refusalsEveryMs
    leftOut = 0
  }
}

/** Errors with a code are expected: their sentence is enough. The others come with all that is known. */
function factsOf(error: unknown): object {
  return error instanceof Error && 'code' in error ? { code: error.code } : { err: error }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
