/** docs/cli.md and docs/manifest.md say what the commands do: same options, same exit codes, and what they show works. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import test from 'ava'
import { exitCodes } from '../../packages/sidecar/src/cli/io.ts'
import { manifestSchema } from '../../packages/sidecar/src/cli/manifest-schema.ts'
import { parseManifest } from '../../packages/sidecar/src/cli/manifest.ts'
import { addVerbs } from '../../packages/sidecar/src/cli/verbs.ts'
import { codeBlocksOf, commandsOf, projectRoot } from '../docs/code-blocks.ts'
import { stoppedClock } from './command-line.ts'
import { openPlace } from './pricing-tiers.ts'

const cliPage = await readFile(join(projectRoot, 'docs/cli.md'), 'utf8')
const manifestPage = await readFile(join(projectRoot, 'docs/manifest.md'), 'utf8')

const program = new Command('rolesets')
addVerbs(program, {
  stdout: () => undefined,
  stderr: () => undefined,
  stdin: async function* () {},
  isTerminal: false,
  clock: stoppedClock,
  env: {},
  signal: new AbortController().signal,
  setExitCode: () => undefined,
})

/** The long flags of the first column of the tables below a heading. */
function documentedFlags(heading: string): readonly string[] {
  const [, section = ''] = new RegExp(`^## ${heading}\\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(cliPage) ?? []
  return [...section.matchAll(/^\| (`-[^|]+) \|/gm)].flatMap(([, cell = '']) => cell.match(/--[a-z-]+/g) ?? []).sort()
}

const connection = documentedFlags('Which sidecar, and with which key')

for (const verb of program.commands) {
  test(`the page lists the options of rolesets ${verb.name()}`, (t) => {
    const flags = verb.options.map(({ long }) => long ?? '').sort()
    const expected = verb.name() === 'schema' ? ['--json'] : [...connection, ...documentedFlags(verb.name())].sort()
    t.deepEqual(flags, expected)
  })

  test(`the page says about rolesets ${verb.name()} what --help says`, (t) => {
    t.true(cliPage.includes(`| \`rolesets ${verb.name()}\` | ${verb.description()} |`))
  })
}

test('the page lists the exit codes', (t) => {
  const listed = [...cliPage.matchAll(/^\| (\d) \| /gm)].map(([, code]) => Number(code))
  t.deepEqual(listed, Object.values(exitCodes))
})

test('the commands that the page shows work', async (t) => {
  const { type } = await openPlace(t)
  const blocks = (await codeBlocksOf('docs/cli.md')).filter(({ language }) => language === 'sh')
  const commands = blocks.flatMap(commandsOf)
  t.true(commands.length >= 10)
  // What the others ask about is described by the file that apply is shown with.
  const inOrder = [...commands.filter((line) => line.includes(' apply ')), ...commands]
  for (const line of inOrder) {
    const [, ...args] = line.split(' ')
    const interrupted = args[0] === 'watch' ? { signal: AbortSignal.abort() } : {}
    const { exitCode, stderr } = await type(args, interrupted)
    t.is(exitCode, 0, `${line}\n${stderr}`)
  }
})

test('the files that the page shows can be applied', async (t) => {
  const { type, file } = await openPlace(t)
  const blocks = (await codeBlocksOf('docs/manifest.md')).filter(({ language }) => language === 'yaml')
  t.is(blocks.length, 2)
  for (const { code } of blocks) {
    t.deepEqual(parseManifest(code).faults, [])
    const { exitCode, stderr } = await type(['apply', '-f', await file(code), '--prune'])
    t.is(exitCode, 0, stderr)
  }
})

test('the page lists every field of the file', (t) => {
  const rows = [...manifestPage.matchAll(/^\| (`\w+\[\]\.[^|]+) \|/gm)].flatMap(([, cell = '']) => {
    const [list = ''] = /\w+\[\]/.exec(cell) ?? []
    return [...cell.matchAll(/\.(\w+)`/g)].map(([, field]) => `${list}.${field}`)
  })
  const fields = Object.entries(manifestSchema.shape).flatMap(([list, schema]) => {
    return Object.keys(schema.unwrap().element.shape).map((field) => `${list}[].${field}`)
  })
  t.deepEqual(rows.sort(), fields.sort())
})
