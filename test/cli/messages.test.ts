/** What a verb says to do can be done with that verb: no message and no help names a flag that it lacks. */

import { RoleSetsError, type RoleSetsErrorCode, type Remedy } from '@rolesets/client'
import { clientCodes, errorCodes } from '@rolesets/core'
import test from 'ava'
import { Command } from 'commander'
import type { ProcessIo } from '../../packages/sidecar/src/cli/run/io.ts'
import { remedies, sentenceOf } from '../../packages/sidecar/src/cli/run/failure.ts'
import { addVerbs } from '../../packages/sidecar/src/cli/verbs.ts'
import { Redaction } from '../../packages/sidecar/src/redaction.ts'
import { stoppedClock } from './command-line.ts'
import { openPlace, pricingTiers } from './pricing-tiers.ts'

const io: ProcessIo = {
  ...{ args: [], env: {}, isTerminal: false, signal: new AbortController().signal, clock: stoppedClock },
  stdout: async () => undefined,
  bytes: async () => undefined,
  stderr: () => undefined,
  stdin: async function* () {},
  setExitCode: () => undefined,
}

interface KnownVerb {
  readonly path: string
  readonly flags: readonly string[]
  readonly help: string
}

function verbsBelow(command: Command, path: string): readonly KnownVerb[] {
  if (command.commands.length > 0) return command.commands.flatMap((each) => verbsBelow(each, `${path}${each.name()} `))
  let help = ''
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
  const flags = command.options.flatMap(({ long }) => long ?? [])
  return [{ path: path.trim(), flags: [...flags, '--help'], help }]
}

const program = new Command('rolesets')
addVerbs(program, io, new Redaction())
const verbs = verbsBelow(program, '')
const flagsIn = (text: string) => [...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag)

test('no error of the sidecar or of the connection is explained with a flag that the verb lacks', (t) => {
  const codes = [...clientCodes, ...Object.keys(errorCodes)] as readonly RoleSetsErrorCode[]
  const errors = [
    ...codes.map((code) => new RoleSetsError(code, 'No.')),
    ...(['target', 'key', 'tls', 'insecure', 'actor', 'deadlineMs'] as const).map(
      (field) => new RoleSetsError('invalid_argument', 'No.', { fields: [{ field, description: 'is wrong.' }] }),
    ),
    ...remedies.map((remedy: Remedy) => new RoleSetsError('unavailable', 'No.', { remedy })),
  ]
  const connected = verbs.filter(({ flags }) => flags.includes('--target'))
  t.true(connected.length > 20)
  for (const { path, flags } of connected) {
    const keyFlag = flags.includes('--target-key') ? '--target-key' : '--key'
    for (const error of errors) {
      // Only writes name their actor, and only a verb that has this flag can give a malformed one.
      if (error.fields[0]?.field === 'actor' && !flags.includes('--actor')) continue
      for (const flag of flagsIn(sentenceOf(error, { keyFlag, flags })))
        t.true(flags.includes(flag), `${path}: ${flag}`)
    }
  }
})

/** Flags that stand behind the name of another verb that has them: `assign --scope`, `rolesets apply -f - --dry-run`. */
function withoutOthers(text: string): string {
  const commands = text.split(/[|\n]/).map((part) => {
    const [, typed = ''] = /rolesets ([a-z -]+)/.exec(part) ?? []
    const other = verbs.find(({ path }) => `${typed} `.startsWith(`${path} `))
    return other?.flags.reduce((rest, flag) => rest.replace(flag, ''), part) ?? part
  })
  const pattern = /([a-z-]+) (--[a-z-]+)/g
  const isOfOther = (name: string, flag: string) =>
    verbs.some(({ path, flags }) => path.split(' ').at(-1) === name && flags.includes(flag))
  return commands
    .join('\n')
    .replace(pattern, (found, name: string, flag: string) => (isOfOther(name, flag) ? '' : found))
}

test('the help of a verb names only its own flags, and those of other verbs with their names', (t) => {
  for (const { path, flags, help } of verbs)
    for (const flag of flagsIn(withoutOthers(help))) t.true(flags.includes(flag), `${path}: ${flag}`)
})

test('a missing mapping is explained for the file where the verb reads one', async (t) => {
  const { type, operator, file } = await openPlace(t)
  await type(['apply', '-f', pricingTiers])
  await operator.admin.assignRoleSet({ organizationId: 'org_globex', roleSet: 'role_set:pro' })
  await operator.admin.createMembership({ organizationId: 'org_globex', userId: 'user_1', role: 'org:analyst' })
  const path = await file('organizations:\n  - { id: org_globex, role_set: role_set:free }\n')
  const applied = await type(['apply', '-f', path])
  t.is(applied.exitCode, 1)
  t.regex(applied.stderr, /In the file, these are the mappings of the organization, the scope/)
  t.notRegex(applied.stderr, /--map/)
  const assigned = await type(['assign', 'org_globex', 'role_set:free'])
  t.regex(assigned.stderr, /That is --map <from>=<to>\.\n$/)
})
