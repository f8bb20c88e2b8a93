/** `rolesets keys`: the keys that open a sidecar. Each is shown once, when it is made; the sidecar keeps only a hash. */

import { exitCodes } from '@rolesets/core'
import type { AccessKey, AccessKeyCreated, Preview } from '@rolesets/client'
import { Option, type Command } from 'commander'
import { parseRef } from '../../domain/fields.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import type { Io } from '../run/io.ts'
import { jsonLine } from '../output/json.ts'
import { printPages } from '../run/pages.ts'
import { tableText } from '../output/table.ts'
import { addGroup, addVerb, reporting, withClient } from '../run/verb.ts'
import { addWriteVerb, exitCodeOfWrite, runWrite, sendWrite, writeText, type WriteOptions } from '../run/write.ts'

interface CreateOptions extends WriteOptions {
  readonly readOnly?: true
}

const createVerb = {
  usage: 'create <name>',
  summary: 'Creates a key and prints it. It is not shown again.',
  options: [new Option('--read-only', 'it may ask and watch, but not write')],
  onRevision: false,
  notes: `
The key is all that is on standard output; everything else is on standard error. The history shows the name as the
actor of what is done with the key. The name can't be used again, also after the key is revoked.

Examples:
  rolesets keys create billing --key-file rolesets.db.key > billing.key
  rolesets keys create dashboard --read-only --key-file rolesets.db.key > dashboard.key`,
}

const listVerb = {
  usage: 'list',
  summary: 'Lists the keys, also those that were revoked.',
  notes: `
With --json, one document on each line. The keys of the sidecar's own settings are not among them.

Example:
  rolesets keys list --key-file rolesets.db.key`,
}

const revokeVerb = {
  usage: 'revoke <name>',
  summary: "Revokes a key. It can't be used any more.",
  onRevision: true,
  notes: `
It holds at once, also for streams that the key has opened. <name> may be the id.

Example:
  rolesets keys revoke billing --key-file rolesets.db.key`,
}

export function addKeys(program: Command, io: Io): void {
  const keys = addGroup(program, io, { usage: 'keys', summary: 'Makes, lists and revokes the keys of the sidecar.' })
  addWriteVerb(keys, io, createVerb).action((name: string, options: CreateOptions) =>
    reporting(io, options, async () => {
      const access = options.readOnly === true ? 'READ' : 'SECRET'
      const answer = await sendWrite(io, options, (client, { dryRun }, limits) =>
        client.admin.createAccessKey({ name: parseRef(name, '<name>'), access, dryRun }, limits),
      )
      await printCreated(io, options, { answer, name })
      return exitCodeOfWrite(answer)
    }),
  )
  addVerb(keys, io, listVerb).action((options: ConnectionOptions) =>
    reporting(io, options, async () => {
      const limits = { deadlineMs: options.timeout * 1_000, signal: io.signal }
      await withClient(io, { options, keyUse: 'required' }, (client) =>
        printPages(io, {
          json: options.json,
          read: async (page) => {
            const { accessKeys: items, nextPageToken } = await client.admin.listAccessKeys(page, limits)
            return { items, nextPageToken }
          },
          textOf: (accessKeys) => tableText(accessKeys.map(rowOf)),
        }),
      )
      return exitCodes.yes
    }),
  )
  addWriteVerb(keys, io, revokeVerb).action((name: string, options: WriteOptions) =>
    reporting(io, options, () => {
      const accessKey = parseRef(name, '<name>')
      return runWrite(io, options, {
        ask: (client, how, limits) => client.admin.revokeAccessKey({ accessKey, ...how }, limits),
        sentences: ({ revision }, dryRun) => [
          dryRun ? `The key ${name} would be revoked.` : `The key ${name} is revoked (revision ${revision}).`,
        ],
      })
    }),
  )
}

/** On standard output stands the key and nothing else, so that it can go straight into a file. */
async function printCreated(
  io: Io,
  options: CreateOptions,
  { answer, name }: { answer: Preview<AccessKeyCreated>; name: string },
): Promise<void> {
  const dryRun = options.dryRun === true
  if (options.json) return io.stdout(jsonLine({ dryRun, ...answer }))
  const kind = options.readOnly === true ? 'read-only' : 'secret'
  const sentences = dryRun
    ? [`There would be a ${kind} key ${name}.`]
    : [`There is a ${kind} key ${name} (revision ${answer.revision}). Keep it: it is not shown again.`]
  io.stderr(writeText(answer, options, { sentences: () => sentences }))
  if (answer.key) await io.stdout(`${answer.key}\n`)
}

function rowOf({ id, name, access, createdAtMs, revokedAtMs }: AccessKey): readonly string[] {
  const created = `made ${new Date(createdAtMs).toISOString()}`
  return [
    name,
    id,
    access.toLowerCase(),
    created,
    revokedAtMs === 0 ? '' : `revoked ${new Date(revokedAtMs).toISOString()}`,
  ]
}
