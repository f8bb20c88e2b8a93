/** The codes of failures below `/v1`, each with its HTTP status. */

export const ok = 200

/**
 * The codes under `/v1`, each with its status and its short message. They are Clerk's where Clerk has one; the others are
 * told in docs/http.md.
 */
export const clerkProblems = {
  request_body_invalid: { status: 400, message: 'Request body invalid' },
  malformed_request_parameters: { status: 400, message: 'Malformed request parameters' },
  api_version_invalid: { status: 400, message: 'API version invalid' },
  bulk_size_exceeded: { status: 400, message: 'Bulk size exceeded' },
  already_a_member_in_organization: { status: 400, message: 'Already a member' },
  organization_invitation_not_unique: { status: 400, message: 'Duplicate invitation' },
  organization_logo_not_kept: { status: 400, message: 'Logos aren’t kept' },
  authorization_header_format_invalid: { status: 401, message: 'Invalid Authorization header format' },
  clerk_key_invalid: { status: 401, message: 'The provided secret key is invalid' },
  authorization_invalid: { status: 403, message: 'Unauthorized request' },
  organization_system_permission_not_modifiable: { status: 403, message: 'System permission not modifiable' },
  cannot_delete_initial_role_set: { status: 403, message: 'Cannot delete the initial role set' },
  organization_instance_permissions_quota_exceeded: { status: 403, message: 'Permissions quota exceeded' },
  organization_instance_roles_quota_exceeded: { status: 403, message: 'Roles quota exceeded' },
  organization_instance_role_sets_quota_exceeded: { status: 403, message: 'Role sets quota exceeded' },
  organization_membership_quota_exceeded: { status: 403, message: 'Organization membership quota exceeded' },
  organization_not_enabled_in_instance: { status: 403, message: 'Organizations are not enabled' },
  organization_slugs_disabled: { status: 403, message: 'Organization slugs are disabled' },
  resource_not_found: { status: 404, message: 'Not found' },
  organization_role_permission_association_not_found: { status: 404, message: 'Permission not on the role' },
  organization_invitation_not_pending: { status: 404, message: 'Invitation not pending' },
  method_not_allowed: { status: 405, message: 'Method not allowed' },
  organization_role_permission_association_exists: { status: 409, message: 'Permission already on the role' },
  revision_conflict: { status: 412, message: 'Changed in the meantime' },
  request_body_too_large: { status: 413, message: 'Request body too large' },
  unsupported_content_type: { status: 415, message: 'Unsupported content type' },
  form_param_missing: { status: 422, message: 'is missing' },
  form_param_nil: { status: 422, message: 'is null' },
  form_param_unknown: { status: 422, message: 'is unknown' },
  form_param_type_invalid: { status: 422, message: 'is of the wrong type' },
  form_param_format_invalid: { status: 422, message: 'is invalid' },
  form_param_value_invalid: { status: 422, message: 'is invalid' },
  form_param_duplicate: { status: 422, message: 'has duplicates' },
  form_param_array_size_exceeded: { status: 422, message: 'has too many items' },
  form_param_max_length_exceeded: { status: 422, message: 'is too long' },
  form_identifier_exists: { status: 422, message: 'That identifier is taken' },
  organization_missing_creator_role_permissions: { status: 422, message: 'Missing creator role permissions' },
  organization_role_default_creator_role: { status: 422, message: 'Role is a creator role' },
  organization_role_domain_default_role: { status: 422, message: 'Role is a default role' },
  organization_role_assigned_members: { status: 422, message: 'Role is assigned to members' },
  organization_role_exists_in_invitations: { status: 422, message: 'Role exists in invitations' },
  organization_role_on_set_assigned_to_user: { status: 422, message: 'Role in the set is assigned to users' },
  organization_role_not_in_role_set: { status: 422, message: 'Role not in the role set' },
  organization_role_set_assigned_to_organizations: { status: 422, message: 'Role set is assigned to organizations' },
  organization_role_set_reassignment_mappings_missing: { status: 422, message: 'Reassignment mappings missing' },
  organization_role_set_reassignment_mappings_invalid: { status: 422, message: 'Reassignment mappings invalid' },
  too_many_requests: { status: 429, message: 'Too many requests' },
  internal_clerk_error: { status: 500, message: 'Internal failure' },
  not_serving: { status: 503, message: 'Not serving' },
  disk_full: { status: 503, message: 'No room to write' },
  deadline: { status: 504, message: 'Out of time' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly message: string }>>

export type ClerkCode = keyof typeof clerkProblems
