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
} from '@rolesets/client'
import { Option, type Command } from 'commander'
import type { ConnectionOptions } from './connection.ts'
import { exitCodes, type Io } from './io.ts'
import { jsonLine, snakeCaseName } from './json.ts'
import type { Manifest } from './manifest-schema.ts'
import { readManifestFile, type ManifestFile } from './manifest-file.ts'
import { nothingText, planText } from './plan-text.ts'
import { actorOption, addVerb, reporting, withClient, writeOptions } from './verb.ts'
import { parsePath } from './yaml-source.ts'

type ApplyRequest = Parameters<Administration['apply']>[0]
type Ask = (how: Pick<ApplyRequest, 'dryRun' | 'expectedRevision'>) => Promise<Applied>

interface ApplyOptions extends ConnectionOptions {
  readonly file: string
  readonly dryRun?: true
  readonly prune?: true
  readonly actor?: string
}

/** Writers who change other things in between are no reason to give up, unless there is no end to them. */
const attemptsMax = 10

const verb = {
  usage: 'apply',
  summary: 'Brings permissions, roles, role sets and organizations to the state that a file describes.',
  options: [
    new Option('-f, --file <path>', 'the file, YAML or JSON; - reads standard input').makeOptionMandatory(),
    new Option('--dry-run', 'print what it would do, and change nothing'),
    new Option('--prune', 'delete what the file does not describe'),
    actorOption,
  ],
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

export function addApply(program: Command, io: Io): void {
  addVerb(program, io, verb).action((options: ApplyOptions) =>
    reporting(io, options, async () => {
      const file = await readManifestFile(options.file, io)
      return withClient(io, { options, keyUse: 'required' }, async (client) => {
        await applyFile(io, client, { file, options }).catch((error: unknown) => {
          throw isRoleSetsError(error) ? placed(error, file) : error
        })
        return exitCodes.done
      })
    }),
  )
}

async function applyFile(io: Io, client: RoleSetsClient, given: { file: ManifestFile; options: ApplyOptions }) {
  const { file, options } = given
  const described = requestOf(file.manifest)
  const callOptions = writeOptions(options, io)
  const ask: Ask = (how) => client.admin.apply({ ...described, prune: options.prune === true, ...how }, callOptions)
  const preview = await ask({ dryRun: true })
  const changes = preview.steps.length > 0
  const say = async (text: string): Promise<void> => {
    if (!options.json) await io.stdout(text)
  }

  await say(changes ? planText(preview) : nothingText(preview))
  const applies = changes && options.dryRun !== true
  const applied = applies ? await applyAsShown(ask, preview) : preview
  if (applies) await say(`Applied at revision ${applied.revision}.\n`)
  else if (changes) await say('Dry run: nothing was changed.\n')
  if (options.json) await io.stdout(jsonLine({ dryRun: options.dryRun === true, changed: applies, ...applied }))
}

function requestOf({ permissions, roles, role_sets, organizations }: Manifest): ApplyRequest {
  const roleSets = role_sets?.map(({ default_role, creator_role, ...rest }) => {
    return { ...rest, defaultRole: default_role, creatorRole: creator_role }
  })
  const request = {
    permissions,
    roles,
    roleSets,
    organizations: organizations?.map(({ role_set, ...rest }) => ({ ...rest, roleSet: role_set })),
  }
  // The client leaves out what is undefined; its type does not say so.
  return request as ApplyRequest
}

/** Does what was shown, or nothing: another preview that says the same is as good as the first. */
async function applyAsShown(ask: Ask, preview: Applied): Promise<Applied> {
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
    'Others changed the store meanwhile, so that it would no longer do what it printed. Nothing was done. Run it again.',
  )
}

/** The sidecar names the field at fault, from the top (`roles[2].key`) if it is one of the file; the user wants its place. */
function placed(error: RoleSetsError, { name, placeOf }: ManifestFile): RoleSetsError {
  const [field] = error.fields
  const path = field === undefined ? [] : parsePath(snakeCaseName(field.field))
  if (path.length < 3) return error
  const { line, column } = placeOf(path)
  const { cause, detail, fields } = error
  return new RoleSetsError(error.code, `${name}:${line}:${column}: ${error.message}`, { cause, detail, fields })
}
