/**
 * Compares the rows with the change sets: how the row of each thing must be if no later write has changed it. Rows of
 * organizations, members and invitations are read by their keys; the other tables are small and in memory.
 */

import { isDeepStrictEqual } from 'node:util'
import { type AccessKey, type Catalogue, type Change, type ChangeSet, type ByKind, byKind } from '@rolesets/core'
import type { Finding } from '../../inspection.ts'
import type { Connection } from '../connection.ts'
import { invitations, memberships, organizations } from '../rows/things.ts'

export type ThingKind =
  'permission' | 'role' | 'role set' | 'settings' | 'organization' | 'membership' | 'invitation' | 'access key'

type Thing = { readonly revision: number; readonly [field: string]: unknown }

interface Trace {
  readonly kind: ThingKind
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
    ...rowsOf('role set', roleSets.values()),
    ...rowsOf('access key', accessKeys),
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
    for (const trace of tracesOf(changeSet)) traces.set(`${trace.kind} ${trace.id}`, trace)
  const large = await readLarge(connection, [...traces.values()])
  const rowOf = ({ kind, key }: Trace) => small.get(`${kind} ${key}`) ?? large.get(`${kind} ${key}`)
  for (const trace of traces.values()) {
    const problem = await compare(connection, trace, rowOf(trace))
    if (problem !== undefined) yield { what: `${trace.kind} ${trace.id}`, problem }
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
  const keysOf = (wanted: ThingKind) => traces.flatMap(({ kind, key }) => (kind === wanted ? [key] : []))
  const byId = (kind: ThingKind) => JSON.stringify(keysOf(kind).map((id) => [id]))
  const members = await memberships.findAll(connection, `[${keysOf('membership').join()}]`)
  return new Map([
    ...rowsOf('organization', await organizations.findAll(connection, byId('organization'))),
    ...rowsOf('invitation', await invitations.findAll(connection, byId('invitation'))),
    ...members.map((each) => [`membership ${memberKey(each)}`, asThing(each)] as const),
  ])
}

function rowsOf(kind: ThingKind, things: Iterable<{ readonly id: string }>): (readonly [string, Thing])[] {
  return [...things].map((thing) => [`${kind} ${thing.id}`, asThing(thing)])
}

/** Its fields are looked at by name. */
function asThing(thing: object): Thing {
  return thing as Thing
}

function tracesOf(changeSet: ChangeSet): readonly Trace[] {
  const { changes } = changeSet
  const sets = changes.flatMap((change) => (change.verb === 'moved' ? [change.toRoleSetId] : []))
  const roles = changes.flatMap((change) =>
    change.verb === 'reassigned' ? change.mappings.map(({ toRoleId }) => toRoleId) : [],
  )
  const moved = { field: 'roleSetId', values: new Set<unknown>(sets) }
  const reassigned = { field: 'roleId', values: new Set<unknown>(roles) }
  return changes.flatMap((change) => traceOf(change, { revision: changeSet.revision, moved, reassigned }) ?? [])
}

type WriteFacts = { readonly revision: number } & Readonly<Record<'moved' | 'reassigned', NonNullable<Trace['other']>>>

type PartOfTrace = Omit<Trace, 'revision'> | undefined

const traces: ByKind<PartOfTrace, [WriteFacts]> = {
  permission_put: ({ after }) => put('permission', after),
  permission_deleted: ({ before }) => gone('permission', before),
  role_put: ({ after }) => put('role', after),
  role_deleted: ({ before }) => gone('role', before),
  role_set_put: ({ after }) => put('role set', after),
  role_set_deleted: ({ before }) => gone('role set', before),
  access_key_put: ({ after }) => put('access key', after),
  settings_put: ({ after }) => ({ ...gone('settings', { id: 'settings' }), after: asThing(after) }),
  organization_put: ({ after }, { moved }) => put('organization', after, { other: moved }),
  organization_deleted: ({ before }) => gone('organization', before),
  membership_put: ({ after }, { reassigned }) => {
    const { organizationId } = after
    return put('membership', after, { key: memberKey(after), organizationId, other: reassigned })
  },
  membership_deleted: ({ before }) => ({ ...gone('membership', before), key: memberKey(before) }),
  invitation_put: ({ after }, { reassigned }) => {
    return put('invitation', after, { organizationId: after.organizationId, other: reassigned })
  },
  organizations_moved: () => undefined,
  members_reassigned: () => undefined,
  assignment_put: () => undefined,
  assignment_deleted: () => undefined,
}

function traceOf(change: Change, facts: WriteFacts): Trace | undefined {
  const trace = byKind(traces, change, facts)
  return trace && { ...trace, revision: facts.revision }
}

function put(kind: ThingKind, thing: { readonly id: string }, more: Partial<Trace> = {}) {
  return { ...gone(kind, thing), after: asThing(thing), ...more }
}

function gone(kind: ThingKind, { id }: { readonly id: string }) {
  return { kind, id, key: id, organizationId: undefined, after: null, other: undefined }
}

function memberKey({ organizationId, userId }: { readonly organizationId: string; readonly userId: string }): string {
  return JSON.stringify([organizationId, userId])
}
