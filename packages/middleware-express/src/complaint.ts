/** The one place that writes to the console: faults that no answer may tell, and that nobody would learn of otherwise. */

/** As Express itself does with errors that nothing handles. */
export function complain(error: unknown): void {
  // eslint-disable-next-line no-console -- There is no logger here, and an application that has one passes `onError`.
  console.error(error)
}
