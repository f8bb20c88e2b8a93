/** `rolesets log`: what was changed, by whom and when. */

import { exitCodes } from '@rolesets/core'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { changeSetText } from '../output/audit-text.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import type { Io } from '../run/io.ts'
import { jsonLine } from '../output/json.ts'
import { parseTime } from '../run/time.ts'
import { addVerb, reporting, withClient } from '../run/verb.ts'

interface LogOptions extends ConnectionOptions {
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
  options: [
    new Option('--thing <key or id>', 'only changes of this: a permission, role, role set, organization, user, …'),
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
  rolesets log --actor alice --operation ReplaceRole --from 2026-01-01
  rolesets log --oldest-first --limit 1000000 --json > history.jsonl`,
}

export function addLog(program: Command, io: Io): void {
  addVerb(program, io, verb).action((options: LogOptions) =>
    reporting(io, options, async () => {
      const filter = filterOf(options)
      return withClient(io, { options, keyUse: 'required' }, async (client) => {
        let left = options.limit
        let pageToken = ''
        do {
          const page = { pageSize: Math.min(left, pageSizeMax), ...(pageToken === '' ? {} : { pageToken }) }
          const call = { deadlineMs: options.timeout * 1_000, signal: io.signal }
          const { changeSets, nextPageToken } = await client.admin.listChanges({ ...filter, ...page }, call)
          for (const changeSet of changeSets) await io.stdout((options.json ? jsonLine : changeSetText)(changeSet))
          left -= changeSets.length
          pageToken = nextPageToken
        } while (pageToken !== '' && left > 0 && !io.signal.aborted)
        if (pageToken !== '' && !options.json) io.stderr(`rolesets: there is more; raise --limit ${options.limit}.\n`)
        return exitCodes.yes
      })
    }),
  )
}

function filterOf({ thing, actor, operation, from, to, oldestFirst }: LogOptions) {
  return {
    ...(thing === undefined ? {} : { thing }),
    ...(actor === undefined ? {} : { actor }),
    ...(operation === undefined ? {} : { operation }),
    ...(from === undefined ? {} : { fromMs: parseTime(from, '--from') }),
    ...(to === undefined ? {} : { toMs: parseTime(to, '--to') }),
    ...(oldestFirst === undefined ? {} : { oldestFirst }),
  }
}

function parseLimit(text: string): number {
  const limit = /^\d{1,7}$/.test(text) ? Number(text) : 0
  if (limit > 0 && limit <= limitMax) return limit
  throw new InvalidArgumentError(`Give a number from 1 to ${limitMax}.`)
}
