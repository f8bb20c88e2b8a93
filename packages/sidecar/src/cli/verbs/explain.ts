/** `rolesets explain`: could this role be granted in this organization, or in this scope of it, at a time, and which write made it so? */

import { Option } from 'commander'
import { parseId, parseRef } from '../../domain/fields.ts'
import { askingVerb, type Given } from '../run/verb.ts'
import { withoutUndefined } from '../run/without-undefined.ts'
import { exitCodes } from '@rolesets/core'
import { changeSetText } from '../output/audit-text.ts'
import { linesText } from '../output/lines.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import { scopeOf, scopeOption, type ScopeOptions } from '../run/scopes.ts'
import { parseTime } from '../run/time.ts'

interface ExplainOptions extends ConnectionOptions, ScopeOptions {
  readonly at?: string
}

const verb = {
  usage: 'explain <organization> <role>',
  summary: 'Says whether a role could be granted at a given time, and which write made it so.',
  options: [scopeOption, new Option('--at <time>', 'when (ISO 8601 or Unix milliseconds); now if not given')],
  notes: `
The role is a key that it had at that time, or an id. "No" is an answer: it has the exit code 1. A time before the history
that is kept is refused, with the time at which it begins. A time without a zone is UTC. Of a scope, it also says why the
scope had its role set, and which write gave it this set.

Examples:
  rolesets explain org_acme org:analyst
  rolesets explain org_acme org:pharmacist --scope department:pharmacy
  rolesets explain org_acme org:analyst --at 2026-01-31T18:00:00Z`,
}

export const explain = askingVerb(verb, ({ options }: Given<ExplainOptions>, organization: string, role: string) => {
  const question = {
    organizationId: parseId(organization, '<organization>'),
    ...scopeOf(options),
    role: parseRef(role, '<role>'),
    ...(options.at === undefined ? {} : { atMs: parseTime(options.at, '--at') }),
  }
  return async ({ client, limits, print }) => {
    const { origin, placeBecause, ...explained } = await client.admin.explain(question, limits)
    const { allowed, because, explanation } = explained
    const writes = [because, placeBecause?.revision === because?.revision ? undefined : placeBecause]
    const texts = writes.flatMap((changeSet) => (changeSet === undefined ? [] : [`\n${changeSetText(changeSet)}`]))
    const ofScope = question.scope === undefined ? {} : withoutUndefined({ origin, placeBecause })
    await print({ ...question, ...explained, ...ofScope }, `${linesText([explanation])}${texts.join('')}`)
    return allowed ? exitCodes.yes : exitCodes.no
  }
})
