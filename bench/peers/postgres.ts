/**
 * PostgreSQL on a Unix socket, if its programs are installed. All data is in memory and nothing waits for the disk. It
 * refuses to run as root, so root starts it as the user `postgres`.
 */

import { execFile } from 'node:child_process'
import { access, chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { launch } from '../processes.ts'
import { organizationIdOf, organizationsCount, roleSetOf, roleSets } from '../questions.ts'
import type { RunOptions } from '../row.ts'
import { answers, type Peer } from './peer.ts'

const run = promisify(execFile)

/** Enough memory for all data, and no work besides the queries. */
const settings = {
  listen_addresses: '',
  shared_buffers: '256MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  jit: 'off',
  logging_collector: 'off',
}

export async function openPostgres({ signal }: RunOptions): Promise<Peer> {
  const programs = await programsFolder()
  if (programs === undefined) return { missing: 'the programs initdb and postgres are not installed.' }
  const user = await userThatRunsIt()
  if (user === undefined) return { missing: 'the benchmark runs as root, and there is no user `postgres` to run it.' }
  // Not in the folder of the row, which the user `postgres` cannot read.
  const folder = await mkdtemp(join(tmpdir(), 'rb-pg-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    if (user.id !== undefined) await chown(folder, user.id.uid, user.id.gid)
    const data = join(folder, 'data')
    const [initdb = '', ...before] = [...user.prefix, join(programs, 'initdb')]
    await run(initdb, [...before, '-D', data, '-U', 'postgres', '-A', 'trust', '-N', '-E', 'UTF8', '--locale=C'])
    const [command = '', ...args] = [...user.prefix, join(programs, 'postgres'), '-D', data, '-k', folder]
    const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const server = launch({ command, args: [...args, ...given], signal })
    signal.addEventListener('abort', () => void remove(), { once: true })
    await answers(join(folder, '.s.PGSQL.5432'), server)
    await fill(folder)
    return { target: folder, close: () => server.stop().finally(remove) }
  } catch (error) {
    await remove()
    throw error
  }
}

async function fill(folder: string): Promise<void> {
  const client = new pg.Client({ host: folder, user: 'postgres', database: 'postgres' })
  await client.connect()
  await client.query('CREATE TABLE organizations (id text PRIMARY KEY, role_set_key text NOT NULL)')
  await client.query(
    'CREATE TABLE role_set_roles (role_set_key text, role_key text, PRIMARY KEY (role_set_key, role_key))',
  )
  const indexes = Array.from({ length: organizationsCount }, (_, index) => index)
  await client.query('INSERT INTO organizations SELECT * FROM unnest($1::text[], $2::text[])', [
    indexes.map(organizationIdOf),
    indexes.map(roleSetOf),
  ])
  const pairs = Object.entries(roleSets).flatMap(([roleSet, roles]) => roles.map((role) => [roleSet, role] as const))
  await client.query('INSERT INTO role_set_roles SELECT * FROM unnest($1::text[], $2::text[])', [
    pairs.map(([roleSet]) => roleSet),
    pairs.map(([, role]) => role),
  ])
  await client.query('VACUUM ANALYZE')
  await client.end()
}

/** On Debian the programs are not in PATH. The newest version that has both programs is used. */
async function programsFolder(): Promise<string | undefined> {
  const debian = '/usr/lib/postgresql'
  const versions = (await readdir(debian).catch(() => [])).sort((one, other) => Number(other) - Number(one))
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ]
  for (const folder of folders) {
    const has = ['initdb', 'postgres'].map((program) => access(join(folder, program)))
    if ((await Promise.allSettled(has)).every(({ status }) => status === 'fulfilled')) return folder
  }
  return undefined
}

interface User {
  /**
   * The command that starts a program as this user. `setpriv` replaces itself with the program, so its pid is the
   * server's.
   */
  readonly prefix: readonly string[]
  readonly id?: { readonly uid: number; readonly gid: number }
}

async function userThatRunsIt(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return { prefix: [] }
  const idOf = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout)
  try {
    const [uid, gid] = [await idOf('-u'), await idOf('-g')]
    await run('setpriv', ['--version'])
    return { prefix: ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'], id: { uid, gid } }
  } catch {
    return undefined
  }
}
