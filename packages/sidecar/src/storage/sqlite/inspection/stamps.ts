/**
 * Checks whether the change set of a thing's revision contains the thing, and whether counts are right. A set-wide change
 * names none of its organizations and members: then each of them must be as the change says of all.
 */

import type { ChangeSet, ThingName } from '@rolesets/core'
import type { Finding } from '../../inspection.ts'
import type { Connection, Row } from '../connection.ts'
import { pagesOf } from './pages.ts'
import { inWords } from './traces.ts'
import { count, integer, text } from '../rows/columns.ts'

/** What a change set says of all organizations or members of a set, or of one organization. */
interface Sweep {
  /** Where organizations went. */
  readonly roleSetIds: ReadonlySet<string>
  readonly reassignments: readonly {
    /** Undefined: organizations that were on a set. */
    readonly organizationId: string | undefined
    readonly roleIds: ReadonlySet<string>
  }[]
}

/** Set-wide changes by revision. They are few and small beside what they move. */
export type Sweeps = Map<number, Sweep>

export function noteSweep(sweeps: Sweeps, { revision, changes }: ChangeSet): void {
  const roleSetIds = changes.flatMap((change) => (change.verb === 'moved' ? [change.toRoleSetId] : []))
  const reassignments = changes.flatMap((change) => {
    if (change.verb !== 'reassigned') return []
    const organizationId = 'organizationId' in change.among ? change.among.organizationId : undefined
    return [{ organizationId, roleIds: new Set(change.mappings.map(({ toRoleId }) => toRoleId)) }]
  })
  if (roleSetIds.length === 0 && reassignments.length === 0) return
  sweeps.set(revision, { roleSetIds: new Set(roleSetIds), reassignments })
}

interface Table {
  readonly thing: ThingName
  readonly name: string
  /** Columns by which its pages go on. */
  readonly key: readonly string[]
  readonly isSwept: (row: Row, sweep: Sweep) => boolean
}

const never = () => false

const isReassigned: Table['isSwept'] = (row, { reassignments }) =>
  reassignments.some(({ organizationId, roleIds }) => {
    const isInScope = organizationId === undefined || organizationId === row['organization_id']
    return isInScope && roleIds.has(text(row, 'role_id'))
  })

const tables: readonly Table[] = [
  { thing: 'permission', name: 'permissions', key: ['id'], isSwept: never },
  { thing: 'role', name: 'roles', key: ['id'], isSwept: never },
  { thing: 'role_set', name: 'role_sets', key: ['id'], isSwept: never },
  { thing: 'access_key', name: 'access_keys', key: ['id'], isSwept: never },
  {
    ...{ thing: 'organization', name: 'organizations', key: ['id'] },
    isSwept: (row, { roleSetIds }) => roleSetIds.has(text(row, 'role_set_id')),
  },
  { thing: 'membership', name: 'memberships', key: ['organization_id', 'user_id'], isSwept: isReassigned },
  { thing: 'invitation', name: 'invitations', key: ['id'], isSwept: isReassigned },
]

/** The highest revision that anything in the file is stamped with. */
export async function highestStamp(connection: Connection): Promise<number> {
  const parts = [...tables.map(({ name }) => name), 'settings', 'assignments', 'change_subjects']
  const sql = parts.map((name) => `SELECT max(revision) AS revision FROM ${name}`).join(' UNION ALL ')
  return count(await connection.all(`SELECT coalesce(max(revision), 0) AS revision FROM (${sql})`), 'revision')
}

interface StampsOptions {
  readonly sweeps: Sweeps
  /** The last revision whose change set isn't kept any more. */
  readonly anchor: number
  /** A missing change set is reported once, and not for each thing. */
  readonly isMissing: (revision: number) => boolean
}

export async function* checkStamps(connection: Connection, options: StampsOptions): AsyncGenerator<Finding> {
  for (const table of tables)
    for await (const rows of strangers(connection, table, options.anchor))
      for (const row of rows) {
        const revision = integer(row, 'revision')
        const sweep = options.sweeps.get(revision)
        if (options.isMissing(revision) || (sweep !== undefined && table.isSwept(row, sweep))) continue
        const says = sweep === undefined ? 'says nothing of it' : 'says something else of it'
        const problem = `stamped with revision ${revision}, which ${says}`
        yield { what: inWords(table.thing, text(row, 'id')), problem }
      }
}

/** Rows that the change set of their revision doesn't name. */
function strangers(connection: Connection, { name, key }: Table, anchor: number): AsyncGenerator<readonly Row[]> {
  const named = `SELECT 1 FROM change_subjects
    WHERE change_subjects.subject = ${name}.id AND change_subjects.revision = ${name}.revision`
  return pagesOf(connection, {
    table: name,
    key,
    condition: `revision > ? AND NOT EXISTS (${named})`,
    values: [anchor],
  })
}

/** The number of organizations of each set is stored in a table of its own. */
export async function* checkCounts(connection: Connection): AsyncGenerator<Finding> {
  const rows = await connection.all(
    `SELECT role_set_id, sum(counted) AS counted, sum(noted) AS noted FROM (
       SELECT role_set_id, count(*) AS counted, 0 AS noted FROM organizations GROUP BY role_set_id
       UNION ALL
       SELECT role_set_id, 0 AS counted, organizations AS noted FROM organization_counts
     ) GROUP BY role_set_id HAVING sum(counted) <> sum(noted) ORDER BY role_set_id`,
  )
  for (const row of rows) {
    const problem = `has ${integer(row, 'counted')} organizations, and ${integer(row, 'noted')} are noted`
    yield { what: `count of role set ${text(row, 'role_set_id')}`, problem }
  }
}
