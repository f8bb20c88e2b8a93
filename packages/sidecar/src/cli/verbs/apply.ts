/**
 * `rolesets apply`: brings the sidecar to the state that a file describes. It asks first what that would do, prints it, and
 * then does exactly that: if the store has changed in between so that it would do something else, nothing is done.
 */

import { isRoleSetsError, RoleSetsError, type Applied } from '@rolesets/client'
import type { ManifestSource } from '../manifest/file.ts'
import { withShownImpact } from '../output/impact.ts'
import { jsonLine } from '../output/json.ts'
import { connectedVerb, type Given } from '../run/verb.ts'
import { dryRunText, exitCodeOfWrite, howOf, writing, type WriteOptions, type WriteVerb } from '../run/write.ts'
import {
  describedOptions,
  previewText,
  refusalsOf,
  withDescribed,
  type Ask,
  type DescribedOptions,
} from './described-state.ts'

/** Other writers may change other things in between. After so many attempts it gives up. */
const attemptsMax = 10

const verb: WriteVerb = {
  usage: 'apply',
  summary: 'Brings permissions, roles, role sets and organizations to the state that a file describes.',
  options: describedOptions,
  onRevision: true,
  endsAdministrators: true,
  notes: `
Prints what it will create and change before it does it. All of it is one revision, or nothing is done. What the file
does not describe is left alone; with --prune, custom permissions, roles, role sets, kinds and defaults of scopes that it
does not describe are deleted, roles that a described set does not list are taken out of it, and where an organization
has a list of scopes, the others lose their names and role sets. Organizations are never deleted.
The file: docs/manifest.md; its JSON Schema: rolesets schema. Without doing it: rolesets plan. Several files, or those of a
folder, are one manifest, as for ROLESETS_MANIFEST.

Examples:
  rolesets apply -f rolesets.yaml --dry-run --key-file rolesets.db.key
  rolesets apply -f rolesets.yaml --key-file rolesets.db.key
  rolesets apply -f roles.yaml -f organizations/ --key-file rolesets.db.key
  generate-roles | rolesets apply -f - --prune`,
}

export const apply = connectedVerb(writing(verb), async (given: Given<DescribedOptions>) =>
  withDescribed({ ...given, needsKey: true }, async (described) => exitCodeOfWrite(await applyFile(given, described))),
)

async function applyFile({ io, options }: Given<DescribedOptions>, { file, ask }: { file: ManifestSource; ask: Ask }) {
  const { dryRun, allowNoAdministrator: _inEachCall, ...expected } = howOf(options)
  const preview = await ask({ dryRun: true, ...expected })
  const [refusal] = refusalsOf(preview)
  if (refusal !== undefined && !dryRun) throw refusal
  const say = async (text: string): Promise<void> => {
    if (!options.json) await io.stdout(text)
  }

  const changes = preview.steps.length > 0
  await say(previewText(preview, file))
  const applies = changes && !dryRun
  const applied = applies ? await applyAsShown(ask, preview, options) : preview
  if (applies) await say(`Applied at revision ${applied.revision}.\n`)
  else if (changes || refusal !== undefined) await say(`${dryRunText(preview)}\n`)
  if (options.json) await io.stdout(jsonLine({ dryRun, changed: applies, ...withShownImpact(applied) }))
  return applied
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
