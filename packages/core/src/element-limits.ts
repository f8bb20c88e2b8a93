/**
 * How many elements each list and map of the wire may have. Servers and clients count them in the bytes of a message, before
 * they decode it. The rules check the same limits again, for callers that don't come over this wire.
 */

import { limits, type LimitName } from './limits.ts'

/** By `<message>.<field>`, as in the proto files. A number stands where the rules have no limit: it is far above real use. */
const elementLimits: Readonly<Record<string, LimitName | number>> = {
  'AddRolesRequest.roles': 'rolesPerRoleSetMax',
  'ApplyRequest.organizations': 'manifestOrganizationsMax',
  'ApplyRequest.permissions': 'permissionsMax',
  'ApplyRequest.role_sets': 'roleSetsMax',
  'ApplyRequest.roles': 'rolesMax',
  'ApplyRequest.scope_defaults': 'scopeDefaultsMax',
  'ApplyRequest.scope_kinds': 'scopeKindsMax',
  'AssignRoleSetRequest.mappings': 'mappingsMax',
  'DeleteScopeDefaultRequest.mappings': 'mappingsMax',
  'RenameScopeRequest.mappings': 'mappingsMax',
  'SetScopeDefaultRequest.mappings': 'mappingsMax',
  'SetScopeKindRequest.mappings': 'mappingsMax',
  'BatchCheckMemberRequest.checks': 'batchQuestionsMax',
  'BatchCheckRequest.checks': 'batchQuestionsMax',
  'CreateInvitationRequest.roles': 'rolesPerMemberMax',
  'CreateInvitationsRequest.invitations': 'invitationsPerCallMax',
  'CreateMembershipRequest.email_addresses': 'emailAddressesPerUserMax',
  'CreateMembershipRequest.roles': 'rolesPerMemberMax',
  'CreateRoleRequest.permissions': 'permissionsPerRoleMax',
  'CreateRoleSetRequest.roles': 'rolesPerRoleSetMax',
  'KeyList.keys': 'permissionsPerRoleMax',
  'ListInvitationsRequest.statuses': 'filterValuesMax',
  'NewInvitation.roles': 'rolesPerMemberMax',
  'OrganizationManifest.mappings': 'mappingsMax',
  'RemoveUserRequest.email_addresses': 'emailAddressesPerUserMax',
  'ReplaceRoleSetRequest.mappings': 'mappingsMax',
  'RoleSetManifest.replace': 'rolesPerRoleSetMax',
  'RoleSetManifest.roles': 'rolesPerRoleSetMax',
  'ScopeDefaultManifest.mappings': 'mappingsMax',
  'ScopeKindManifest.mappings': 'mappingsMax',
  'ScopeList.scopes': 'scopesPerOrganizationMax',
  'ScopeManifest.mappings': 'mappingsMax',
  'UpdateMembershipRequest.roles': 'rolesPerMemberMax',
  'UpdateOrganizationRequest.mappings': 'mappingsMax',

  // Metadata has 8192 bytes of JSON, and an element takes at least two of them.
  'ListValue.values': limits.metadataBytesMax / 2,
  'Struct.fields': limits.metadataBytesMax / 2,

  'BatchCheckMemberResponse.results': 'batchQuestionsMax',
  'BatchCheckMemberResult.roles': 2 * limits.rolesPerMemberMax,
  'BatchCheckResponse.results': 'batchQuestionsMax',
  'CheckMemberResponse.organization_role_ids': 'rolesPerMemberMax',
  'CheckMemberResponse.permissions': 'permissionsMax',
  'CheckMemberResponse.role_ids': 'rolesPerMemberMax',
  'CheckMemberResponse.roles': 2 * limits.rolesPerMemberMax,
  'Invitation.role_ids': 'rolesPerMemberMax',
  'Invitation.roles': 'rolesPerMemberMax',
  'InvitationsWritten.invitations': 'invitationsPerCallMax',
  'ListAccessKeysResponse.access_keys': 'pageSizeMax',
  'ListAvailableRolesResponse.roles': 'rolesPerRoleSetMax',
  'ListChangesResponse.change_sets': 'pageSizeMax',
  'ListInvitationsResponse.invitations': 'pageSizeMax',
  'ListMembershipsResponse.memberships': 'pageSizeMax',
  'ListOrganizationsResponse.organizations': 'pageSizeMax',
  'ListPermissionsResponse.permissions': 'pageSizeMax',
  'ListRoleSetsResponse.role_sets': 'pageSizeMax',
  'ListScopeKindsResponse.scope_defaults': 'scopeDefaultsMax',
  'ListScopeKindsResponse.scope_kinds': 'pageSizeMax',
  'ListScopesResponse.scopes': 'pageSizeMax',
  'ListRolesResponse.roles': 'pageSizeMax',
  'MembersReassigned.mappings': 'mappingsMax',
  'Membership.role_ids': 'rolesPerMemberMax',
  'Membership.roles': 'rolesPerMemberMax',
  'Role.permission_ids': 'permissionsPerRoleMax',
  'Role.permissions': 'permissionsPerRoleMax',
  'RoleSet.role_ids': 'rolesPerRoleSetMax',
  'RoleSet.roles': 'rolesPerRoleSetMax',
  'Settings.domains_enrollment_modes': 'enrollmentModesMax',
  'SnapshotChunk.assignments': 10_000,
  'SnapshotChunk.deleted_organizations': 10_000,
  'SnapshotChunk.organizations': 10_000,
  'SnapshotChunk.permissions': 'permissionsMax',
  'SnapshotChunk.retired_permissions': 'retiredPermissionKeysMax',
  'SnapshotChunk.role_sets': 'roleSetsMax',
  'SnapshotChunk.roles': 'rolesMax',
  'SnapshotChunk.scope_defaults': 'scopeDefaultsMax',
  'SnapshotChunk.scope_kinds': 'scopeKindsMax',
  'SnapshotChunk.timelines': 1_000_000,

  // One write can change all things of a described state.
  'ApplyResponse.left_alone': 100_000,
  'ApplyResponse.steps': 100_000,
  'AppliedStep.details': 100_000,
  'AuditedChangeSet.changes': 100_000,
  'ChangeSet.changes': 100_000,
  'Impact.first_places': 'organizationsInImpactMax',
  'Impact.organization_ids_without_administrator': 'organizationsInImpactMax',
  'Impact.required_mappings': 'rolesMax',
  'Impact.roles': 'rolesMax',
  'Impact.violations': 'rolesMax',
  'Violation.facts': 100,
}

export interface ElementLimit {
  readonly max: number
  /** Undefined: the rules have no limit. */
  readonly limit: LimitName | undefined
}

/** Of a list that isn't in the table: it is of a newer version. */
const unknownListMax = 10_000

/** @param name `<message>.<field>`, as in the proto file */
export function elementLimitOf(name: string): ElementLimit {
  const found = elementLimits[name] ?? unknownListMax
  return typeof found === 'number' ? { max: found, limit: undefined } : { max: limits[found], limit: found }
}

/** For the test that compares the table with the contract. */
export const namedElementLimits: readonly string[] = Object.keys(elementLimits)
