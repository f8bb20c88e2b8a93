/** `rolesets schema`: the JSON Schema of the file that `rolesets apply` reads, for editors. */

import { localVerb } from '../run/verb.ts'
import { manifestJsonSchema } from '../manifest/schema.ts'

const verb = {
  usage: 'schema',
  summary: 'Prints the JSON Schema of the file that `rolesets apply` reads.',
  notes: `
Editors with a YAML language server check a file that begins with
  # yaml-language-server: $schema=rolesets.schema.json

Example:
  rolesets schema > rolesets.schema.json`,
}

export const schema = localVerb(verb, async ({ io }) => {
  await io.stdout(`${JSON.stringify(manifestJsonSchema(), null, 2)}\n`)
})
