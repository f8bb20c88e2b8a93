// When the user has had enough: Ctrl-C, a signal, or a parent that is gone.

/** In a terminal, Ctrl-C reaches all processes: they get this long to end by themselves before they are asked to. */
const graceMs = 2_000
const orphanCheckMs = 500

/**
 * Settles with the time that other processes have to end by themselves.
 *
 * @returns {Promise<{ graceMs: number, sentence?: undefined }>}
 */
export function untilInterrupted() {
  const parent = process.ppid
  return new Promise((resolve) => {
    process.on('SIGINT', () => resolve({ graceMs }))
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => resolve({ graceMs: 0 }))
    // npm does not pass signals on to what its shell runs: without its parent, this has nobody to stop it.
    if (process.env.npm_lifecycle_event === undefined) return
    setInterval(() => process.ppid === parent || resolve({ graceMs: 0 }), orphanCheckMs).unref()
  })
}
