/**
 * `rolesets apply`: brings the sidecar to the state that a file describes. It asks first what that would do, prints it, and
 * then does exactly that: if the store has changed in between so that it would do something else, nothing is done.
 */

import {
  isRoleSetsError,
  RoleSetsError,
  type Administration,
  type Applied,
  type RoleSetsClient,
  type RoleSetsErrorCode,
  type Violation,
} from '@rolesets/client'
import { snakeCase } from '@rolesets/core'
import { Option } from 'commander'
import type { Io } from '../run/io.ts'
import { ExplainedError } from '../run/failure.ts'
import { jsonLine } from '../output/json.ts'
import { readManifestFile, type ManifestFile } from '../manifest/file.ts'
import { nothingText, planText, refusedText } from '../output/plan-text.ts'
import { connectedVerb, withClient, type Given } from '../run/verb.ts'
import {
  actingAs,
  dryRunText,
  exitCodeOfWrite,
  howOf,
  sendOnce,
  writing,
  type WriteOptions,
  type WriteVerb,
} from '../run/write.ts'
import { parsePath } from '../../manifest/yaml-source.ts'

type ApplyRequest = Parameters<Administration['apply']>[0]
type Ask = (how: Pick<ApplyRequest, 'dryRun' | 'expectedRevision'>) => Promise<Applied>

interface ApplyOptions extends WriteOptions {
  readonly file: string
  readonly prune?: true
}

/** Other writers may change other things in between. After so many attempts it gives up. */
const attemptsMax = 10

const verb: WriteVerb = {
  usage: 'apply',
  summary: 'Brings permissions, roles, role sets and organizations to the state that a file describes.',
  options: [
    new Option('-f, --file <path>', 'the file, YAML or JSON; - reads standard input').makeOptionMandatory(),
    new Option('--prune', 'delete what the file does not describe'),
  ],
  onRevision: true,
  endsAdministrators: true,
  notes: `
Prints what it will create and change before it does it. All of it is one revision, or nothing is done. What the file
does not describe is left alone; with --prune, custom permissions, roles and role sets that it does not describe are
deleted, and roles that a described set does not list are taken out of it. Organizations are never deleted.
The file: docs/manifest.md; its JSON Schema: rolesets schema.

Examples:
  rolesets apply -f rolesets.yaml --dry-run --key-file rolesets.db.key
  rolesets apply -f rolesets.yaml --key-file rolesets.db.key
  generate-roles | rolesets apply -f - --prune`,
}

export const apply = connectedVerb(writing(verb), async ({ io, options }: Given<ApplyOptions>) => {
  const file = await readManifestFile(options.file, io)
  return withClient(io, { options, needsKey: true }, async (client) => {
    try {
      return exitCodeOfWrite(await applyFile(io, client, { file, options }))
    } catch (error) {
      throw isRoleSetsError(error) ? new ExplainedError(error, { before: placeText(error, file) }) : error
    }
  })
})

async function applyFile(io: Io, client: RoleSetsClient, given: { file: ManifestFile; options: ApplyOptions }) {
  const { file, options } = given
  const { dryRun, allowNoAdministrator, ...expected } = howOf(options)
  // The client leaves out what is undefined; its type doesn't say so.
  const insisted = allowNoAdministrator === undefined ? {} : { allowNoAdministrator }
  const described = { ...file.manifest, prune: options.prune === true, ...insisted } as ApplyRequest
  const limits = actingAs(options, { deadlineMs: options.timeout * 1_000, signal: io.signal })
  const ask: Ask = (how) =>
    sendOnce(io, options, { how, send: () => client.admin.apply({ ...described, ...how }, limits) })
  const preview = await ask({ dryRun: true, ...expected })
  const refusals = preview.impact.violations.map(refusalOf)
  if (refusals[0] !== undefined && !dryRun) throw refusals[0]
  const say = async (text: string): Promise<void> => {
    if (!options.json) await io.stdout(text)
  }

  const isRefused = refusals.length > 0
  const changes = preview.steps.length > 0
  const shown = refusals.map((refusal) => ({ message: `${placeText(refusal, file)}${refusal.message}` }))
  await say(isRefused ? refusedText(preview, shown) : changes ? planText(preview) : nothingText(preview))
  const applies = changes && !dryRun
  const applied = applies ? await applyAsShown(ask, preview, options) : preview
  if (applies) await say(`Applied at revision ${applied.revision}.\n`)
  else if (changes || isRefused) await say(`${dryRunText(preview)}\n`)
  if (options.json) await io.stdout(jsonLine({ dryRun, changed: applies, ...applied }))
  return applied
}

/** As the real call would throw it. */
function refusalOf({ reason, message, field }: Violation): RoleSetsError {
  const fields = field === '' ? [] : [{ field, description: message }]
  return new RoleSetsError(reason.toLowerCase() as RoleSetsErrorCode, message, { fields })
}

/** Does what was shown, or nothing: another preview that says the same is as good as the first, unless a revision was given. */
async function applyAsShown(ask: Ask, preview: Applied, { expectedRevision }: WriteOptions): Promise<Applied> {
  if (expectedRevision !== undefined) return ask({ expectedRevision })
  let shown = preview
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    try {
      return await ask({ expectedRevision: shown.revision })
    } catch (error) {
      if (!isRoleSetsError(error) || error.code !== 'revision_conflict') throw error
      const next = await ask({ dryRun: true })
      if (JSON.stringify(next.steps) !== JSON.stringify(shown.steps)) break
      shown = next
    }
  }
  throw new RoleSetsError(
    'revision_conflict',
    'The store was changed since the plan was printed. Nothing was applied. Run the command again.',
  )
}

/** `file:line:column: ` of the field at fault, if it is one of the file (`roles[2].key`). */
function placeText({ fields: [field] }: RoleSetsError, { name, placeOf }: ManifestFile): string {
  const path = field === undefined ? [] : parsePath(snakeCase(field.field))
  if (path.length < 3) return ''
  const { line, column } = placeOf(path)
  return `${name}:${line}:${column}: `
}
