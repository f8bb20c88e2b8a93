/**
 * `npm run bench`: runs the named rows, or all rows, and prints the table of measures. Progress goes to stderr.
 *
 * With `--quick` it runs the quick and stable rows with smaller sizes, and fails if a ratio got much worse. With `--smoke`
 * it only shows that the benchmarks still run. With `--record` it saves the figures: those of a full run in
 * docs/performance, those of a quick run in recorded.json.
 */

import { parseArgs } from 'node:util'
import { ratiosOf, verdictsOf, type RecordedRatios, type Verdict } from './decay.ts'
import { readRecorded, writeDocumentation, writeLatest, writeRecorded } from './files.ts'
import { circumstances } from './machine.ts'
import { notesOf, tableOf } from './report.ts'
import { loadRows, type FoundRow } from './rows.ts'
import { runRows, type Outcome } from './runner.ts'

const usage = `npm run bench [-- [<row>…] [--quick | --smoke] [--record] [--list]]

  <row>…    such as P3 P4; otherwise all
  --quick   run the quick rows with smaller sizes; fail if a ratio is more than twice as bad as recorded
  --smoke   run a few rows with one small round each; fail only if one does not run
  --record  save the figures in docs/performance and bench/recorded.json
  --list    list the rows
`

const repeatsMax = 2
/** One row in this process, one that starts a sidecar, a load process and another server, and those about scopes. */
const smokeRows = ['P1', 'P3', 'P8-places', 'P11-default', 'P18']

process.exitCode = await main(process.argv.slice(2))

async function main(argv: readonly string[]): Promise<number> {
  const wish = parseWish(argv)
  if (wish === undefined) return usageError()
  const { quick, smoke, record, list, help } = wish
  const names = smoke && wish.names.length === 0 ? smokeRows : wish.names
  if (help) return print(usage)
  const rows = await loadRows()
  if (list) return print([...rows.values()].map(describe).join(''))
  const unknown = names.filter((name) => !rows.has(name))
  if (unknown.length > 0)
    return usageError(`There is no row called ${unknown.join(', ')}. The rows are ${[...rows.keys()].join(', ')}.`)
  const chosen = [...rows.values()].filter(({ row }) =>
    names.length > 0 ? names.includes(row.id) : !quick || row.quick,
  )
  if (smoke) return smokeRun(chosen)
  if (quick) return quickRun(chosen, record)
  if (record && names.length > 0)
    return usageError(
      '--record needs a run of all rows, because the documentation shows complete runs. Leave the row names out.',
    )
  return fullRun(chosen, record)
}

async function fullRun(rows: readonly FoundRow[], record: boolean): Promise<number> {
  const outcomes = await runAndShow(rows, { quick: false, isKept: record })
  if (outcomes.length < rows.length || outcomes.some(({ error }) => error !== undefined)) return 1
  // A quick run has smaller sizes, so it is only compared with quick runs.
  return record
    ? quickRun(
        rows.filter(({ row }) => row.quick),
        true,
      )
    : 0
}

async function smokeRun(rows: readonly FoundRow[]): Promise<number> {
  const outcomes = await runAndShow(rows, { quick: true, rounds: 1, isKept: false })
  return outcomes.length === rows.length && outcomes.every(({ error }) => error === undefined) ? 0 : 1
}

async function quickRun(rows: readonly FoundRow[], record: boolean): Promise<number> {
  const outcomes = await runAndShow(rows, { quick: true, isKept: false })
  if (outcomes.length < rows.length) return 1
  const verdicts = await judged(rows, outcomes, record ? {} : await readRecorded())
  for (const { id, complaints } of verdicts) {
    for (const complaint of complaints) tell(`${id}: ${complaint}`)
    print(`check: bench (quick), ${id}: ${complaints.length === 0 ? 'passed' : 'FAILED'}\n`)
  }
  if (verdicts.some(({ complaints }) => complaints.length > 0)) return 1
  if (record) await writeRecorded(ratiosOf(outcomes))
  return 0
}

/** A row with a failed ratio is run again. It fails only if it fails every time. */
async function judged(
  rows: readonly FoundRow[],
  outcomes: readonly Outcome[],
  recorded: RecordedRatios,
): Promise<readonly Verdict[]> {
  let verdicts = verdictsOf(outcomes, recorded)
  for (let again = 0; again < repeatsMax; again++) {
    const doubtful = new Set(verdicts.filter(({ complaints }) => complaints.length > 0).map(({ id }) => id))
    if (doubtful.size === 0) break
    tell(`Running again, to be sure: ${[...doubtful].join(', ')}.`)
    const chosen = rows.filter(({ row }) => doubtful.has(row.id))
    const repeated = verdictsOf(await runAndShow(chosen, { quick: true, isKept: false }), recorded)
    verdicts = verdicts.map((verdict) => repeated.find(({ id }) => id === verdict.id) ?? verdict)
  }
  return verdicts
}

async function runAndShow(
  rows: readonly FoundRow[],
  { isKept, ...size }: { quick: boolean; rounds?: number; isKept: boolean },
): Promise<readonly Outcome[]> {
  const interrupted = new AbortController()
  const interrupt = () => interrupted.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const where = await circumstances()
    const outcomes = await runRows({ rows, ...size, signal: interrupted.signal, log: tell })
    const results = { ...where, quick: size.quick, rows: outcomes }
    await writeLatest(results)
    if (isKept && !interrupted.signal.aborted) await writeDocumentation(results)
    print(`\n${tableOf(outcomes)}\n`)
    for (const note of notesOf(outcomes)) print(`- ${note}\n`)
    return outcomes
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

function parseWish(argv: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const
  const options = { quick: flag, smoke: flag, record: flag, list: flag, help: flag }
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
    return { ...values, names: positionals }
  } catch (error) {
    tell((error as Error).message)
    return undefined
  }
}

function describe({ row: { id, title, goal, quick } }: FoundRow): string {
  return `${id.padEnd(17)}${title} (goal: ${goal})${quick ? ', quick' : ''}\n`
}

function usageError(message?: string): number {
  tell(message ?? usage)
  return 2
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
