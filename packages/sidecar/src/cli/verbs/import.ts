/**
 * `rolesets import`: imports data from another server. A later run imports what is still missing, and nothing twice.
 */

import { exitCodes, type ExitCode } from '@rolesets/core'
import type { RoleSetsClient } from '@rolesets/client'
import { Option } from 'commander'
import { readKey, timeoutSecondsMax, type ConnectionOptions, type KeyNames } from '../run/connection.ts'
import { UsageError } from '../run/failure.ts'
import { importCatalogue } from '../import/catalogue.ts'
import type { ImportPosition } from '../import/checkpoint.ts'
import type { ImportContext } from '../import/context.ts'
import { Missing } from '../import/missing.ts'
import { importOrganizations } from '../import/organizations.ts'
import { Source } from '../import/source.ts'
import { Tally } from '../import/tally.ts'
import type { Io } from '../run/io.ts'
import { jsonLine } from '../output/json.ts'
import { withProgress, type ReportProgress } from '../run/progress.ts'
import { actorOption, connectedVerb, noun, withClient, type Given } from '../run/verb.ts'
import { withoutUndefined } from '../run/without-undefined.ts'
import { actingAs } from '../run/write.ts'

interface ImportOptions extends Omit<ConnectionOptions, 'key' | 'keyFile'> {
  readonly url: string
  /** Of the source, as `keyFile`. */
  readonly key?: string
  readonly keyFile?: string
  readonly targetKey?: string
  readonly targetKeyFile?: string
  readonly checkpoint?: string
  readonly dryRun?: true
  readonly endMissing?: true
  readonly actor?: string
}

const sourceKeyNames: KeyNames = { flag: '--key', variable: 'ROLESETS_IMPORT_KEY' }
const targetKeyNames: KeyNames = { flag: '--target-key', variable: 'ROLESETS_KEY' }
const barCells = 20

const clerkVerb = {
  usage: 'clerk',
  summary: "Imports from a server with Clerk's Backend API.",
  timeoutSeconds: timeoutSecondsMax,
  keyFlag: targetKeyNames.flag,
  options: [
    new Option('--url <address>', 'the server to read from').default('https://api.clerk.com'),
    new Option(
      '--key <key>',
      'its secret key; other users of this machine can see it, so prefer --key-file (ROLESETS_IMPORT_KEY)',
    ),
    new Option('--key-file <path>', 'a file that contains its secret key (ROLESETS_IMPORT_KEY_FILE)'),
    new Option('--checkpoint <path>', 'store the progress in this file, and resume from it'),
    new Option('--dry-run', 'say what it would do, and change nothing'),
    new Option('--end-missing', 'end organizations, memberships and invitations that the source no longer has'),
    actorOption,
  ],
  notes: `
Reads permissions, roles, role sets, organizations, memberships and pending invitations from --url, with --key; writes them
to the sidecar at --target, with --target-key. Things are matched by key; organizations by id, members by user, invitations
by address. What is there already is compared and corrected. What the rules refuse is reported, counted and skipped, and the
exit code is 1. A later run continues where this one stopped. More: docs/import.md.

Organizations, memberships and pending invitations that the source doesn't have are listed at the end, and stay. --end-missing
deletes these organizations and memberships and revokes these invitations, also those that no import made. Look at its dry run
first. It ends nothing before the whole source was read.

Examples:
  rolesets import clerk --key-file clerk.key --target-key-file rolesets.db.key --dry-run
  rolesets import clerk --key-file clerk.key --target-key-file rolesets.db.key --checkpoint clerk.checkpoint
  rolesets import clerk --key-file clerk.key --target-key-file rolesets.db.key --end-missing --dry-run`,
}

const clerk = connectedVerb(clerkVerb, async ({ io, options }: Given<ImportOptions>) => {
  const source = new Source({ ...(await sourceOptions(options, io)), signal: io.signal })
  const target = await targetOptions(options, io)
  try {
    return await withClient(io, { options: target, needsKey: true }, (client) => run(io, { client, source, options }))
  } finally {
    source.close()
  }
})

export const importing = noun({ usage: 'import', summary: 'Imports data from another server.' }, [clerk])

