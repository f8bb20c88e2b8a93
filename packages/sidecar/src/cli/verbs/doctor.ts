/** `rolesets doctor`: checks that the file of a store is sound, and that its history is unchanged. */

import { exitCodes, type ExitCode } from '@rolesets/core'
import type { Examined } from '../../doctor.ts'
import type { Io } from '../run/io.ts'
import { jsonLine } from '../output/json.ts'
import { linesText } from '../output/lines.ts'
import { withProgress } from '../run/progress.ts'
import { localVerb, type Given } from '../run/verb.ts'
import { databaseOf, databaseOption } from './database-option.ts'
import { findingsMax, printFindings, reportUnreadable, verdictOf } from './findings.ts'

interface DoctorOptions {
  readonly database?: string
  readonly json?: true
}

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
    reportUnreadable(io, options, error)
    return exitCodes.unanswered
  }
})

async function report(io: Io, options: DoctorOptions, examined: Examined): Promise<ExitCode> {
  const { file, head: revision, seal, findings, unverified } = examined
  const isSound = findings.length === 0
  await printFindings(io, options, examined)
  if (options.json) {
    const unverifiedRows = unverified.reduce((sum, each) => sum + each.rows, 0)
    await io.stdout(jsonLine({ sound: isSound, file, revision, seal, findings: findings.length, unverifiedRows }))
  } else await io.stdout(linesText([`${file}: ${verdictOf(examined)} (revision ${revision}, seal ${seal})`]))
  return isSound ? exitCodes.yes : exitCodes.no
}
