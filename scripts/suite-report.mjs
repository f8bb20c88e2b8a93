// Shortens the output of ava's reporter line by line. ava's TAP output is not used, because it leaves out where an
// assertion failed.

const passedTest = /^ {2}[✔√] (.+)$/
const rule = /^ {2}[─-]$/
/** So that a long area does not look as if nothing happened. */
const silenceMaxMs = 20_000

/**
 * @param {object} options
 * @param {boolean} options.isVerbose also shows the tests that passed
 * @param {(line: string) => void} options.write
 * @param {() => number} [options.now] in milliseconds
 */
export function createSuiteReport({ isVerbose, write, now = Date.now }) {
  const startedAtMs = now()
  const seconds = () => `${Math.round((now() - startedAtMs) / 1000)} s`.padStart(6)
  /** How many tests of each area passed, and how many of these were shown. */
  const areas = new Map()
  let shownAtMs = startedAtMs
  let passed = 0
  let isLogOfPassed = false
  /** What came after the last rule, which is ava's summary once the run has ended; undefined before the first one. */
  let summary

  const showAreas = ({ isLong = false } = {}) => {
    shownAtMs = now()
    for (const [area, count] of areas) {
      if (count.shown === count.passed || (area === '' && !isLong)) continue
      write(`${seconds()}  ${area.padEnd(14)} ${count.passed} passed`)
      count.shown = count.passed
    }
  }
  const addPassed = (title) => {
    passed++
    const [first, ...rest] = title.split(' › ')
    // The title has no area when a single file runs. That one is shown only if it takes long.
    const area = rest.length === 0 ? '' : first
    // Two files run at a time: an area is complete soon after the next one has begun, and is shown again if it was not.
    if (!areas.has(area)) {
      showAreas()
      areas.set(area, { passed: 0, shown: 0 })
    }
    areas.get(area).passed++
    if (now() - shownAtMs > silenceMaxMs) showAreas({ isLong: true })
  }

  return {
    /** @param {string} line of ava's output, without colours */
    add(line) {
      const title = summary === undefined ? passedTest.exec(line)?.[1] : undefined
      if (title !== undefined) addPassed(title)
      isLogOfPassed = title !== undefined || (isLogOfPassed && line.startsWith('    '))
      if (rule.test(line)) {
        if (summary === undefined) showAreas()
        summary = []
      } else summary?.push(line)
      if (isVerbose || !isLogOfPassed) write(line)
    },

    /**
     * @param {number} exitCode ava's
     * @returns {import('./counts.mjs').Counts}
     */
    end(exitCode) {
      if (summary === undefined) showAreas()
      return countsOf({ passed, summary, exitCode })
    },
  }
}

/** A run that broke off, in which nothing ran, or that ended badly without saying why has failed. */
function countsOf({ passed, summary = [], exitCode }) {
  const count = (pattern) =>
    summary.reduce((sum, line) => sum + (pattern.test(line) ? Number(/\d+/.exec(line)?.[0]) : 0), 0)
  const failed = count(
    /^ {2}\d+ ((tests?|hooks?) failed|uncaught exceptions?|unhandled rejections?|tests? remained pending)/,
  )
  const isComplete = exitCode === 0 && summary.length > 0 && passed > 0
  return { passed, failed: isComplete ? failed : Math.max(failed, 1), skipped: count(/^ {2}\d+ tests? (skipped|todo)/) }
}