async function run(
  io: Io,
  { client, source, options }: { client: RoleSetsClient; source: Source; options: ImportOptions },
): Promise<ExitCode> {
  const dryRun = options.dryRun === true
  const tally = new Tally()
  const calls = actingAs(options, { deadlineMs: options.timeout * 1_000, signal: io.signal })
  const missing = new Missing({ end: options.endMissing === true, dryRun })
  const context: ImportContext = { source, admin: client.admin, calls, tally, missing, dryRun, nowMs: Date.now() }
  const began = await revisionOf(context)
  const resumed = await withProgress(io, options, (report) => importAll(context, options, report))
  const revision = await revisionOf(context)
  const outcome = { tally, missing, began, revision, resumed, dryRun }
  await io.stdout(options.json ? json(outcome) : text(outcome))
  const isSkipped = tally.total('skipped') + (resumed?.skipped ?? 0) > 0
  return isSkipped || missing.isLeft ? exitCodes.no : exitCodes.yes
}

async function importAll(context: ImportContext, { checkpoint, target }: ImportOptions, report: ReportProgress) {
  report('permissions, roles and role sets')
  const sets = await importCatalogue(context)
  const resumed = await importOrganizations(context, {
    ...{ sets, checkpoint, target },
    report: (done, total) => {
      const share = total === 0 ? 1 : Math.min(1, done / total)
      const bar = '█'.repeat(Math.round(share * barCells)).padEnd(barCells, '░')
      const members = context.tally.report().memberships.there
      report(`${bar} ${Math.floor(share * 100)} %, ${done} of ${total} organizations, ${members} memberships`)
    },
  })
  const { changed, unchanged } = context.tally.report().organizations
  await context.missing.settle({ matched: changed + unchanged, report })
  return resumed
}

interface Outcome {
  readonly tally: Tally
  readonly missing: Missing
  readonly began: string
  readonly revision: string
  readonly resumed: ImportPosition | undefined
  readonly dryRun: boolean
}

function json({ tally, missing, revision, resumed, dryRun }: Outcome): string {
  const resumedAt = resumed?.organizations ?? 0
  return jsonLine({ dryRun, ...tally.report(), skipped: tally.skipped, missing: missing.report(), resumedAt, revision })
}

function text({ tally, missing, began, revision, resumed, dryRun }: Outcome): string {
  const writes = tally.total('created') + tally.total('changed') + missing.endedCount
  const earlier = resumed?.skipped ? `, and skipped ${resumed.skipped}` : ''
  const lines = resumed ? [`An earlier run imported ${resumed.organizations} organizations${earlier}.`] : []
  if (dryRun) lines.push('Dry run: nothing was changed.')
  else if (writes === 0) {
    const reason = missing.isEmpty
      ? 'the sidecar already matches the source'
      : 'the sidecar has all that the source has'
    lines.push(`Nothing to change: ${reason} (revision ${revision}).`)
  } else lines.push(`Done: from revision ${began} to ${revision}.`)
  return `${tally.text()}${missing.text()}${lines.join('\n')}\n`
}

/** Also finds out, before anything is read from the source, that the sidecar knows the key. */
async function revisionOf({ admin, calls }: ImportContext): Promise<string> {
  return (await admin.listAccessKeys({ pageSize: 1 }, calls)).revision
}

async function sourceOptions({ url, key, keyFile, insecure }: ImportOptions, io: Io) {
  const given = await readKey(withoutUndefined({ key, keyFile }), io, sourceKeyNames)
  if (given === undefined) {
    throw new UsageError(
      'The source needs its secret key. Give it with --key-file <path>, or in ROLESETS_IMPORT_KEY_FILE or ROLESETS_IMPORT_KEY.',
      { code: 'key_required' },
    )
  }
  return { url, key: given, insecure: insecure === true }
}

async function targetOptions(options: ImportOptions, io: Io): Promise<ConnectionOptions> {
  const { targetKey, targetKeyFile, keyFile: _keyFile, ...rest } = options
  const key = await readKey(withoutUndefined({ key: targetKey, keyFile: targetKeyFile }), io, targetKeyNames)
  if (key !== undefined) return { ...rest, key }
  throw new UsageError(
    'The sidecar needs its secret key. Give it with --target-key-file <path>, or in ROLESETS_KEY_FILE or ROLESETS_KEY.',
    { code: 'key_required' },
  )
}
