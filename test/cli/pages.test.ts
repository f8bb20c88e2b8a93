/** docs/cli.md and docs/manifest.md say what the commands do: same options, same exit codes, and what they show works. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import test from 'ava'
import { parseManifestFile } from '../../packages/sidecar/src/manifest/parse.ts'
import { exitCodes, manifestSections, type SectionRule } from '@rolesets/core'
import { Redaction } from '../../packages/sidecar/src/redaction.ts'
import { addVerbs } from '../../packages/sidecar/src/cli/verbs.ts'
import { codeBlocksOf, commandsOf, projectRoot } from '../docs/code-blocks.ts'
import { stoppedClock } from './command-line.ts'
import { openPlace, type Place } from './pricing-tiers.ts'

const cliPage = await readFile(join(projectRoot, 'docs/cli.md'), 'utf8')
const manifestPage = await readFile(join(projectRoot, 'docs/manifest.md'), 'utf8')

const program = new Command('rolesets')
const io = {
  args: [],
  stdout: () => undefined,
  bytes: async () => undefined,
  stderr: () => undefined,
  stdin: async function* () {},
  isTerminal: false,
  clock: stoppedClock,
  env: {},
  signal: new AbortController().signal,
  setExitCode: () => undefined,
}
addVerbs(program, io, new Redaction())

interface Row {
  readonly flags: readonly string[]
  /** The verbs that take them, where the table tells: `all`, `all but `create``, `create`. */
  readonly verbs: string
}

/** The options in the tables below a heading. */
function documentedRows(heading: string): readonly Row[] {
  const [, section = ''] = new RegExp(`^## ${heading}\\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(cliPage) ?? []
  let tellsVerbs = false
  return section.split('\n').flatMap((line) => {
    if (line.startsWith('| option ')) tellsVerbs = line.startsWith('| option | for |')
    const [, cell = '', next = ''] = /^\| (`-[^|]+) \|([^|]*)\|/.exec(line) ?? []
    const flags = cell.match(/--[a-z-]+/g) ?? []
    return flags.length === 0 ? [] : [{ flags, verbs: tellsVerbs ? next.trim() : 'all' }]
  })
}

function documentedFlags(heading: string, verb: string): readonly string[] {
  return documentedRows(heading)
    .filter(({ verbs }) => (verbs.startsWith('all') ? !verbs.includes(`\`${verb}\``) : verbs.includes(`\`${verb}\``)))
    .flatMap(({ flags }) => flags)
}

interface Leaf {
  /** `keys create` */
  readonly path: string
  /** The heading of its section: `keys`. */
  readonly heading: string
  readonly command: Command
}

const leaves: readonly Leaf[] = program.commands.flatMap((command) => {
  const heading = command.name()
  if (command.commands.length === 0) return [{ path: heading, heading, command }]
  return command.commands.map((verb) => ({ path: `${heading} ${verb.name()}`, heading, command: verb }))
})

/** Those that every verb of its sort has: what asks a sidecar, what changes something. */
function sharedFlags(command: Command): readonly string[] {
  const flags = new Set(command.options.map(({ long }) => long))
  const asks = flags.has('--target') ? documentedFlags('Which sidecar, and with which key', '') : ['--json']
  const changes = flags.has('--dry-run') ? documentedFlags('Changes, and what they would do', command.name()) : []
  return [...asks, ...changes]
}

// What is imported, and from where, has a page of its own, and keys of its own beside those of the sidecar.
for (const { path, heading, command } of leaves.filter(({ heading }) => heading !== 'import')) {
  test(`the page lists the options of rolesets ${path}`, (t) => {
    const flags = command.options.map(({ long }) => long ?? '').sort()
    t.deepEqual(flags, [...sharedFlags(command), ...documentedFlags(heading, command.name())].sort())
  })
}

const groups = program.commands.filter(({ commands }) => commands.length > 0)
for (const { path, command } of [...leaves, ...groups.map((command) => ({ path: command.name(), command }))]) {
  test(`the page says about rolesets ${path} what --help says`, (t) => {
    t.true(cliPage.includes(`| \`rolesets ${path}\` | ${command.description()} |`))
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
  for (const shown of inOrder) {
    const line = await withInvitation(shown, type)
    // Where standard output goes is the shell's business.
    const [command = ''] = line.split(' > ')
    const [, ...args] = command.split(' ')
    const interrupted = args[0] === 'watch' ? { signal: AbortSignal.abort() } : {}
    const { exitCode, stderr } = await type(args, interrupted)
    t.is(exitCode, 0, `${line}\n${stderr}`)
  }
})

/** The page can't know the id of an invitation: it is that of one that is pending. */
async function withInvitation(line: string, type: Place['type']): Promise<string> {
  if (!line.includes('orginv_')) return line
  const { stdout } = await type(['invitations', 'list', 'org_acme', '--status', 'pending', '--json'])
  const { id } = JSON.parse(stdout.split('\n')[0] ?? '') as { id: string }
  return line.replace(/orginv_\S+/, id)
}

test('the files that the page shows can be applied', async (t) => {
  const { type, file } = await openPlace(t)
  const blocks = (await codeBlocksOf('docs/manifest.md')).filter(({ language }) => language === 'yaml')
  t.is(blocks.length, 3)
  for (const { code } of blocks) {
    t.deepEqual(parseManifestFile(code).faults, [])
    const { exitCode, stderr } = await type(['apply', '-f', await file(code), '--prune'])
    t.is(exitCode, 0, stderr)
  }
})

test('the page lists every field of the file', (t) => {
  const rows = [...manifestPage.matchAll(/^\| (`\w+\[\]\.[^|]+) \|/gm)].flatMap(([, cell = '']) => {
    const [list = ''] = /\w+\[\](?:\.\w+\[\])*/.exec(cell) ?? []
    return [...cell.matchAll(/\.(\w+)`/g)].map(([, field]) => `${list}.${field}`)
  })
  const fieldsOf = (list: string, section: SectionRule): readonly string[] =>
    Object.entries(section.fields).flatMap(([field, rule]) => {
      const path = `${list}[].${field}`
      return rule.holds === 'parts' ? [path, ...fieldsOf(path, rule.of)] : [path]
    })
  const fields = Object.entries<SectionRule>(manifestSections).flatMap(([list, section]) => fieldsOf(list, section))
  t.deepEqual(rows.sort(), fields.sort())
})
