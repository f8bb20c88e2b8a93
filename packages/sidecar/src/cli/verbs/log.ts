/** `rolesets log`: lists what was changed, by which actor and when. */

import { InvalidArgumentError, Option } from 'commander'
import { askingVerb, type Given } from '../run/verb.ts'
import { withoutUndefined } from '../run/without-undefined.ts'
import { changeSetText, shownChangeSet } from '../output/audit-text.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import { scopeOf, type ScopeOptions } from '../run/scopes.ts'
import { parseTime } from '../run/time.ts'

interface LogOptions extends ConnectionOptions, ScopeOptions {
  readonly thing?: string
  readonly actor?: string
  readonly operation?: string
  readonly from?: string
  readonly to?: string
  readonly oldestFirst?: true
  readonly limit: number
}

const limitDefault = 50
const limitMax = 1_000_000
const pageSizeMax = 500

const verb = {
  usage: 'log',
  summary: 'Prints what was changed, by whom and when, the newest first.',
  needsKey: true,
  options: [
    new Option('--thing <key or id>', 'only changes of this: a permission, role, role set, organization, user, …'),
    new Option('--scope <scope>', 'only changes of this scope; with --thing, in that organization'),
    new Option('--actor <name>', 'only changes by this actor'),
    new Option('--operation <name>', 'only this operation, for example ReplaceRole'),
    new Option('--from <time>', 'from this time on (ISO 8601 or Unix milliseconds)'),
    new Option('--to <time>', 'before this time'),
    new Option('--oldest-first', 'the oldest first, instead of the newest'),
    new Option('--limit <n>', 'at most this many writes').argParser(parseLimit).default(limitDefault),
  ],
  notes: `
What is given must all hold. A key finds its thing also after it was renamed or deleted. Only the history that is kept can
be shown. A time without a zone is UTC. With --json, one document on each line, with what was before and after, and the seal.

Examples:
  rolesets log --thing org:analyst
  rolesets log --thing org_acme --scope department:pharmacy
  rolesets log --actor alice --operation ReplaceRole --from 2026-01-01
  rolesets log --oldest-first --limit 1000000 --json > history.jsonl`,
}

export const log = askingVerb(verb, ({ io, options }: Given<LogOptions>) => {
  const { thing, actor, operation, from, to, oldestFirst, limit, json } = options
  const fromMs = from === undefined ? undefined : parseTime(from, '--from')
  const toMs = to === undefined ? undefined : parseTime(to, '--to')
  const filter = withoutUndefined({ thing, ...scopeOf(options), actor, operation, fromMs, toMs, oldestFirst })
  return async ({ client, limits, print }) => {
    let left = limit
    let pageToken = ''
    do {
      const page = { pageSize: Math.min(left, pageSizeMax), pageToken }
      const { changeSets, nextPageToken } = await client.admin.listChanges({ ...filter, ...page }, limits)
      for (const changeSet of changeSets) await print(shownChangeSet(changeSet), changeSetText(changeSet))
      left -= changeSets.length
      pageToken = nextPageToken
    } while (pageToken !== '' && left > 0 && !io.signal.aborted)
    if (pageToken !== '' && !json) io.stderr(`rolesets: there is more; raise --limit ${limit}.\n`)
  }
})

function parseLimit(text: string): number {
  const limit = /^\d{1,7}$/.test(text) ? Number(text) : 0
  if (limit > 0 && limit <= limitMax) return limit
  throw new InvalidArgumentError(`Give a number from 1 to ${limitMax}.`)
}
