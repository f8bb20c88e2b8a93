/**
 * Creates database files of any size. A sidecar creates the schema and the first data. SQL adds the rest, in the form
 * that a sidecar would have written. It is not in the history, and a sidecar compares a small file with its history when it
 * starts, so the history is forgotten.
 */

import { rm } from 'node:fs/promises'
import { createRoleSetsClient } from '@rolesets/client'
import sqlite3 from 'sqlite3'
import { startSidecar } from './processes.ts'

const key = 'only-for-the-first-start'
const scopeKind = 'department'

export interface StoreFileOptions {
  readonly file: string
  /** All have the initial role set. */
  readonly organizations: number
  /** In each organization, with the role `org:member`. Default 0. */
  readonly membersPerOrganization?: number
  /** Each has the initial role set as its own. Default 0. */
  readonly scopesPerOrganization?: number
  /** The members of the organization are also members of this scope, with the same role. */
  readonly membersOfScope?: string
  readonly signal?: AbortSignal
}

/** An id of the usual length. The index starts at 0. */
export function organizationIdAt(index: number): string {
  return `org_${String(index).padStart(27, '0')}`
}

/** The key of a scope of a kind that is registered in files with scopes. */
export function scopeKeyAt(index: number): string {
  return `${scopeKind}:${index}`
}

/** Different organizations for different numbers; consecutive numbers are far from each other in the file. */
export function scatteredOrganizationId(number: number, organizations: number): string {
  // A prime above every size has no common factor with any size.
  return organizationIdAt(Number((BigInt(number) * 2_147_483_647n) % BigInt(organizations)))
}

export async function makeStoreFile({ file, signal, ...options }: StoreFileOptions): Promise<void> {
  const env = { ROLESETS_DATABASE: `sqlite:${file}`, ROLESETS_SECRET_KEY: key }
  const sidecar = await startSidecar({ env, ...(signal ? { signal } : {}) })
  if (options.scopesPerOrganization !== undefined || options.membersOfScope !== undefined)
    await registerKind(sidecar.target)
  await sidecar.stop()
  const database = await open(file)
  try {
    // A file that fails half-way is deleted, so nothing must be undone or durable.
    for (const setting of ['journal_mode = OFF', 'synchronous = OFF', 'cache_size = -200000']) {
      await execute(database, `PRAGMA ${setting}`)
    }
    await execute(database, `BEGIN;${contentsSql(options)}COMMIT;`)
    await execute(database, forgottenSql)
    await execute(database, 'PRAGMA journal_mode = WAL')
  } finally {
    await close(database)
  }
}

export async function removeStoreFile(file: string): Promise<void> {
  for (const ending of ['', '-wal', '-shm', '.lock', '.key']) await rm(`${file}${ending}`, { force: true })
}

async function registerKind(target: string): Promise<void> {
  const client = createRoleSetsClient({ target, key })
  try {
    await client.admin.setScopeKind({ kind: scopeKind, fallback: 'ORGANIZATION' })
  } finally {
    await client.close()
  }
}

function contentsSql({
  organizations,
  membersPerOrganization: members = 0,
  scopesPerOrganization: scopes = 0,
  membersOfScope: scope,
}: Omit<StoreFileOptions, 'file' | 'signal'>): string {
  return [
    organizationsSql(organizations),
    ...(scopes > 0 ? [scopesSql(organizations, scopes)] : []),
    ...(members > 0 ? [membershipsSql({ organizations, members, scope: '' })] : []),
    ...(members > 0 && scope !== undefined ? [membershipsSql({ organizations, members, scope })] : []),
  ].join('')
}

const numbers = (name: string, count: number) => `
  ${name} (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM ${name} WHERE number < ${count - 1})`

const madeAtMs = 1_700_000_000_000

/** The same ids as `organizationIdAt`. */
const organizationIdSql = (number: string) => `printf('org_%027d', ${number})`

const organizationsSql = (count: number) => `
WITH RECURSIVE ${numbers('numbers', count)}
INSERT INTO organizations (
  id, name, slug, role_set_id, created_by, max_allowed_memberships, admin_delete_enabled, public_metadata,
  private_metadata, created_at, updated_at, revision
)
SELECT ${organizationIdSql('number')}, 'Organization ' || number, NULL,
  (SELECT id FROM role_sets WHERE type = 'initial'), '', 0, 1, '{}', '{}', ${madeAtMs} + number, ${madeAtMs} + number, 1
FROM numbers;
INSERT INTO organization_counts (role_set_id, organizations)
SELECT id, ${count} FROM role_sets WHERE type = 'initial'
ON CONFLICT (role_set_id) DO UPDATE SET organizations = excluded.organizations;`

const scopesSql = (organizations: number, each: number) => `
WITH RECURSIVE ${numbers('numbers', organizations)}, ${numbers('scopes', each)}
INSERT INTO assignments (organization_id, scope, name, role_set_id, updated_at, revision)
SELECT ${organizationIdSql('numbers.number')}, '${scopeKind}:' || scopes.number, '',
  (SELECT id FROM role_sets WHERE type = 'initial'), ${madeAtMs}, 1
FROM numbers CROSS JOIN scopes;
INSERT INTO assignment_counts (role_set_id, assignments)
SELECT id, ${organizations * each} FROM role_sets WHERE type = 'initial'
ON CONFLICT (role_set_id) DO UPDATE SET assignments = excluded.assignments;`

interface MembersSql {
  readonly organizations: number
  /** In each organization. */
  readonly members: number
  /** Empty: in the organizations as a whole. */
  readonly scope: string
}

const membershipsSql = ({ organizations, members, scope }: MembersSql) => `
WITH RECURSIVE ${numbers('numbers', organizations)}, ${numbers('members', members)}
INSERT INTO memberships (
  organization_id, scope, user_id, id, role_id, public_metadata, private_metadata, created_at, updated_at, revision
)
SELECT ${organizationIdSql('numbers.number')}, '${scope}', printf('user_%027d', members.number),
  printf('orgmem_%s%015d%012d', '${scope === '' ? '' : 's'}', numbers.number, members.number), (SELECT id FROM roles WHERE key = 'org:member'), '{}', '{}',
  ${madeAtMs}, ${madeAtMs}, 1
FROM numbers CROSS JOIN members;`

const forgottenSql = `
BEGIN;
INSERT OR REPLACE INTO history_anchor SELECT 1, revision, seal FROM change_sets ORDER BY revision DESC LIMIT 1;
DELETE FROM change_subjects;
DELETE FROM change_sets;
COMMIT;`

function open(file: string): Promise<sqlite3.Database> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(file, (error) => (error ? reject(error) : resolve(database)))
  })
}

function execute(database: sqlite3.Database, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    database.exec(sql, (error) => (error ? reject(error) : resolve()))
  })
}

function close(database: sqlite3.Database): Promise<void> {
  return new Promise((resolve, reject) => {
    database.close((error) => (error ? reject(error) : resolve()))
  })
}
