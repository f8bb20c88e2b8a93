// Detects that an example must stop: Ctrl-C, a signal, or the end of its parent process.

/** In a terminal, Ctrl-C reaches all processes. They get this time to end by themselves before they are sent a signal. */
const graceMs = 2_000
const orphanCheckMs = 500

/**
 * Resolves with the time that the other processes have to end by themselves.
 *
 * @returns {Promise<{ graceMs: number, sentence?: undefined }>}
 */
export function untilInterrupted() {
  const parent = process.ppid
  return new Promise((resolve) => {
    process.on('SIGINT', () => resolve({ graceMs }))
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => resolve({ graceMs: 0 }))
    // npm does not forward signals to the command in its shell. So this process stops when its parent is gone.
    if (process.env.npm_lifecycle_event === undefined) return
    setInterval(() => process.ppid === parent || resolve({ graceMs: 0 }), orphanCheckMs).unref()
  })
}
