/** `rolesets schema`: the JSON Schema of the file that `rolesets apply` reads, for editors. */

import { exitCodes } from '@rolesets/core'
import type { Command } from 'commander'
import type { Io } from '../run/io.ts'
import { manifestJsonSchema } from '../manifest/schema.ts'
import { addLocalVerb, reporting } from '../run/verb.ts'

const verb = {
  usage: 'schema',
  summary: 'Prints the JSON Schema of the file that `rolesets apply` reads.',
  notes: `
Editors with a YAML language server check a file that begins with
  # yaml-language-server: $schema=rolesets.schema.json

Example:
  rolesets schema > rolesets.schema.json`,
}

export function addSchema(program: Command, io: Io): void {
  addLocalVerb(program, io, verb).action((options: { json?: true }) =>
    reporting(io, options, async () => {
      await io.stdout(`${JSON.stringify(manifestJsonSchema(), null, 2)}\n`)
      return exitCodes.yes
    }),
  )
}
