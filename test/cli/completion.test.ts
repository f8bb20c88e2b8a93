/** `completion`: scripts that shells accept, and that offer what the command has at each place. */

import { execFile, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { type } from './command-line.ts'

const execute = promisify(execFile)

/** What is typed, up to the cursor, and what is offered among others; undefined: nothing at all. */
const offers: readonly (readonly [string, readonly string[] | undefined])[] = [
  ['rolesets ap', ['apply']],
  ['rolesets get ', ['organizations', 'role-sets', 'roles', 'permissions', 'members', 'invitations']],
  ['rolesets get inv', ['invitations']],
  ['rolesets get --json organizations --role', ['--role-set']],
  ['rolesets keys create --read', ['--read-only']],
  ['rolesets import ', ['clerk']],
  ['rolesets completion ', ['bash', 'zsh', 'fish']],
  ['rolesets apply --file one.yaml --pr', ['--prune']],
  ['rolesets apply -f on', ['one.yaml']],
  ['rolesets --vers', ['--version']],
  ['rolesets check org_x --target ', undefined],
  ['rolesets nonsense ', ['apply']],
  ['rolesets version x', undefined],
]

async function scriptFor(shell: string): Promise<string> {
  const { exitCode, stdout, stderr } = await type(['completion', shell])
  if (exitCode !== 0) throw new Error(stderr)
  return stdout
}

function lacking(shell: string): string | undefined {
  return spawnSync(shell, ['--version']).error === undefined
    ? undefined
    : `skipped: ${shell}, because it isn't installed`
}

test('bash accepts the script, and completes verbs, options and paths', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'one.yaml'), '')
  await writeFile(join(folder, 'script'), await scriptFor('bash'))
  await execute('bash', ['-n', 'script'], { cwd: folder })
  const asked = offers.map(([line]) => {
    const words = line.split(' ')
    return `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _rolesets; echo "\${COMPREPLY[*]}"`
  })
  const program = ['set -u', '. ./script', 'complete -p rolesets', ...asked].join('\n')
  const { stdout, stderr } = await execute('bash', ['--norc', '-c', program], { cwd: folder })
  t.is(stderr, '')
  const [registered, ...answers] = stdout.split('\n')
  t.is(registered, 'complete -F _rolesets rolesets')
  for (const [at, [line, expected]] of offers.entries()) {
    const offered = answers[at]?.split(' ') ?? []
    if (expected === undefined) t.deepEqual(offered, [''], line)
    else for (const word of expected) t.true(offered.includes(word), `${line}: ${offered.join(' ')}`)
  }
})

test('fish accepts the script, and completes verbs and options', async (t) => {
  const lack = lacking('fish')
  if (lack !== undefined) return void t.pass(lack)
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'one.yaml'), '')
  await writeFile(join(folder, 'script'), await scriptFor('fish'))
  const ask = offers.map(([line]) => `complete -C '${line}'; echo =`)
  const program = ['source script', ...ask].join('\n')
  const env = { ...process.env, HOME: folder }
  const { stdout } = await execute('fish', ['--no-config', '-c', program], { cwd: folder, env })
  const answers = stdout.split('=\n')
  for (const [at, [line, expected]] of offers.entries()) {
    const offered = answers[at]?.split('\n').map((answer) => answer.split('\t')[0]) ?? []
    for (const word of expected ?? []) t.true(offered.includes(word), `${line}: ${offered.join(' ')}`)
  }
})

test('zsh accepts the script', async (t) => {
  const lack = lacking('zsh')
  if (lack !== undefined) return void t.pass(lack)
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'script'), await scriptFor('zsh'))
  await execute('zsh', ['-n', 'script'], { cwd: folder })
  t.pass()
})

test('another shell is refused, and the message says which there are', async (t) => {
  const { exitCode, stderr } = await type(['completion', 'tcsh'])
  t.is(exitCode, 2)
  t.regex(stderr, /bash, zsh, fish/)
  const { script, shell } = JSON.parse((await type(['completion', 'fish', '--json'])).stdout) as Record<string, string>
  t.is(shell, 'fish')
  t.is(script, await scriptFor('fish'))
})
