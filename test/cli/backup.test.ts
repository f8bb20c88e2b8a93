/** `rolesets backup` and `rolesets restore`: what they write, what they refuse, and what they leave. */

import { chmod, copyFile, link, mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import { cleanEnvironment, rolesetsCommand, startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { fillStore } from '../storage/filled-store.ts'
import { type } from './command-line.ts'
import { openPlace, secretKey } from './pricing-tiers.ts'

const undos: (() => unknown)[] = []
const shared = await temporaryFolder({ teardown: (undo) => void undos.push(undo) })
const original = join(shared, 'original.db')
const filled = await fillStore(original, 1, { members: 8, noteBytes: 400 })
test.after.always(async () => {
  for (const undo of undos) await undo()
})

interface Room {
  readonly folder: string
  readonly database: string
  readonly file: string
}

/** A store that no sidecar runs on, and a path for its backup. */
async function openRoom(t: ExecutionContext): Promise<Room> {
  const folder = await temporaryFolder(t)
  const database = join(folder, 'rolesets.db')
  await copyFile(original, database)
  await chmod(database, 0o600)
  return { folder, database, file: join(folder, 'backup.db') }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
const isSound = async (path: string) => (await type(['doctor', '--database', path])).exitCode === 0

test('a backup of a file is sound, says what it has, and nothing else is made or changed', async (t) => {
  const { folder, database, file } = await openRoom(t)
  const before = await readFile(database)
  const { exitCode, stdout, stderr } = await type(['backup', file, '--database', database, '--json'])
  t.is(exitCode, 0, stderr)
  const said = JSON.parse(stdout) as Record<string, unknown>
  const bytes = await readFile(file)
  t.like(said, { backup: file, from: `sqlite:${database}`, revision: filled.head })
  t.deepEqual([said['bytes'], said['sha256']], [bytes.length, sha256(bytes)])
  t.true(await isSound(file))
  t.true(before.equals(await readFile(database)))
  t.deepEqual((await readdir(folder)).sort(), ['backup.db', 'rolesets.db'])
})

test('a backup to standard output is the same bytes, and nothing else is there', async (t) => {
  const { database, file } = await openRoom(t)
  await type(['backup', file, '--database', database])
  const { exitCode, stdout, stderr, bytes } = await type(['backup', '-', '--database', database])
  t.is(exitCode, 0)
  t.is(stdout, '')
  t.regex(stderr, /^the backup: .* of sqlite:.*\nsha256 [0-9a-f]{64}\n$/)
  t.true((await readFile(file)).equals(bytes))
})

test('a sidecar sends a backup, also of a store in memory', async (t) => {
  const { type: typeThere, operator, target } = await openPlace(t)
  await operator.admin.createOrganization({ id: 'org_acme' })
  const file = join(await temporaryFolder(t), 'backup.db')
  const { exitCode, stdout, stderr } = await typeThere(['backup', file, '--verify', '--json'])
  t.is(exitCode, 0, stderr)
  t.like(JSON.parse(stdout), { backup: file, from: target, revision: 2, sha256: sha256(await readFile(file)) })
  t.is(await modeOf(file), '600')
  const { bytes, exitCode: ended } = await typeThere(['backup', '-', '--target', target])
  t.is(ended, 0)
  t.is(bytes.length, (await stat(file)).size)
})

test('a backup needs the secret key of the sidecar, and a sidecar that answers', async (t) => {
  const { target, operator } = await openPlace(t)
  const { key } = await operator.admin.createAccessKey({ name: 'reader', access: 'READ' })
  const file = join(await temporaryFolder(t), 'backup.db')
  const code = async (args: readonly string[]) => {
    const { exitCode, stderr } = await type(['backup', file, '--json', ...args])
    return [exitCode, (JSON.parse(stderr) as { error: { code: string } }).error.code]
  }
  t.deepEqual(await code(['--target', target]), [2, 'key_required'])
  t.deepEqual(await code(['--target', target, '--key', key]), [3, 'write_key_required'])
  t.deepEqual(await code(['--target', target, '--key', 'wrong']), [3, 'key_required'])
  t.deepEqual(await code(['--target', '127.0.0.1:1', '--key', key]), [3, 'unavailable'])
  t.deepEqual(await code(['--target', target, '--database', 'a.db']), [2, 'usage'])
  await t.throwsAsync(stat(file))
})

test('without flags the environment says where a backup comes from', async (t) => {
  const { target } = await openPlace(t)
  const { database, file } = await openRoom(t)
  const from = async (env: Readonly<Record<string, string>>) => {
    const { stdout, stderr } = await type(['backup', file, '--replace', '--json'], { env })
    return (JSON.parse(stdout || stderr) as { from?: string }).from
  }
  const both = { ROLESETS_DATABASE: `sqlite:${database}`, ROLESETS_TARGET: target, ROLESETS_KEY: secretKey }
  t.is(await from(both), `sqlite:${database}`)
  t.is(await from({ ...both, ROLESETS_DATABASE: '' }), target)
})

test('a file that exists is refused without --replace, and then replaced as a whole', async (t) => {
  const { folder, database, file } = await openRoom(t)
  await writeFile(file, 'precious', { mode: 0o644 })
  const refused = await type(['backup', file, '--database', database])
  t.is(refused.exitCode, 2)
  t.regex(refused.stderr, /exists.*--replace/)
  t.is(await readFile(file, 'utf8'), 'precious')
  t.is((await type(['backup', file, '--database', database, '--replace'])).exitCode, 0)
  t.true(await isSound(file))
  t.is(await modeOf(file), '600')
  t.deepEqual((await readdir(folder)).sort(), ['backup.db', 'rolesets.db'])
})

test('what is not a regular file, and what belongs to the database, is never replaced', async (t) => {
  const { folder, database } = await openRoom(t)
  await mkdir(join(folder, 'folder'))
  await symlink('nowhere', join(folder, 'dangling'))
  await symlink(database, join(folder, 'alias'))
  await link(database, join(folder, 'hard'))
  const before = await readFile(database)
  for (const path of ['folder', 'dangling', 'alias', 'hard', 'rolesets.db', 'rolesets.db-wal', 'rolesets.db.key']) {
    const { exitCode, stderr } = await type(['backup', join(folder, path), '--database', database, '--replace'])
    t.is(exitCode, 2, `${path}: ${stderr}`)
  }
  t.is((await type(['backup', '', '--database', database])).exitCode, 2)
  t.is((await type(['backup', join(folder, 'no/such/folder.db'), '--database', database])).exitCode, 2)
  t.true(before.equals(await readFile(database)))
})

test('what is no store is not copied', async (t) => {
  const { folder, file } = await openRoom(t)
  await writeFile(join(folder, 'text'), 'text')
  await writeFile(join(folder, 'empty'), '')
  const other = await Connection.open(join(folder, 'other'))
  await other.script('CREATE TABLE things (id)')
  await other.close()
  for (const name of ['missing', 'text', 'empty', 'other']) {
    const { exitCode, stderr } = await type(['backup', file, '--json', '--database', `sqlite:${join(folder, name)}`])
    t.is(exitCode, 3, name)
    t.is((JSON.parse(stderr) as { error: { code: string } }).error.code, 'not_a_database', name)
  }
  t.is((await readdir(folder)).filter((name) => name.includes('backup')).length, 0)
})

test('with --verify, a backup of an unsound store is not kept', async (t) => {
  const { folder, database, file } = await openRoom(t)
  const connection = await Connection.open(database)
  await connection.run(`UPDATE organizations SET name = 'altered' WHERE id = 'org_1'`)
  await connection.close()
  const { exitCode, stdout } = await type(['backup', file, '--database', database, '--verify'])
  t.is(exitCode, 1)
  t.regex(stdout, /organization org_1: altered/)
  t.deepEqual((await readdir(folder)).sort(), ['rolesets.db'])
})

test('a backup that is interrupted leaves nothing', async (t) => {
  const { folder, database, file } = await openRoom(t)
  const signal = AbortSignal.abort()
  t.is((await type(['backup', file, '--database', database], { signal })).exitCode, 3)
  t.deepEqual(await readdir(folder), ['rolesets.db'])
})

/** The command in a process of its own, under a umask that gives everything to everyone. */
function typeUnmasked(args: readonly string[], input?: Uint8Array) {
  const command = ['umask 0; exec "$@"', 'sh', process.execPath, rolesetsCommand, ...args]
  const { status, stdout, stderr } = spawnSync('sh', ['-c', ...command], {
    input,
    env: cleanEnvironment(),
    maxBuffer: 1 << 28,
  })
  return { exitCode: status, stdout, stderr: stderr.toString() }
}

test('only its owner can read a backup and a restored store, whatever the umask is', async (t) => {
  const { folder, database, file } = await openRoom(t)
  t.is(typeUnmasked(['backup', file, '--database', database]).exitCode, 0)
  const piped = typeUnmasked(['backup', '-', '--database', database])
  t.is(piped.exitCode, 0)
  const restored = join(folder, 'restored.db')
  const { exitCode, stderr } = typeUnmasked(['restore', '-', '--database', restored], piped.stdout)
  t.is(exitCode, 0, stderr)
  for (const path of [file, restored, `${restored}.lock`]) t.is(await modeOf(path), '600', path)
  t.true((await readFile(file)).equals(await readFile(restored)))
})

test('a backup whose reader goes away is a failure', async (t) => {
  const database = join(await temporaryFolder(t), 'rolesets.db')
  await fillStore(database, 3_000_000)
  const line = `"$@" backup - --database "${database}" | head -c 1000 > /dev/null; echo "\${PIPESTATUS[0]}"`
  const { stdout, stderr } = spawnSync('bash', ['-c', line, 'bash', process.execPath, rolesetsCommand], {
    env: cleanEnvironment(),
  })
  t.is(stdout.toString(), '3\n')
  t.regex(stderr.toString(), /Standard output took no more before the backup was complete/)
})

test('a restore puts a backup in place, says what it has, and the sidecar starts on it', async (t) => {
  const { folder, database, file } = await openRoom(t)
  await type(['backup', file, '--database', database])
  const target = join(folder, 'new.db')
  const { exitCode, stdout, stderr } = await type(['restore', file, '--database', target, '--json'])
  t.is(exitCode, 0, stderr)
  const said = JSON.parse(stdout) as Record<string, unknown>
  t.like(said, { restored: target, revision: filled.head, organizations: filled.organizations })
  t.like(said, { memberships: filled.members, invitations: 0, roles: 2, role_sets: 1 })
  t.false('replaced' in said)
  t.regex(String(said['last_write_at']), /^20\d\d-\d\d-\d\dT/)
  t.deepEqual((await readdir(folder)).sort(), ['backup.db', 'new.db', 'new.db.lock', 'rolesets.db'])
  const sidecar = await startSidecar(t, { env: { ROLESETS_DATABASE: `sqlite:${target}` } })
  t.is(await sidecar.stop(), 0)
})

test('an existing database is refused without --replace; with it, it is kept with its log, and so is its key', async (t) => {
  const { folder, database, file } = await openRoom(t)
  await type(['backup', file, '--database', database])
  const env = { ROLESETS_DATABASE: `sqlite:${database}` }
  const sidecar = await startSidecar(t, { env })
  const key = await readFile(`${database}.key`, 'utf8')
  const inUse = await type(['restore', file, '--database', database, '--replace', '--json'])
  t.is(inUse.exitCode, 2)
  t.like(JSON.parse(inUse.stderr), { error: { code: 'in_use' } })
  await sidecar.kill()
  const [before, log] = [await readFile(database), await readFile(`${database}-wal`)]

  const refused = await type(['restore', file, '--database', database, '--json'])
  t.is(refused.exitCode, 2)
  t.like(JSON.parse(refused.stderr), { error: { code: 'database_exists' } })
  t.true((await readdir(folder)).includes('rolesets.db.lock'), 'a lock file that was there before stays')
  const { exitCode, stdout } = await type(['restore', file, '--database', database, '--replace'])
  t.is(exitCode, 0)
  const [, replaced = ''] = /^The database before it is now (\S+)\.$/m.exec(stdout) ?? []
  t.true(replaced.startsWith(`${database}.replaced-`))
  t.true(before.equals(await readFile(replaced)))
  t.true(log.equals(await readFile(`${replaced}-wal`)))
  const names = await readdir(folder)
  t.false(names.includes('rolesets.db-wal') || names.includes('rolesets.db-shm'), names.join(' '))
  t.is(await readFile(`${database}.key`, 'utf8'), key)
  t.true((await readFile(file)).equals(await readFile(database)))
})

type Spoil = (file: string) => Promise<unknown>

const cut = (keep: (bytes: number) => number): Spoil => {
  return async (file) => truncate(file, keep((await stat(file)).size))
}
const edit = (change: (bytes: Buffer) => unknown): Spoil => {
  return async (file) => {
    const bytes = await readFile(file)
    change(bytes)
    await writeFile(file, bytes)
  }
}
const sql = (statement: string): Spoil => {
  return async (file) => {
    const connection = await Connection.open(file)
    await connection.script(statement)
    await connection.close()
  }
}

/** What is done to a backup, the exit code, and the code of the error. */
const spoiled: Readonly<Record<string, readonly [Spoil, number, string]>> = {
  'cut to half': [cut((bytes) => Math.floor(bytes / 2)), 1, 'corrupt'],
  'without its last byte': [cut((bytes) => bytes - 1), 1, 'corrupt'],
  'cut in its header': [cut(() => 50), 1, 'corrupt'],
  empty: [cut(() => 0), 2, 'not_a_database'],
  'a text file': [(file) => writeFile(file, 'text '.repeat(10_000)), 2, 'not_a_database'],
  'the database of another program': [
    async (file) => (await truncate(file, 0), sql('CREATE TABLE things (id); INSERT INTO things VALUES (1)')(file)),
    2,
    'not_a_database',
  ],
  'zeros in the middle': [edit((bytes) => bytes.fill(0, bytes.length / 2, bytes.length / 2 + 8_192)), 1, 'corrupt'],
  'a name that was altered': [sql(`UPDATE organizations SET name = 'altered' WHERE id = 'org_1'`), 1, 'corrupt'],
  'of a newer version': [sql(`INSERT INTO migrations VALUES (999, 'later', 'x', 0)`), 2, 'too_new'],
  'of another build': [sql(`UPDATE migrations SET checksum = 'x' WHERE number = 1`), 2, 'migration_edited'],
  'with a trigger': [sql(`CREATE TRIGGER spy AFTER INSERT ON roles BEGIN DELETE FROM roles; END`), 1, 'corrupt'],
  'with its log beside it': [(file) => writeFile(`${file}-wal`, Buffer.alloc(4_128)), 2, 'usage'],
  'a folder': [async (file) => (await import('node:fs/promises')).rm(file).then(() => mkdir(file)), 2, 'usage'],
  missing: [async (file) => (await import('node:fs/promises')).rm(file), 2, 'usage'],
}

for (const [name, [spoil, exitCode, code]] of Object.entries(spoiled))
  test(`a backup is refused, and the database stays: ${name}`, async (t) => {
    const { folder, database, file } = await openRoom(t)
    await type(['backup', file, '--database', database])
    await spoil(file)
    const before = await readFile(database)
    const names = await readdir(folder)
    const refused = await type(['restore', file, '--database', database, '--replace', '--json'])
    t.is(refused.exitCode, exitCode, refused.stderr)
    t.like(JSON.parse(refused.stderr.trimEnd().split('\n').at(-1) ?? ''), { error: { code } })
    t.true(before.equals(await readFile(database)))
    t.deepEqual(await readdir(folder), names, 'nothing is left behind')
    const missing = join(folder, 'missing.db')
    t.is((await type(['restore', file, '--database', missing])).exitCode, exitCode)
    t.deepEqual(await readdir(folder), names)
  })

test('no flipped bit of a backup is restored, unless it changes nothing', async (t) => {
  const { folder, database, file } = await openRoom(t)
  await type(['backup', file, '--database', database])
  const bytes = await readFile(file)
  for (let round = 0; round < 12; round++) {
    const place = Math.floor((bytes.length / 12) * round) + 37
    const flipped = Buffer.from(bytes)
    flipped[place] = (flipped[place] ?? 0) ^ (1 << (round % 8))
    await writeFile(file, flipped)
    const target = join(folder, `target-${round}.db`)
    const { exitCode } = await type(['restore', file, '--database', target])
    // In what is left free of a page, nothing has a meaning.
    if (exitCode === 0) t.true(await isSound(target), `byte ${place}`)
    else await t.throwsAsync(stat(target))
  }
})

test('a backup does not replace itself, and a folder must be there', async (t) => {
  const { folder, database } = await openRoom(t)
  t.is((await type(['restore', database, '--database', database, '--replace'])).exitCode, 2)
  const nowhere = join(folder, 'no', 'folder.db')
  const { exitCode, stderr } = await type(['restore', database, '--database', nowhere, '--json'])
  t.is(exitCode, 2)
  t.like(JSON.parse(stderr), { error: { code: 'folder_missing' } })
  t.is((await type(['restore', database, '--database', 'sqlite::memory:'])).exitCode, 2)
})
