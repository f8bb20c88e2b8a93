/** `rolesets watch`: each committed write as one line, until Ctrl-C. */

import { isRoleSetsError, RoleSetsError, type RoleSetsErrorCode } from '@rolesets/client'
import { Option } from 'commander'
import { askingVerb, type Given, type Session } from '../run/verb.ts'
import { withoutUndefined } from '../run/without-undefined.ts'
import { changeSetLine } from '../output/change-text.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import { parseRevisionField } from '../../domain/fields.ts'

interface WatchOptions extends ConnectionOptions {
  readonly after?: string
}

const verb = {
  usage: 'watch',
  summary: 'Prints each change as it is committed, until Ctrl-C.',
  options: [
    new Option('--after <revision>', 'begin with the first change after this revision; without it, with the next one'),
  ],
  notes: `
One line for each committed write: revision, time, actor, operation, what changed. With --json, one document on
each line. A lost connection is made again, and no change is missed. Ctrl-C ends it with the exit code 0.

Examples:
  rolesets watch
  rolesets watch --after k3v9x2m1:42
  rolesets watch --json | jq 'select(.operation == "AssignRoleSet")'`,
}

export const watch = askingVerb(verb, ({ io, options }: Given<WatchOptions>) => {
  if (options.after !== undefined) parseRevisionField(options.after, '--after')
  return async (session) => {
    try {
      await follow(session)
    } catch (error) {
      if (!io.signal.aborted) throw explained(error, options)
    }
  }
})

/** What is wrong with the revision of `--after`. The sidecar's own sentence advises a snapshot, which this verb doesn't have. */
const faultsOfAfter: Partial<Record<RoleSetsErrorCode, string>> = {
  cursor_compacted: 'the history before it was compacted',
  cursor_in_the_future: 'it is newer than the store',
  revision_of_another_epoch: 'it belongs to another store, or to this one before it was created anew',
}

function explained(error: unknown, { after }: WatchOptions): unknown {
  const fault = isRoleSetsError(error) ? faultsOfAfter[error.code] : undefined
  if (!isRoleSetsError(error) || fault === undefined || after === undefined) return error
  const message = `Can't begin after revision ${after}: ${fault}. Run watch without --after to begin with the next change.`
  return new RoleSetsError(error.code, message, { cause: error })
}

async function follow({ io, client, options, print }: Session<WatchOptions>): Promise<void> {
  // What the client knows once it is ready is where "the next change" begins: none can fall in between.
  if (options.after === undefined) await client.ready({ timeoutMs: options.timeout * 1_000, signal: io.signal })
  const after = options.after ?? client.status().revision
  if (!options.json)
    io.stderr(`rolesets: watching ${options.target} after revision ${after ?? '(none)'}. Ctrl-C ends it.\n`)
  for await (const changeSet of client.watch({ ...withoutUndefined({ after }), signal: io.signal }))
    await print(changeSet, changeSetLine(changeSet))
}
