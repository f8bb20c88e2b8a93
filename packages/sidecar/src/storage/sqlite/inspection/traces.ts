/**
 * Compares the rows with the change sets: how the row of each thing must be if no later write has changed it. Rows of
 * organizations, members and invitations are read by their keys; the other tables are small and in memory.
 */

import { isDeepStrictEqual } from 'node:util'
import type { AccessKey, Catalogue, ChangeSet, ThingName } from '@rolesets/core'
import type { Finding } from '../../inspection.ts'
import type { Connection } from '../connection.ts'
import { invitations, memberships, organizations } from '../rows/things.ts'

type Thing = { readonly revision: number; readonly [field: string]: unknown }

interface Trace {
  readonly name: ThingName
  readonly id: string
  /** By which its row is found. */
  readonly key: string
  /** With which it goes, too. */
  readonly organizationId: string | undefined
  readonly revision: number
  /** Null: it was deleted. */
  readonly after: Thing | null
  /** Values that a field may also have, because a set-wide change of the same write may have changed it. */
  readonly other: { readonly field: string; readonly values: ReadonlySet<unknown> } | undefined
}

type Rows = ReadonlyMap<string, Thing>

/** The rows of the small tables, by what traces find them by. */
export function smallRows(catalogue: Catalogue, accessKeys: readonly AccessKey[]): Rows {
  const { permissions, roles, roleSets, settings } = catalogue
  return new Map([
    ...rowsOf('permission', permissions.values()),
    ...rowsOf('role', roles.values()),
    ...rowsOf('role_set', roleSets.values()),
    ...rowsOf('access_key', accessKeys),
    ['settings settings', asThing(settings)],
  ])
}

/** Compares the last traces of some change sets, which follow each other, with the rows. */
export async function* checkTraces(
  connection: Connection,
  changeSets: readonly ChangeSet[],
  small: Rows,
): AsyncGenerator<Finding> {
  const traces = new Map<string, Trace>()
  for (const changeSet of changeSets)
    for (const trace of tracesOf(changeSet)) traces.set(`${trace.name} ${trace.id}`, trace)
  const large = await readLarge(connection, [...traces.values()])
  const rowOf = ({ name, key }: Trace) => small.get(`${name} ${key}`) ?? large.get(`${name} ${key}`)
  for (const trace of traces.values()) {
    const problem = await compare(connection, trace, rowOf(trace))
    if (problem !== undefined) yield { what: inWords(trace.name, trace.id), problem }
  }
}

async function compare(connection: Connection, trace: Trace, row: Thing | undefined): Promise<string | undefined> {
  const { after, revision, id, organizationId } = trace
  if (row === undefined || (row['id'] !== undefined && row['id'] !== id)) {
    if (after === null || (await isTouchedAfter(connection, id, revision))) return undefined
    if (organizationId !== undefined && (await isDeletedAfter(connection, organizationId, revision))) return undefined
    return `gone, and no change set says so: revision ${revision} was the last to write it`
  }
  if (row.revision > revision) return undefined
  if (after === null) return `there, and revision ${revision} deleted it`
  if (row.revision < revision) return `as it was at revision ${row.revision}, and revision ${revision} changed it`
  const fields = Object.keys(after).filter((field) => !isDeepStrictEqual(after[field], row[field]))
  const unexplained = fields.filter((field) => !(trace.other?.field === field && trace.other.values.has(row[field])))
  if (unexplained.length === 0) return undefined
  return `altered since revision ${revision}: ${unexplained.map((field) => fieldText(field, row, after)).join(', ')}`
}

/** Metadata and digests aren't shown. */
function fieldText(field: string, row: Thing, after: Thing): string {
  const isShown = field !== 'digest' && typeof row[field] !== 'object' && typeof after[field] !== 'object'
  return isShown
    ? `${field} is ${JSON.stringify(row[field])} and was ${JSON.stringify(after[field])}`
    : `${field} differs`
}

async function isTouchedAfter(connection: Connection, id: string, revision: number): Promise<boolean> {
  const sql = 'SELECT 1 FROM change_subjects WHERE subject = ? AND revision > ? LIMIT 1'
  return (await connection.all(sql, [id, revision])).length > 0
}

/** Memberships and invitations are deleted with their organization. The newest change sets are searched first. */
async function isDeletedAfter(connection: Connection, organizationId: string, revision: number): Promise<boolean> {
  const sql = `SELECT 1 FROM change_subjects CROSS JOIN change_sets USING (revision)
    WHERE subject = ? AND revision > ? AND (instr(changes, '{"verb":"deleted","thing":"organization"') > 0 OR instr(changes, '{"kind":"organization_deleted"') > 0)
    ORDER BY revision DESC LIMIT 1`
  return (await connection.all(sql, [organizationId, revision])).length > 0
}

async function readLarge(connection: Connection, traces: readonly Trace[]): Promise<Rows> {
  const keysOf = (wanted: ThingName) => traces.flatMap(({ name, key }) => (name === wanted ? [key] : []))
  const byId = (name: ThingName) => JSON.stringify(keysOf(name).map((id) => [id]))
  const members = await memberships.findAll(connection, `[${keysOf('membership').join()}]`)
  return new Map([
    ...rowsOf('organization', await organizations.findAll(connection, byId('organization'))),
    ...rowsOf('invitation', await invitations.findAll(connection, byId('invitation'))),
    ...members.map((each) => [`membership ${memberKey(each)}`, asThing(each)] as const),
  ])
}

function rowsOf(name: ThingName, things: Iterable<{ readonly id: string }>): (readonly [string, Thing])[] {
  return [...things].map((thing) => [`${name} ${thing.id}`, asThing(thing)])
}

/** Its fields are looked at by name. */
function asThing(thing: object): Thing {
  return thing as Thing
}

function tracesOf({ revision, changes }: ChangeSet): readonly Trace[] {
  const sets = changes.flatMap((change) => (change.verb === 'moved' ? [change.toRoleSetId] : []))
  const roles = changes.flatMap((change) =>
    change.verb === 'reassigned' ? change.mappings.map(({ toRoleId }) => toRoleId) : [],
  )
  const moved = { field: 'roleSetId', values: new Set<unknown>(sets) }
  const reassigned = { field: 'roleId', values: new Set<unknown>(roles) }
  return changes.flatMap((change): readonly Trace[] => {
    // Assignments have no id, and a set-wide change leaves no single trace.
    if (change.verb === 'moved' || change.verb === 'reassigned' || change.thing === 'assignment') return []
    const thing = change.verb === 'put' ? change.after : change.before
    const id = 'id' in thing ? thing.id : 'settings'
    return [
      {
        name: change.thing,
        id,
        key: 'userId' in thing ? memberKey(thing) : id,
        organizationId: 'organizationId' in thing ? thing.organizationId : undefined,
        revision,
        after: change.verb === 'put' ? asThing(thing) : null,
        other: change.thing === 'organization' ? moved : 'roleId' in thing ? reassigned : undefined,
      },
    ]
  })
}

/** A thing as a finding names it. */
export function inWords(name: ThingName, id: string): string {
  return `${name.replace('_', ' ')} ${id}`
}

function memberKey({ organizationId, userId }: { readonly organizationId: string; readonly userId: string }): string {
  return JSON.stringify([organizationId, userId])
}
