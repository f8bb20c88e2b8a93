/** `rolesets doctor`: checks that the file of a store is sound, and that its history is unchanged. */

import { counted, exitCodes, type ExitCode } from '@rolesets/core'
import type { Examined } from '../../doctor.ts'
import type { Io } from '../run/io.ts'
import { jsonLine } from '../output/json.ts'
import { linesText } from '../output/lines.ts'
import { withProgress } from '../run/progress.ts'
import { localVerb, type Given } from '../run/verb.ts'
import { databaseOf, databaseOption } from './database-option.ts'

interface DoctorOptions {
  readonly database?: string
  readonly json?: true
}

/** More would say nothing new. */
const findingsMax = 1_000

const verb = {
  usage: 'doctor',
  summary: 'Examines the file of a store: its integrity, its history and every rule.',
  options: [databaseOption],
  notes: `
Reads the file directly, also while a sidecar runs on it. It takes no lock, changes nothing and makes no file
beside it. One line for each finding: which row or thing, and what is wrong with it; and one for rows that can't be
verified. Note the revision and the seal that it prints, somewhere else:
a person who can write the file can also compute all seals again; only your note shows that.

Examples:
  rolesets doctor --database sqlite:/var/lib/rolesets/rolesets.db
  rolesets doctor --database sqlite:restored.db --json

Exit codes:
  0  sound; also if some rows could not be verified, which is said
  1  there are findings
  2  the command line is wrong
  3  the file can't be read, or another process started to write to it`,
}

export const doctor = localVerb(verb, async ({ io, options }: Given<DoctorOptions>) => {
  const url = databaseOf(options, io, 'doctor')
  // No other verb needs a database.
  const { examine, UnreadableFile } = await import('../../doctor.ts')
  try {
    const examined = await withProgress(io, options, (report) =>
      examine(url, { now: Date.now(), report, signal: io.signal, findingsMax }),
    )
    return await report(io, options, examined)
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error
    const { code, message } = error
    io.stderr(options.json ? jsonLine({ error: { code, message } }) : linesText([`rolesets: ${message}`]))
    return exitCodes.unanswered
  }
})

async function report(io: Io, { json }: DoctorOptions, examined: Examined): Promise<ExitCode> {
  const { file, head: revision, seal, findings, unverified } = examined
  const rows = unverified.reduce((sum, each) => sum + each.rows, 0)
  const isSound = findings.length === 0
  if (json) {
    for (const finding of findings) await io.stdout(jsonLine({ finding }))
    for (const each of unverified) await io.stdout(jsonLine({ unverified: each }))
    const numbers = { findings: findings.length, unverifiedRows: rows }
    await io.stdout(jsonLine({ sound: isSound, file, revision, seal, ...numbers }))
  } else {
    for (const { what, problem } of findings) await io.stdout(linesText([`${what}: ${problem}`]))
    for (const each of unverified)
      await io.stdout(linesText([`not verified: ${counted(each.rows, 'row')} ${each.why}`]))
    const end = findings.length >= findingsMax ? ', and perhaps more: that is where it stopped' : ''
    const except = rows === 0 ? '' : `, but ${counted(rows, 'row')} could not be verified`
    const verdict = isSound ? `sound${except}` : `${counted(findings.length, 'finding')}${end}`
    await io.stdout(linesText([`${file}: ${verdict} (revision ${revision}, seal ${seal})`]))
  }
  return isSound ? exitCodes.yes : exitCodes.no
}
