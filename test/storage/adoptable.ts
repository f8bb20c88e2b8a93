/** A snapshot made of things, as an adoption takes it. */

import { emptyCatalogue, put, type AccessKey, type Assignment, type Catalogue, type Invitation } from '@rolesets/core'
import type { Membership, Organization } from '@rolesets/core'
import {
  catalogueChanges,
  type DeletedOrganization,
  type SnapshotPart,
  type StoreSnapshot,
  type Timeline,
} from '../../packages/sidecar/src/storage/store.ts'

export interface Content {
  readonly revision: number
  readonly seal: string
  readonly committedAt?: number
  readonly timelines?: readonly Timeline[]
  readonly catalogue?: Catalogue
  readonly accessKeys?: readonly AccessKey[]
  readonly organizations?: readonly Organization[]
  readonly deletedOrganizations?: readonly DeletedOrganization[]
  readonly assignments?: readonly Assignment[]
  readonly memberships?: readonly Membership[]
  readonly invitations?: readonly Invitation[]
}

export function adoptable(content: Content): StoreSnapshot {
  const { revision, seal, committedAt = 0, timelines = [], catalogue = emptyCatalogue, accessKeys = [] } = content
  const things = [
    ...catalogueChanges(catalogue, accessKeys),
    ...(content.organizations ?? []).map((each) => put('organization', each, null)),
    ...(content.assignments ?? []).map((each) => put('assignment', each, null)),
    ...(content.memberships ?? []).map((each) => put('membership', each, null)),
    ...(content.invitations ?? []).map((each) => put('invitation', each, null)),
  ]
  const parts: readonly SnapshotPart[] = [
    { kind: 'retired_permissions', retired: catalogue.retiredPermissions },
    { kind: 'things', changes: things },
    { kind: 'deleted_organizations', deleted: content.deletedOrganizations ?? [] },
  ]
  return { revision, seal, committedAt, timelines, parts }
}
