/**
 * `rolesets keys`: the access keys of a sidecar. Each key is shown once, when it is created; the sidecar stores only a
 * hash.
 */

import type { AccessKey } from '@rolesets/client'
import { Option } from 'commander'
import { askingVerb, noun, type Given } from '../run/verb.ts'
import { writeVerb, type WriteOptions } from '../run/write.ts'
import { parseRef } from '../../domain/fields.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import { printPages } from '../run/pages.ts'
import { jsonLine } from '../output/json.ts'
import { tableText } from '../output/table.ts'

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
  needsKey: true,
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

const create = writeVerb(createVerb, ({ io, options }: Given<CreateOptions>, typed: string) => {
  const name = parseRef(typed, '<name>')
  const isReadOnly = options.readOnly === true
  const words = `a ${isReadOnly ? 'read-only' : 'secret'} key ${name}`
  return {
    ask: (admin, { dryRun }, limits) =>
      admin.createAccessKey({ name, access: isReadOnly ? 'READ' : 'SECRET', dryRun }, limits),
    outcome: () => ({
      is: `There is ${words}`,
      would: `There would be ${words}`,
      after: '. Keep it: it is not shown again.',
    }),
    /** On standard output stands the key and nothing else, so that it can go straight into a file. */
    show: async ({ key }, shown) => {
      if ('document' in shown) return io.verbatim(jsonLine(shown.document))
      io.stderr(shown.text)
      if (key) await io.verbatim(`${key}\n`)
    },
  }
})

const list = askingVerb(listVerb, ({ io, options: { json } }: Given<ConnectionOptions>) => ({ client, limits }) => {
  return printPages(io, {
    json,
    read: async (page) => {
      const { accessKeys: items, nextPageToken } = await client.admin.listAccessKeys(page, limits)
      return { items, nextPageToken }
    },
    textOf: (accessKeys) => tableText(accessKeys.map(rowOf)),
    none: 'There are no keys, besides those of the settings of the sidecar.',
  })
})

const revoke = writeVerb(revokeVerb, (_given: Given<WriteOptions>, name: string) => {
  const accessKey = parseRef(name, '<name>')
  return {
    ask: (admin, how, limits) => admin.revokeAccessKey({ accessKey, ...how }, limits),
    outcome: () => ({ is: `The key ${name} is revoked`, would: `The key ${name} would be revoked` }),
  }
})

export const keys = noun({ usage: 'keys', summary: 'Creates, lists and revokes the keys of the sidecar.' }, [
  create,
  list,
  revoke,
])

function rowOf({ id, name, access, createdAtMs, revokedAtMs }: AccessKey): readonly string[] {
  const revoked = revokedAtMs === 0 ? '' : `revoked ${new Date(revokedAtMs).toISOString()}`
  return [name, id, access.toLowerCase(), `made ${new Date(createdAtMs).toISOString()}`, revoked]
}
