/** `rolesets restore`: a backup takes the place of a database, after it was examined as doctor does it. */

import { exitCodes, onOneLine, type ExitCode } from '@rolesets/core'
import { RoleSetsError } from '@rolesets/client'
import { Option } from 'commander'
import type { Restored } from '../../backup.ts'
import { jsonLine } from '../output/json.ts'
import { linesText } from '../output/lines.ts'
import { openBackupFile } from '../run/backup-file.ts'
import { hideMistaken } from '../run/connection.ts'
import type { Io } from '../run/io.ts'
import { withProgress } from '../run/progress.ts'
import { localVerb, type Given } from '../run/verb.ts'
import { databaseOf, databaseOption, fileOf } from './database-option.ts'
import { exitCodeOfUnreadable, findingsMax, printFindings, reportUnreadable, verdictOf } from './findings.ts'

interface RestoreOptions {
  readonly database?: string
  readonly replace?: true
  readonly json?: true
}

const verb = {
  usage: 'restore <file>',
  summary: 'Puts a backup in the place of a database, while no sidecar runs on it.',
  options: [databaseOption, new Option('--replace', 'move an existing database aside, and say where it is')],
  notes: `
Stop the sidecar first. The backup is copied beside the database, and examined there as rolesets doctor does it; it takes
its place only if it is sound. With --replace, the database that is there is kept, with its log, under the name
<path>.replaced-…. The key file stays. - reads the backup from standard input.

Whenever the command is killed, the old database is in place, or the new one, as a whole. A backup of an older version is
brought to the new form by the next start. Clients and watchers that have seen what is lost now start over by themselves.

Examples:
  rolesets restore rolesets-backup.db --database sqlite:/var/lib/rolesets/rolesets.db --replace
  gunzip < rolesets-backup.db.gz | rolesets restore - --database sqlite:rolesets.db

Exit codes:
  0  restored
  1  the backup is damaged or not sound; nothing was changed
  2  refused: the command line, a file that isn't there, is not a backup or is of a newer version; the database exists
     or is in use, or its folder can't be used
  3  reading the backup fails, the disk is full, or the command was interrupted; nothing was changed`,
}

export const restore = localVerb(verb, async ({ io, options }: Given<RestoreOptions>, path: string) => {
  hideMistaken(path, io)
  const url = databaseOf(options, io, 'restore')
  const { restoreStore } = await import('../../backup.ts')
  const { UnreadableFile } = await import('../../doctor.ts')
  try {
    const { source, chunks } = await openBackupFile(path, io, fileOf(url))
    const how = { source, chunks, replace: options.replace === true, signal: io.signal, now: Date.now(), findingsMax }
    return await report(io, options, {
      source,
      restored: await withProgress(io, options, (report) => restoreStore(url, { ...how, report })),
    })
  } catch (error) {
    if (io.signal.aborted) throw new RoleSetsError('aborted', 'The restore was interrupted.', { cause: error })
    if (!(error instanceof UnreadableFile)) throw error
    reportUnreadable(io, options, error)
    return exitCodeOfUnreadable(error)
  }
})

async function report(
  io: Io,
  options: RestoreOptions,
  { source, restored: { examined, file, replaced } }: { readonly source: string; readonly restored: Restored },
): Promise<ExitCode> {
  const { head: revision, seal, contents } = examined
  await printFindings(io, options, examined)
  if (contents === undefined) {
    const message = `${source} is not sound (${verdictOf(examined)}), so nothing was restored. Use another backup.`
    io.stderr(options.json ? jsonLine({ error: { code: 'corrupt', message } }) : linesText([`rolesets: ${message}`]))
    return exitCodes.no
  }
  const { committedAt, ...counts } = contents
  const lastWriteAt = new Date(committedAt).toISOString()
  if (options.json) await io.stdout(jsonLine({ restored: file, replaced, revision, seal, lastWriteAt, ...counts }))
  else {
    const numbers = Object.entries(counts).map(([name, count]) => `${count} ${wordsOf(name)}`)
    await io.stdout(
      linesText([
        `${file}: restored from ${source} (revision ${revision}, seal ${seal})`,
        `Its last write was at ${lastWriteAt}. It has ${onOneLine(numbers.join(', '))}.`,
        ...(replaced === undefined ? [] : [`The database before it is now ${replaced}.`]),
        'Start the sidecar. What was written after that is lost; clients that have seen it start over by themselves.',
      ]),
    )
  }
  return exitCodes.yes
}

/** `roleSets` → `role sets` */
function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
