/** `rolesets watch`: each committed write as one line, until Ctrl-C. */

import type { RoleSetsClient } from '@rolesets/client'
import { Option, type Command } from 'commander'
import { exitCodes } from '@rolesets/core'
import { changeSetLine } from '../output/change-text.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import type { Io } from '../run/io.ts'
import { jsonLine } from '../output/json.ts'
import { addVerb, reporting, withClient } from '../run/verb.ts'
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

export function addWatch(program: Command, io: Io): void {
  addVerb(program, io, verb).action((options: WatchOptions) =>
    reporting(io, options, async () => {
      if (options.after !== undefined) parseRevisionField(options.after, '--after')
      return withClient(io, { options, keyUse: 'optional' }, async (client) => {
        try {
          await follow(io, client, options)
        } catch (error) {
          if (!io.signal.aborted) throw error
        }
        return exitCodes.yes
      })
    }),
  )
}

async function follow(io: Io, client: RoleSetsClient, options: WatchOptions): Promise<void> {
  // What the client knows once it is ready is where "the next change" begins: none can fall in between.
  if (options.after === undefined) await client.ready({ timeoutMs: options.timeout * 1_000, signal: io.signal })
  const after = options.after ?? client.status().revision
  if (!options.json) io.stderr(`Watching ${options.target} after revision ${after ?? '(none)'}. Ctrl-C ends it.\n`)
  const place = after === undefined ? {} : { after }
  for await (const changeSet of client.watch({ ...place, signal: io.signal })) {
    await io.stdout(options.json ? jsonLine(changeSet) : changeSetLine(changeSet))
  }
}
