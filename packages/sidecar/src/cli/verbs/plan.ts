/** `rolesets plan`: what `rolesets apply` would do, without doing it. Its exit code tells a script whether there is anything. */

import type { Applied } from '@rolesets/client'
import { exitCodes, type ExitCode } from '@rolesets/core'
import { withShownImpact } from '../output/impact.ts'
import { jsonLine } from '../output/json.ts'
import { linesText } from '../output/lines.ts'
import { timeoutSecondsMax } from '../run/connection.ts'
import { connectedVerb, type Given } from '../run/verb.ts'
import { allowNoAdministratorOption } from '../run/write.ts'
import { describedOptions, previewText, withDescribed, type DescribedOptions } from './described-state.ts'

const verb = {
  usage: 'plan',
  summary: 'Prints what `rolesets apply` would do with a file, and changes nothing.',
  options: [...describedOptions, allowNoAdministratorOption],
  timeoutSeconds: timeoutSecondsMax,
  refusedExitCode: exitCodes.usage,
  exitCodesHelp: `
Exit codes:
  0  there is nothing to change
  1  there are changes
  2  the command line or the file is wrong, or apply would be refused
  3  no answer: the sidecar can't be reached, is too slow, or does not accept the key`,
  notes: `
Prints what apply prints before it acts: what it would create, change and delete, whose roles change, and which roles in use
need a mapping. If apply would be refused, it prints every reason. A read key is enough. It also works with a read-only
sidecar, and shows there how its state differs from the file.

Examples:
  rolesets plan -f rolesets.yaml --key-file read.key
  rolesets plan -f roles.yaml -f organizations/ --key-file read.key
  rolesets plan -f rolesets.yaml --prune --json --key-file read.key`,
} as const

export const plan = connectedVerb(verb, async (given: Given<DescribedOptions>) => {
  const { io, options } = given
  return withDescribed({ ...given, needsKey: false }, async ({ file, ask }) => {
    const preview = await ask({ dryRun: true })
    if (options.json) await io.stdout(jsonLine({ dryRun: true, changed: false, ...withShownImpact(preview) }))
    else await io.stdout(`${previewText(preview, file)}${endText(preview)}`)
    return exitCodeOfPlan(preview)
  })
})

function exitCodeOfPlan({ steps, impact }: Applied): ExitCode {
  if (impact.violations.length > 0) return exitCodes.usage
  return steps.length > 0 ? exitCodes.no : exitCodes.yes
}

function endText({ steps, impact, revision }: Applied): string {
  if (impact.violations.length > 0) return linesText([`Plan: apply would be refused at revision ${revision}.`])
  return steps.length === 0
    ? ''
    : linesText([`Plan: apply would do this at revision ${revision}. Nothing was changed.`])
}
