/**
 * Organizations on plans of different sizes, in a client's memory. The client reads them from a real sidecar in another
 * process, as in an application. The compared libraries get the same data.
 */

import { join } from 'node:path'
import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { openDatabase } from './database.ts'
import { startSidecar } from './processes.ts'
import { makeStoreFile, organizationIdAt } from './store-file.ts'

const key = 'a-secret-key-of-the-benchmarks-only'
const plansCount = 20
const rolesCount = 24

/** org:admin exists in every store, and has the permissions that a creator role needs. */
const creatorRole = 'org:admin'
const madeRoles = Array.from({ length: rolesCount - 1 }, (_, index) => `org:role_${index}`)

export const roles: readonly string[] = [creatorRole, ...madeRoles]

/** The roles of each plan: the first four, the first five, and so on, up to nearly all. */
export const plans: ReadonlyMap<string, readonly string[]> = new Map(
  Array.from({ length: plansCount }, (_, index) => [`role_set:plan_${index}`, roles.slice(0, index + 4)]),
)

/** Roles that every plan has. */
const heldRoles = roles.slice(0, 4)

/** The member of an organization: another one in each, as most users are in one. */
export function memberIdOf(organizationId: string): string {
  return `user_${organizationId.slice('org_'.length)}`
}

/** The role of the member of an organization, and of its scope. */
export function heldRoleOf(organizationId: string): string {
  return heldRoles[Number(organizationId.slice('org_'.length)) % heldRoles.length] ?? ''
}

export interface CachedOrganizations {
  readonly roleSets: RoleSetsClient
  /** The plan of each organization. */
  readonly planOf: ReadonlyMap<string, string>
  close(): Promise<void>
}

export interface CachedOrganizationsOptions {
  readonly folder: string
  readonly organizations: number
  readonly signal: AbortSignal
  /** One member of each organization has the same role in this scope. The client then has a key, because members need one. */
  readonly membersOfScope?: string
}

export async function openCachedOrganizations(options: CachedOrganizationsOptions): Promise<CachedOrganizations> {
  const { folder, organizations, signal, membersOfScope } = options
  const file = join(folder, 'cached.db')
  const env = { ROLESETS_DATABASE: `sqlite:${file}`, ROLESETS_SECRET_KEY: key }
  const members = membersOfScope === undefined ? {} : { membersPerOrganization: 1, membersOfScope }
  await makeStoreFile({ file, organizations, signal, ...members })
  const first = await startSidecar({ env, signal })
  await makePlans(first.target)
  await first.stop()
  const database = await openDatabase(file)
  await database.script(spreadSql)
  await database.close()

  const sidecar = await startSidecar({ env, signal })
  // A pass blocks the process longer than an application's requests do, so heartbeats are handled late.
  const roleSets = createRoleSetsClient({
    target: sidecar.target,
    organizationsMax: organizations,
    ...(membersOfScope === undefined ? {} : { key, membersMax: 2 * organizations }),
    maxStalenessMs: 30_000,
  })
  await roleSets.ready({ timeoutMs: 10_000 })
  const ids = Array.from({ length: organizations }, (_, index) => organizationIdAt(index))
  const planOf = await readAll(roleSets, ids)
  if (membersOfScope !== undefined) await readAll(roleSets, ids, membersOfScope)
  return {
    roleSets,
    planOf,
    close: async () => {
      await roleSets.close()
      await sidecar.stop()
    },
  }
}

async function makePlans(target: string): Promise<void> {
  const roleSets = createRoleSetsClient({ target, key })
  const { admin } = roleSets
  try {
    for (const role of madeRoles) await admin.createRole({ key: role, name: role })
    for (const [plan, own] of plans) {
      await admin.createRoleSet({ key: plan, name: plan, roles: [...own], defaultRole: creatorRole, creatorRole })
    }
  } finally {
    await roleSets.close()
  }
}

/** Consecutive organizations have different plans, and their members different roles. */
const spreadSql = `
BEGIN;
CREATE TEMP TABLE held (number INTEGER PRIMARY KEY, key TEXT NOT NULL);
INSERT INTO held VALUES ${heldRoles.map((role, index) => `(${index}, '${role}')`).join(', ')};
UPDATE organizations SET role_set_id = (
  SELECT id FROM role_sets WHERE key = 'role_set:plan_' || (CAST(substr(organizations.id, 5) AS INTEGER) % ${plansCount})
);
DELETE FROM organization_counts;
INSERT INTO organization_counts (role_set_id, organizations)
SELECT role_set_id, count(*) FROM organizations GROUP BY role_set_id;
UPDATE memberships SET user_id = 'user_' || substr(organization_id, 5), role_id = (
  SELECT roles.id FROM roles JOIN held ON held.key = roles.key
  WHERE held.number = CAST(substr(memberships.organization_id, 5) AS INTEGER) % ${heldRoles.length}
);
COMMIT;`

/** Asks about every organization once, a thousand at a time. Then all are in the client's memory. */
async function readAll(
  roleSets: RoleSetsClient,
  ids: readonly string[],
  scope = '',
): Promise<ReadonlyMap<string, string>> {
  const planOf = new Map<string, string>()
  for (let from = 0; from < ids.length; from += 1000) {
    const some = ids.slice(from, from + 1000)
    const questions = some.map((organizationId) => ({ organizationId, scope, role: roles[0] ?? '' }))
    const decisions = await roleSets.checkMany(questions, { deadlineMs: 10_000 })
    decisions.forEach(({ roleSet }, at) => planOf.set(some[at] ?? '', roleSet ?? ''))
  }
  return planOf
}
