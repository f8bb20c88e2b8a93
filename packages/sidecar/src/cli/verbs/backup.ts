/** `rolesets backup`: a consistent copy of a store as one file, from the file of the store or from a running sidecar. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RoleSetsError } from '@rolesets/client'
import { exitCodes, type ExitCode } from '@rolesets/core'
import { Option } from 'commander'
import { jsonLine } from '../output/json.ts'
import { linesText } from '../output/lines.ts'
import { bytesText } from '../output/sizes.ts'
import { given, hideMistaken, type ConnectionOptions } from '../run/connection.ts'
import { UsageError } from '../run/failure.ts'
import type { Io } from '../run/io.ts'
import { NewFile } from '../run/new-file.ts'
import { withProgress, type ReportProgress } from '../run/progress.ts'
import { connectedVerb, type Given } from '../run/verb.ts'
import { copyFromFile, copyFromSidecar, sendFile, type Copied, type Source } from './backup-sources.ts'
import { databaseOf, databaseOption, fileOf } from './database-option.ts'
import { findingsMax, printFindings, reportUnreadable } from './findings.ts'

export interface BackupOptions extends Partial<ConnectionOptions> {
  readonly timeout: number
  readonly database?: string
  readonly replace?: true
  readonly verify?: true
}

const verb = {
  usage: 'backup <file>',
  summary: 'Copies a whole store into one file, also while a sidecar runs on it.',
  isTargetGiven: true,
  timeoutSeconds: 60,
  options: [
    databaseOption,
    new Option('--replace', 'replace the file if it exists, when the new one is complete'),
    new Option('--verify', 'examine the backup as rolesets doctor does'),
  ],
  notes: `
With --target, a running sidecar makes the copy and sends it; this needs the secret key. With --database, the command
copies the file of the store itself. With neither: the file of ROLESETS_DATABASE; or else the sidecar of ROLESETS_TARGET;
or else the file rolesets.db. The copy has every write that was answered before. Writes go on meanwhile.

The file gets its name when it is complete, checked and on the disk; until then it is <file>.partial-…. Only its owner can
read it: it has all members, invitations and the hashes of keys. - writes to standard output; then what else there is to
say is on standard error. --timeout is how long the sidecar may send nothing.

Examples:
  rolesets backup rolesets-backup.db --target unix:/run/rolesets/rolesets.sock --key-file rolesets.db.key
  rolesets backup rolesets-backup.db --database sqlite:/var/lib/rolesets/rolesets.db
  rolesets backup - --target authority:7450 | gzip > rolesets-backup.db.gz`,
  exitCodesHelp: `
Exit codes:
  0  the backup is complete
  1  --verify found that it is not sound; there is no new file
  2  the command line is wrong, or the file exists
  3  there is no backup: the sidecar can't be reached, does not accept the key or makes another backup, the store
     can't be read, the disk is full, or standard output was closed`,
}

export const backup = connectedVerb(verb, async ({ io, options }: Given<BackupOptions>, path: string) => {
  hideMistaken(path, io)
  if (path === '') throw new UsageError('The path of the backup is empty. Give one, or - for standard output.')
  const source = sourceOf(options, io)
  // No other verb needs a database.
  const { UnreadableFile } = await import('../../doctor.ts')
  try {
    return path === '-' ? await toOutput(io, options, source) : await toFile(io, options, { source, path })
  } catch (error) {
    if (io.signal.aborted) throw new RoleSetsError('aborted', 'The backup was interrupted.', { cause: error })
    if (!(error instanceof UnreadableFile)) throw error
    reportUnreadable(io, options, error)
    return exitCodes.unanswered
  }
})

function sourceOf({ target, database, ...options }: BackupOptions, io: Io): Source {
  if (target !== undefined && database !== undefined)
    throw new UsageError('Give one of --target and --database, not both.')
  const isFile = database !== undefined || given(io.env['ROLESETS_DATABASE']) !== undefined
  const sidecar = target ?? (isFile ? undefined : given(io.env['ROLESETS_TARGET']))
  if (sidecar === undefined) return { kind: 'file', url: databaseOf({ ...(database && { database }) }, io, 'backup') }
  return { kind: 'sidecar', connection: { ...options, target: sidecar } }
}

async function toFile(
  io: Io,
  options: BackupOptions,
  { source, path }: { readonly source: Source; readonly path: string },
): Promise<ExitCode> {
  const replace = options.replace === true
  const file = await NewFile.at(path, { replace, apartFrom: source.kind === 'file' ? fileOf(source.url) : undefined })
  try {
    const copied = await withProgress(io, options, (report) => {
      const to = { path: file.partial }
      return source.kind === 'file'
        ? copyFromFile(io, source, { to, report })
        : copyFromSidecar(io, source, { to, report })
    })
    if (options.verify && !(await isSound(io, options, file.partial))) return exitCodes.no
    io.signal.throwIfAborted()
    await file.commit()
    await io.stdout(summary(options, { ...copied, file: file.path }))
    return exitCodes.yes
  } finally {
    await file.discard()
  }
}

/** Standard output has the backup and nothing else. */
async function toOutput(io: Io, options: BackupOptions, source: Source): Promise<ExitCode> {
  if (options.verify || options.replace)
    throw new UsageError('--verify and --replace need a file. Leave them out, or give a path in place of -.')
  const copied = await withProgress(io, options, (report, hide) => {
    const to = { write: async (chunk: Uint8Array) => (hide(), io.bytes(chunk)) }
    return source.kind === 'file'
      ? throughFile(io, source, { to, report })
      : copyFromSidecar(io, source, { to, report })
  })
  io.stderr(summary(options, { ...copied, file: '-' }))
  return exitCodes.yes
}

/** A copy is made as a file, so standard output gets one from a private folder. */
async function throughFile(
  io: Io,
  source: Source & { readonly kind: 'file' },
  { to, report }: { readonly to: { write(chunk: Uint8Array): Promise<void> }; readonly report: ReportProgress },
): Promise<Copied> {
  const folder = await mkdtemp(join(tmpdir(), 'rolesets-'))
  try {
    const path = join(folder, 'backup.db')
    await writeFile(path, '', { mode: 0o600 })
    const copied = await copyFromFile(io, source, { to: { path }, report })
    await sendFile(io, { path, bytes: copied.bytes }, { to, report })
    return copied
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function isSound(io: Io, options: BackupOptions, path: string): Promise<boolean> {
  const { examine } = await import('../../doctor.ts')
  const examined = await withProgress(io, options, (report) =>
    examine(`sqlite:${path}`, { now: Date.now(), report, signal: io.signal, findingsMax }),
  )
  await printFindings(io, options, examined)
  if (examined.findings.length === 0) return true
  const message = 'The backup is not sound, so the file was not kept. Run rolesets doctor on the database.'
  io.stderr(options.json ? jsonLine({ error: { code: 'corrupt', message } }) : linesText([`rolesets: ${message}`]))
  return false
}

function summary({ json }: BackupOptions, copied: Copied & { readonly file: string }): string {
  const { file, from, revision, seal, bytes, sha256 } = copied
  if (json) return jsonLine({ backup: file, from, revision, seal, bytes, sha256 })
  const what = file === '-' ? 'the backup' : file
  return linesText([`${what}: ${bytesText(bytes)} of ${from} (revision ${revision}, seal ${seal})`, `sha256 ${sha256}`])
}
