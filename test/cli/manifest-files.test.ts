/** apply and plan with several files and with folders: one manifest, read as the sidecar reads its own. */

import { execFileSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { type as typeAway } from './command-line.ts'
import { openPlace, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const place = await openPlace(shared)
test.after.always(() => shared.undoAll())

const roles = 'roles:\n  - key: org:auditor\n  - key: org:guest\n'
const set = `role_sets:
  - key: role_set:audited
    roles: [org:admin, org:auditor]
    default_role: org:auditor
    creator_role: org:admin
`
const organizations = (id: string, roleSet = 'role_set:audited') =>
  `organizations:\n  - id: ${id}\n    role_set: ${roleSet}\n`

async function folderWith(t: Parameters<typeof temporaryFolder>[0], files: Readonly<Record<string, string>>) {
  const folder = await temporaryFolder(t)
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

test('a folder is one manifest, of its files whose names say so', async (t) => {
  const { type } = await openPlace(t)
  const folder = await folderWith(t, {
    'a-organizations.yml': organizations('org_folder'),
    'b.json': '{"roles": [{"key": "org:auditor"}]}',
    'c.yaml': set,
    '.hidden.yaml': 'not: a manifest',
    'README.md': 'not a manifest',
  })
  await mkdir(join(folder, 'sub.yaml'))
  const planned = await type(['plan', '-f', folder])
  t.is(planned.exitCode, 1, planned.stderr)
  t.regex(planned.stdout, /3 to create, 0 to change, 0 to delete\./)
  t.is((await type(['apply', '-f', folder])).exitCode, 0)
  t.is((await type(['plan', '-f', folder])).exitCode, 0)
})

test('-f can be repeated, with files, folders and standard input', async (t) => {
  const { type, file } = await openPlace(t)
  const folder = await folderWith(t, { 'set.yaml': set })
  const args = ['-f', await file(roles), '-f', folder, '-f', '-']
  const applied = await type(['apply', ...args], { stdin: [organizations('org_repeated')] })
  t.is(applied.exitCode, 0, applied.stderr)
  t.regex(applied.stdout, /4 to create, 0 to change, 0 to delete\./)
  t.is((await type(['plan', ...args], { stdin: [organizations('org_repeated')] })).exitCode, 0)
})

test('every fault of every file is told with its file, also one that is only between files', async (t) => {
  const folder = await folderWith(t, { 'a.yaml': 'roles:\n  - key: a\n', 'b.yaml': 'roles:\n  - kee: org:b\n' })
  const both = await typeAway(['plan', '-f', folder])
  t.is(both.exitCode, 2)
  t.true(both.stderr.includes(`${join(folder, 'a.yaml')}:2:10: roles[0].key is "a"`), both.stderr)
  t.true(both.stderr.includes(`${join(folder, 'b.yaml')}:2:5: roles[0].kee is not a field.`), both.stderr)
  const asJson = await typeAway(['plan', '-f', folder, '--json'])
  const { error } = JSON.parse(asJson.stderr) as { error: { faults: { file: string }[] } }
  t.deepEqual([...new Set(error.faults.map(({ file }) => file))], [join(folder, 'a.yaml'), join(folder, 'b.yaml')])

  const [one, two] = [await place.file(roles), await place.file('roles:\n  - key: org:auditor\n')]
  const twice = await typeAway(['apply', '-f', one, '-f', two])
  t.is(twice.exitCode, 2)
  t.true(twice.stderr.startsWith(`${two}:2:`), twice.stderr)
  t.true(twice.stderr.includes(`The other one is in ${one}:2:`), twice.stderr)
})

test('what the sidecar refuses is told with the file, and with the number that the thing has in it', async (t) => {
  const { type, file } = place
  const first = await file(organizations('org_first', 'role_set:default'))
  const second = await file(organizations('org_second', 'role_set:none'))
  for (const verb of ['plan', 'apply']) {
    const { exitCode, stderr } = await type([verb, '-f', first, '-f', second])
    t.not(exitCode, 0)
    t.true(stderr.includes(`${second}:3:15: organizations[0].role_set is role_set:none`), stderr)
  }
})

test('a folder without files, with a pipe, or too large is exit code 2, and so is reading standard input twice', async (t) => {
  const empty = await folderWith(t, { 'notes.txt': 'x' })
  const piped = await folderWith(t, {})
  execFileSync('mkfifo', [join(piped, 'a.yaml')])
  const text = `# ${'x'.repeat(2_200_000)}\n${roles}`
  const large = await folderWith(t, { 'a.yaml': text, 'b.yaml': text })
  const cases: [readonly string[], RegExp][] = [
    [['-f', empty], /The folder \S+ has no file whose name ends in \.yaml, \.yml or \.json\. Add one\./],
    [['-f', piped], /a\.yaml is not a regular file\./],
    [['-f', large], /The files have more than 4194304 bytes together\./],
    [['-f', '-', '-f', '-'], /Standard input can be read once\./],
    [['-f', empty, '-f', '/nowhere.yaml'], /The folder \S+ has no file/],
  ]
  for (const [args, message] of cases) {
    const { exitCode, stderr } = await typeAway(['plan', ...args], { stdin: [roles] })
    t.is(exitCode, 2)
    t.regex(stderr, message)
  }
  await chmod(empty, 0)
  const { exitCode, stderr } = await typeAway(['plan', '-f', empty])
  t.is(exitCode, 2)
  // The superuser may read it all the same.
  t.regex(stderr, process.getuid?.() === 0 ? /has no file/ : /cannot be read \(EACCES\)/)
  await chmod(empty, 0o700)
})
