/** The tables of the things, with a column for each field, and the rows of change sets. */

import type {
  AccessKey,
  Assignment,
  Invitation,
  Membership,
  Organization,
  Permission,
  Role,
  RoleSet,
  ScopeDefault,
  ScopeKind,
  Settings,
} from '@rolesets/core'
import { scopeFallbacks } from '@rolesets/core'
import type { KeptChangeSet } from '../../store.ts'
import { changesOf } from '../../record.ts'
import type { SealedRecord } from '../../store.ts'
import type { Row } from '../connection.ts'
import {
  domainsColumn,
  flagColumn,
  integer,
  integerColumn,
  metadataColumn,
  nullable,
  oneOf,
  roleIdsColumns,
  text,
  textColumn,
  textsColumn,
  unlessNoJson,
} from './columns.ts'
import { Table } from './table.ts'

const written = { updatedAt: integerColumn, revision: integerColumn }
const identified = { id: textColumn, createdAt: integerColumn, ...written }
const named = { ...identified, key: textColumn, name: textColumn, description: textColumn }
const metadata = { publicMetadata: metadataColumn, privateMetadata: metadataColumn }

export const permissions = new Table<Permission>('permissions', ['id'], { ...named, type: oneOf('system', 'custom') })

/** Without the permissions, which have rows of their own. */
export const roles = new Table<Omit<Role, 'permissionIds'>>('roles', ['id'], named)

/** Without the roles, which have rows of their own. */
export const roleSets = new Table<Omit<RoleSet, 'roleIds'>>('role_sets', ['id'], {
  ...named,
  defaultRoleId: textColumn,
  creatorRoleId: nullable(textColumn),
  type: oneOf('initial', 'custom'),
})

export const organizations = new Table<Organization>('organizations', ['id'], {
  ...identified,
  name: textColumn,
  slug: nullable(textColumn),
  roleSetId: textColumn,
  createdBy: textColumn,
  maxAllowedMemberships: integerColumn,
  adminDeleteEnabled: flagColumn,
  domains: domainsColumn,
  ...metadata,
})

/** Of the scopes; the assignment of an organization as a whole is a part of the organization's row. */
export const assignments = new Table<Assignment>('assignments', ['organization_id', 'scope'], {
  organizationId: textColumn,
  scope: textColumn,
  name: textColumn,
  roleSetId: nullable(textColumn),
  ...written,
})

export const scopeKinds = new Table<ScopeKind>('scope_kinds', ['kind'], {
  kind: textColumn,
  fallback: oneOf(...scopeFallbacks),
  roleSetId: nullable(textColumn),
  ...written,
})

export const scopeDefaults = new Table<ScopeDefault>('scope_defaults', ['scope'], {
  scope: textColumn,
  roleSetId: textColumn,
  ...written,
})

export const memberships = new Table<Membership>('memberships', ['organization_id', 'scope', 'user_id'], {
  ...identified,
  organizationId: textColumn,
  scope: textColumn,
  userId: textColumn,
  roleIds: roleIdsColumns,
  expiresAt: nullable(integerColumn),
  ...metadata,
})

export const invitations = new Table<Invitation>('invitations', ['id'], {
  ...identified,
  organizationId: textColumn,
  scope: textColumn,
  emailAddress: textColumn,
  roleIds: roleIdsColumns,
  inviterUserId: textColumn,
  status: oneOf('pending', 'accepted', 'revoked'),
  expiresAt: integerColumn,
  redirectUrl: textColumn,
  acceptedByUserId: textColumn,
  ...metadata,
})

/** Has one row, whose key is always 1, after the first change. */
export const settings = new Table<Settings>('settings', ['singleton'], {
  enabled: flagColumn,
  maxAllowedMemberships: integerColumn,
  adminDeleteEnabled: flagColumn,
  slugDisabled: flagColumn,
  maxRolesPerMember: integerColumn,
  lastAdministrator: oneOf('warn', 'refuse'),
  domainsEnabled: flagColumn,
  domainsEnrollmentModes: textsColumn,
  ...written,
})

export const accessKeys = new Table<AccessKey>('access_keys', ['id'], {
  ...identified,
  name: textColumn,
  access: oneOf('secret', 'read'),
  digest: textColumn,
  revokedAt: nullable(integerColumn),
})

export function changeSetOf(row: Row): KeptChangeSet {
  const sealed = sealedRecordOf(row)
  return { ...sealed, changes: unlessNoJson('changes', () => changesOf(sealed.record)) }
}

export function sealedRecordOf(row: Row): SealedRecord {
  return {
    revision: integer(row, 'revision'),
    committedAt: integer(row, 'committed_at'),
    actor: text(row, 'actor'),
    operation: text(row, 'operation'),
    record: text(row, 'changes'),
    seal: text(row, 'seal'),
  }
}
