/** Loads the decision table and checks each row: no unknown fields, no contradictions, no repeated questions. */

import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Manifest, Reason } from '@rolesets/core'

type Setting = 'initial' | 'deny'

export interface DecisionRow {
  /** A sentence for the title of a test. It is unique. */
  readonly title: string
  readonly organization: string
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
  /** The key of the role set. Empty if the answer names none. */
  readonly roleSet: string
}

export interface Rename {
  readonly kind: 'permission' | 'role' | 'role_set'
  readonly from: string
  readonly to: string
}

/** The fields of a file for `rolesets apply`. */
export interface StoreDescription {
  readonly permissions: readonly { key: string; name: string }[]
  readonly roles: readonly { key: string; name?: string; permissions?: string[] }[]
  readonly role_sets: readonly {
    key: string
    roles: string[]
    default_role: string
    creator_role: string
    initial?: boolean
  }[]
  readonly organizations: readonly { id: string; name?: string; role_set?: string }[]
}

interface Table {
  readonly store: StoreDescription
  readonly renames: readonly Rename[]
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

const reasons: readonly unknown[] = [
  'ROLE_IN_SET',
  'ROLE_NOT_IN_SET',
  'ROLE_UNKNOWN',
  'ORGANIZATION_UNKNOWN',
  'PERMISSION_NOT_IN_ROLE',
  'PERMISSION_UNKNOWN',
] satisfies Reason[]

const table = parse(readFileSync(new URL('table.yaml', import.meta.url), 'utf8')) as Table

/** Applied to a fresh store, without pruning, before the renames. */
export const store: StoreDescription = table.store

/** The same in the form of the rules. */
export const manifest: Manifest = {
  permissions: store.permissions,
  roles: store.roles,
  roleSets: store.role_sets.map(({ default_role: defaultRole, creator_role: creatorRole, ...rest }) => {
    return { ...rest, defaultRole, creatorRole }
  }),
  organizations: store.organizations.map(({ role_set: roleSet, ...rest }) => ({ ...rest, roleSet })),
}

/** Done in this order, after the store is filled. */
export const renames: readonly Rename[] = table.renames

export const rows: readonly DecisionRow[] = table.rows.map(parseRow)

const titles = rows.map(({ title }) => title)
const repeated = titles.find((title, place) => titles.indexOf(title) !== place)
if (repeated !== undefined) throw new Error(`The decision table asks twice: ${repeated}`)

/** The rows that are true for a setting. */
export function rowsFor(unknownOrganizations: Setting): readonly DecisionRow[] {
  return rows.filter((row) => row.unknownOrganizations.includes(unknownOrganizations))
}

function parseRow(row: Readonly<Record<string, unknown>>, place: number): DecisionRow {
  const {
    organization,
    role,
    by = 'key',
    permission,
    permission_by: permissionBy = 'key',
    unknown_organizations: setting,
    allowed,
    reason,
    retired = false,
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
  check(permission === undefined || typeof permission === 'string', 'has a permission that is not a string')
  for (const each of [by, permissionBy]) check(each === 'key' || each === 'id', 'has a by that is not key or id')
  check(setting === undefined || setting === 'initial' || setting === 'deny', 'has an unknown setting')
  check(reasons.includes(reason), 'has an unknown reason')
  check(allowed === (reason === 'ROLE_IN_SET'), 'has an allowed that contradicts its reason')
  check(retired === false || reason === 'PERMISSION_UNKNOWN', 'has a retired permission that is known')
  check(
    (set === '') === (reason === 'ORGANIZATION_UNKNOWN'),
    'has a set although the organization is unknown, or no set',
  )
  const parsed = { organization, role, by, permission, permissionBy, allowed, reason, retired, roleSet: set } as Omit<
    DecisionRow,
    'title' | 'unknownOrganizations'
  >
  const unknownOrganizations: Setting[] = setting === undefined ? ['initial', 'deny'] : [setting as Setting]
  return { title: titleOf(parsed, unknownOrganizations), ...parsed, unknownOrganizations }
}

function titleOf(row: Omit<DecisionRow, 'title' | 'unknownOrganizations'>, settings: readonly Setting[]): string {
  const named = (name: string, by: 'key' | 'id') => (by === 'id' ? `the id of ${name}` : name)
  const permission = row.permission === undefined ? '' : ` with ${named(row.permission, row.permissionBy)}`
  const asked = named(row.role, row.by) + permission
  const where = `${row.organization}${settings.length === 1 ? ` (unknown organizations: ${settings.join()})` : ''}`
  return `${asked} in ${where} is ${row.allowed ? 'allowed' : `refused as ${row.reason}`}`
}
