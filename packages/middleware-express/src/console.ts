/** The only place that writes to the console: for faults that no answer shows, if the application has no listener. */

/** Writes an error to stderr, as Express does with errors that no handler takes. */
export function logError(error: unknown): void {
  // eslint-disable-next-line no-console -- This package has no logger. An application with one passes `onError`.
  console.error(error)
}
