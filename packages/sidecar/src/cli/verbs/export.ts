/** `rolesets export`: writes the file that `rolesets apply` reads, so that applying it changes nothing. */

import { RoleSetsError, type AdminOptions, type RoleSetsClient } from '@rolesets/client'
import { exitCodes, type ExitCode } from '@rolesets/core'
import { Option } from 'commander'
import { ExportFiles } from '../manifest/export-files.ts'
import { filePartsOf, type FileForm } from '../manifest/file-parts.ts'
import { StoreReading } from '../manifest/store-reading.ts'
import { linesText } from '../output/lines.ts'
import { hideMistaken, type ConnectionOptions } from '../run/connection.ts'
import { UsageError } from '../run/failure.ts'
import type { Io } from '../run/io.ts'
import { withProgress, type ReportProgress } from '../run/progress.ts'
import { askingVerb, type Given } from '../run/verb.ts'

interface ExportOptions extends ConnectionOptions {
  readonly output: string
  readonly organizations: boolean
}

const attemptsMax = 5
const omissionsShownMax = 50

const verb = {
  usage: 'export',
  summary: 'Writes permissions, roles, role sets and organizations as the file that `rolesets apply` reads.',
  options: [
    new Option('-o, --output <path>', 'the file to write; - writes to standard output').default('-'),
    new Option('--no-organizations', 'leave the organizations out'),
  ],
  notes: `
YAML; with --json, JSON. All of it is the state at one revision, and the same state gives the same bytes. Where it is more
than apply reads from one file, further parts are written beside the first: rolesets-2.yaml, and so on.
Members, invitations, keys, settings, domains, and the metadata and limits of organizations are not in it.

Examples:
  rolesets export -o rolesets.yaml
  rolesets export --no-organizations | rolesets apply -f - --dry-run --target other:7450`,
}

interface Work {
  readonly client: RoleSetsClient
  readonly limits: AdminOptions
  readonly report: ReportProgress
}

export const exporting = askingVerb(verb, ({ io, options }: Given<ExportOptions>) => {
  hideMistaken(options.output, io)
  const toFile = options.output !== '-'
  return async ({ client, limits }) => {
    const write = (report: ReportProgress) => (toFile ? exportToFiles : exportText)({ client, limits, report }, options)
    const { omissions, text, paths } = await withProgress(io, options, write)
    if (text !== undefined) await io.verbatim(text)
    else if (!options.json) io.stderr(linesText([`rolesets: wrote ${paths.join(', ')}.`]))
    return reportOmissions(io, omissions)
  }
})

interface Exported {
  readonly omissions: readonly string[]
  readonly paths: readonly string[]
  readonly text?: string
}

/** Nothing is printed before it is known that all of it can be. */
function exportText(work: Work, options: ExportOptions): Promise<Exported> {
  return atOneRevision(work, options, async (parts) => {
    let whole: Exported | undefined
    for await (const { text, omissions } of parts) {
      if (whole !== undefined) {
        const remedy = 'Give -o <path>, which writes several files, or --no-organizations.'
        throw new UsageError(`The store has more than \`rolesets apply\` reads from one file. ${remedy}`)
      }
      whole = { text, omissions, paths: [] }
    }
    return whole
  })
}

async function exportToFiles(work: Work, options: ExportOptions): Promise<Exported> {
  const files = await ExportFiles.at(options.output)
  try {
    const omissions = await atOneRevision(work, options, async (parts) => {
      await files.discard()
      const left: string[] = []
      for await (const part of parts) {
        await files.write(part.text)
        left.push(...part.omissions)
      }
      return left
    })
    return { omissions, paths: await files.commit() }
  } finally {
    await files.discard()
  }
}

async function atOneRevision<Result>(
  { client, limits, report }: Work,
  { json, organizations: withOrganizations }: ExportOptions,
  consume: (parts: ReturnType<typeof filePartsOf>) => Promise<Result | undefined>,
): Promise<Result> {
  const form: FileForm = json ? 'json' : 'yaml'
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const reading = new StoreReading(client, { limits, withOrganizations, report })
    const result = await consume(filePartsOf(reading.things(), form))
    if (result !== undefined && (await reading.isOfOneRevision())) return result
  }
  throw new RoleSetsError(
    'revision_conflict',
    `The store was changed during each of ${attemptsMax} attempts to read it. Nothing was written. Try again later.`,
  )
}

/** What is not in the file is a no: a script must not take it for all of the store. */
function reportOmissions(io: Io, omissions: readonly string[]): ExitCode {
  if (omissions.length === 0) return exitCodes.yes
  const more = omissions.length - omissionsShownMax
  const shown = omissions.slice(0, omissionsShownMax).map((omission) => `rolesets: ${omission}`)
  io.stderr(linesText([...shown, ...(more > 0 ? [`rolesets: … and ${more} more`] : [])]))
  return exitCodes.no
}
