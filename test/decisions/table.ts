/** Loads the decision table and checks each row: no unknown fields, no contradictions, no repeated questions. */

import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { manifestOfFile, type Manifest, type Reason } from '@rolesets/core'

type Setting = 'initial' | 'deny'

export interface DecisionRow {
  /** A sentence for the title of a test. It is unique. */
  readonly title: string
  readonly organization: string
  /** Undefined: the question is about the organization as a whole. */
  readonly scope: string | undefined
  readonly role: string
  /** Whether to ask with the key in `role`, or with the id of the role with that key. */
  readonly by: 'key' | 'id'
  readonly permission: string | undefined
  /** The same for the permission. */
  readonly permissionBy: 'key' | 'id'
  /** The settings for which the row is true. */
  readonly unknownOrganizations: readonly Setting[]
  readonly allowed: boolean
  readonly reason: Reason
  /** Whether a permission had the key once. */
  readonly retired: boolean
  /** Whether the organization was deleted. */
  readonly deleted: boolean
  /** The key of the role set. Empty if the answer names none. */
  readonly roleSet: string
}

/** A question that is refused. */
export type InvalidRow = Pick<DecisionRow, 'title' | 'organization' | 'role'> & {
  readonly scope: string
  /** The field that is wrong. */
  readonly invalid: string
  readonly code: 'invalid_field' | 'limit_exceeded'
}

export interface Rename {
  readonly kind: 'permission' | 'role' | 'role_set'
  readonly from: string
  readonly to: string
}

interface Table {
  /** The fields of a file for `rolesets apply`. */
  readonly store: object
  readonly renames: readonly Rename[]
  readonly deletions: readonly string[]
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

const reasons: readonly unknown[] = [
  'ROLE_IN_SET',
  'ROLE_NOT_IN_SET',
  'ROLE_UNKNOWN',
  'ORGANIZATION_UNKNOWN',
  'PERMISSION_NOT_IN_ROLE',
  'PERMISSION_UNKNOWN',
  'SCOPE_KIND_UNKNOWN',
  'SCOPE_UNASSIGNED',
] satisfies Reason[]

const table = parse(readFileSync(new URL('table.yaml', import.meta.url), 'utf8')) as Table

/** Applied to a fresh store, without pruning, before the renames. */
export const manifest = manifestOfFile(table.store) satisfies Manifest

/** Done in this order, after the store is filled. */
export const renames: readonly Rename[] = table.renames

/** Ids of the organizations that are deleted after that. */
export const deletions: readonly string[] = table.deletions

export const rows: readonly DecisionRow[] = table.rows.flatMap((row, place) =>
  row['invalid'] === undefined ? [parseRow(row, place)] : [],
)

export const invalidRows: readonly InvalidRow[] = table.rows.flatMap((row) =>
  row['invalid'] === undefined ? [] : [parseInvalidRow(row)],
)

const titles = [...rows, ...invalidRows].map(({ title }) => title)
const repeated = titles.find((title, place) => titles.indexOf(title) !== place)
if (repeated !== undefined) throw new Error(`The decision table asks twice: ${repeated}`)

/** The rows that are true for a setting. */
export function rowsFor(unknownOrganizations: Setting): readonly DecisionRow[] {
  return rows.filter((row) => row.unknownOrganizations.includes(unknownOrganizations))
}

function parseRow(row: Readonly<Record<string, unknown>>, place: number): DecisionRow {
  const {
    organization,
    scope,
    role,
    by = 'key',
    permission,
    permission_by: permissionBy = 'key',
    unknown_organizations: setting,
    allowed,
    reason,
    retired = false,
    deleted = false,
    set,
    ...rest
  } = row
  const check = (isRight: boolean, problem: string): void => {
    if (!isRight) throw new Error(`Row ${place + 1} of the decision table ${problem}: ${JSON.stringify(row)}`)
  }
  check(Object.keys(rest).length === 0, `has unknown fields (${Object.keys(rest).join(', ')})`)
  check(
    [organization, role, set].every((text) => typeof text === 'string'),
    'lacks its organization, role or set',
  )
  for (const text of [scope, permission])
    check(text === undefined || typeof text === 'string', 'has a scope or a permission that is not a string')
  for (const each of [by, permissionBy]) check(each === 'key' || each === 'id', 'has a by that is not key or id')
  check(setting === undefined || setting === 'initial' || setting === 'deny', 'has an unknown setting')
  check(reasons.includes(reason), 'has an unknown reason')
  check(allowed === (reason === 'ROLE_IN_SET'), 'has an allowed that contradicts its reason')
  check(retired === false || reason === 'PERMISSION_UNKNOWN', 'has a retired permission that is known')
  check(deleted === false || reason === 'ORGANIZATION_UNKNOWN', 'has a deleted organization that is known')
  const hasNone = reason === 'ORGANIZATION_UNKNOWN' || reason === 'SCOPE_KIND_UNKNOWN' || reason === 'SCOPE_UNASSIGNED'
  check((set === '') === hasNone, 'has a set although its reason says that there is none, or no set')
  const parsed = {
    ...{ organization, scope: scope === '' ? undefined : scope, role, by, permission, permissionBy },
    ...{ allowed, reason, retired, deleted, roleSet: set },
  } as Omit<DecisionRow, 'title' | 'unknownOrganizations'>
  const unknownOrganizations: Setting[] = setting === undefined ? ['initial', 'deny'] : [setting as Setting]
  return { title: titleOf(parsed, unknownOrganizations), ...parsed, unknownOrganizations }
}

function titleOf(row: Omit<DecisionRow, 'title' | 'unknownOrganizations'>, settings: readonly Setting[]): string {
  const named = (name: string, by: 'key' | 'id') => (by === 'id' ? `the id of ${name}` : name)
  const permission = row.permission === undefined ? '' : ` with ${named(row.permission, row.permissionBy)}`
  const asked = named(row.role, row.by) + permission
  const place = row.scope === undefined ? row.organization : `${row.scope} of ${row.organization}`
  const where = `${place}${settings.length === 1 ? ` (unknown organizations: ${settings.join()})` : ''}`
  return `${asked} in ${where} is ${row.allowed ? 'allowed' : `refused as ${row.reason}`}`
}

function parseInvalidRow(row: Readonly<Record<string, unknown>>): InvalidRow {
  const { organization, scope, role, invalid, code = 'invalid_field', ...rest } = row
  const texts = [organization, scope, role, invalid, code]
  if (!texts.every((text) => typeof text === 'string') || Object.keys(rest).length > 0)
    throw new Error(
      `An invalid question of the decision table must have organization, scope and role: ${JSON.stringify(row)}`,
    )
  const title = `${String(role)} in ${JSON.stringify(scope)} of ${String(organization)} is refused for its ${String(invalid)}`
  return { title, organization, scope, role, invalid, code } as InvalidRow
}
