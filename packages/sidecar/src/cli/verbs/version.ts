/** `rolesets version`: the version of the command, as `--version` prints it, and with `--json` for programs. */

import type { AddVerb } from '../run/verb.ts'
import { localVerb } from '../run/verb.ts'
import { jsonLine } from '../output/json.ts'

const verb = {
  usage: 'version',
  summary: 'Prints the version of the command.',
  notes: `
Example:
  rolesets version --json`,
}

export const version: AddVerb = (program, io) =>
  localVerb<{ json?: true }>(verb, async ({ options }) => {
    const number = program.version() ?? ''
    await io.stdout(options.json ? jsonLine({ version: number }) : `${number}\n`)
  })(program, io)
