/** What an examination of a file found, and how a file that can't be read is reported. */

import { counted, exitCodes, type ExitCode } from '@rolesets/core'
import type { Examined, UnreadableFile } from '../../doctor.ts'
import { jsonLine } from '../output/json.ts'
import { linesText } from '../output/lines.ts'
import type { Io } from '../run/io.ts'

/** More would say nothing new. */
export const findingsMax = 1_000

interface Form {
  readonly json?: true
}

/** Each on a line of its own. */
export async function printFindings(io: Io, { json }: Form, { findings, unverified }: Examined): Promise<void> {
  for (const finding of findings)
    await io.stdout(json ? jsonLine({ finding }) : linesText([`${finding.what}: ${finding.problem}`]))
  for (const each of unverified)
    await io.stdout(
      json ? jsonLine({ unverified: each }) : linesText([`not verified: ${counted(each.rows, 'row')} ${each.why}`]),
    )
}

/** `sound`, or how many findings there are. */
export function verdictOf({ findings, unverified }: Examined): string {
  const rows = unverified.reduce((sum, each) => sum + each.rows, 0)
  const end = findings.length >= findingsMax ? ', and perhaps more: that is where it stopped' : ''
  const except = rows === 0 ? '' : `, but ${counted(rows, 'row')} could not be verified`
  return findings.length === 0 ? `sound${except}` : `${counted(findings.length, 'finding')}${end}`
}

export function reportUnreadable(io: Io, { json }: Form, { code, message }: UnreadableFile): void {
  io.stderr(json ? jsonLine({ error: { code, message } }) : linesText([`rolesets: ${message}`]))
}

/** Whether the file, or where it should go, is at fault; else trying again can help. */
export function exitCodeOfUnreadable({ code }: UnreadableFile): ExitCode {
  if (code === 'corrupt') return exitCodes.no
  return refusals.includes(code) ? exitCodes.usage : exitCodes.unanswered
}

const refusals: readonly string[] = [
  'database_exists',
  'not_a_database',
  'too_new',
  'migration_unknown',
  'migration_edited',
  'schema_altered',
  'in_use',
  'network_file_system',
  'folder_missing',
  'folder_read_only',
]
