/** `rolesets explain`: could this role be granted in this organization at a time, and which write made it so? */

import { exitCodes } from '@rolesets/core'
import { Option, type Command } from 'commander'
import { parseRef } from '../../domain/fields.ts'
import { parseOrganizationId } from '../../domain/questions.ts'
import { changeSetText } from '../output/audit-text.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import type { Io } from '../run/io.ts'
import { jsonLine } from '../output/json.ts'
import { parseTime } from '../run/time.ts'
import { addVerb, reporting, withClient } from '../run/verb.ts'

interface ExplainOptions extends ConnectionOptions {
  readonly at?: string
}

const verb = {
  usage: 'explain <organization> <role>',
  summary: 'Says whether a role could be granted at a given time, and which write made it so.',
  options: [new Option('--at <time>', 'when (ISO 8601 or Unix milliseconds); now if not given')],
  notes: `
The role is a key that it had at that time, or an id. "No" is an answer: it has the exit code 1. A time before the history
that is kept is refused, with the time at which it begins. A time without a zone is UTC.

Examples:
  rolesets explain org_acme org:analyst
  rolesets explain org_acme org:analyst --at 2026-01-31T18:00:00Z`,
}

export function addExplain(program: Command, io: Io): void {
  addVerb(program, io, verb).action((organization: string, role: string, options: ExplainOptions) =>
    reporting(io, options, async () => {
      const question = {
        organizationId: parseOrganizationId(organization, '<organization>'),
        role: parseRef(role, '<role>'),
        ...(options.at === undefined ? {} : { atMs: parseTime(options.at, '--at') }),
      }
      return withClient(io, { options, keyUse: 'optional' }, async (client) => {
        const call = { deadlineMs: options.timeout * 1_000, signal: io.signal }
        const explained = await client.admin.explain(question, call)
        const { because, explanation } = explained
        const text = `${explanation}\n${because === undefined ? '' : `\n${changeSetText(because)}`}`
        await io.stdout(options.json ? jsonLine({ ...question, ...explained }) : text)
        return explained.allowed ? exitCodes.yes : exitCodes.no
      })
    }),
  )
}
