/**
 * The service `Administration`: each call reads its request into the input of the operation of the same name, and writes
 * the answer. An absent field stays absent, so that "leave it" and "make it empty" remain two things.
 */

import type * as proto from '@rolesets/proto'
import { structOfJson } from '@rolesets/proto'
import type { Administration } from '../service/administration.ts'
import type { Service } from '../service/service.ts'
import type { AuditedChangeSetView } from '../service/audit/views.ts'
import { backupHandler } from './backup.ts'
import { callsOf, deletedReply, pageReply, thingReply, writtenReply } from './administration-call.ts'
import type { Endpoint } from './handler.ts'
import {
  accessKeyMessage,
  invitationMessage,
  isMoreThanMembers,
  membershipMessage,
  organizationMessage,
  originMessage,
  permissionMessage,
  roleMessage,
  roleSetMessage,
  scopeDefaultMessage,
  scopeKindMessage,
  scopeMessage,
  settingsMessage,
  stepMessage,
} from './messages.ts'
import {
  accessOf,
  fallbackOf,
  isInitial,
  lastAdministratorOf,
  manifestOf,
  metadataOf,
  newInvitationOf,
  statusesOf,
} from './requests.ts'

export function administrationHandlers(
  { administration: service, checkWritable }: Pick<Service, 'administration' | 'checkWritable'>,
  endpoint: Endpoint,
): proto.AdministrationHandlers {
  const calls = callsOf(endpoint, checkWritable)
  return {
    ...catalogueHandlers(service, calls),
    ...roleSetHandlers(service, calls),
    ...organizationHandlers(service, calls),
    ...scopeHandlers(service, calls),
    ...membershipHandlers(service, calls),
    ...invitationHandlers(service, calls),
    ...instanceHandlers(service, calls),
    Backup: backupHandler(service, endpoint),
  } satisfies Handlers<keyof proto.AdministrationDefinition>
}

type Calls = ReturnType<typeof callsOf>
type Handlers<Name extends keyof proto.AdministrationDefinition> = Pick<proto.AdministrationHandlers, Name>

function catalogueHandlers(service: Administration, { read, list, write, preview }: Calls) {
  const permission = thingReply('permission', permissionMessage)
  const role = thingReply('role', roleMessage)
  return {
    CreatePermission: write('CreatePermission', service.createPermission, permission),
    GetPermission: read((request, call) => service.getPermission(request.permission, call), permission),
    ListPermissions: list(
      (_request, page) => service.listPermissions(page),
      pageReply('permissions', permissionMessage),
    ),
    UpdatePermission: write('UpdatePermission', service.updatePermission, permission),
    DeletePermission: write('DeletePermission', service.deletePermission, deletedReply),

    CreateRole: write('CreateRole', service.createRole, role),
    GetRole: read((request, call) => service.getRole(request.role, call), role),
    ListRoles: list((_request, page) => service.listRoles(page), pageReply('roles', roleMessage)),
    UpdateRole: write(
      'UpdateRole',
      ({ permissions, ...request }, call) => service.updateRole({ ...request, permissions: permissions?.keys }, call),
      role,
    ),
    DeleteRole: write('DeleteRole', service.deleteRole, deletedReply),
    AddPermission: write('AddPermission', service.addPermission, role),
    RemovePermission: write('RemovePermission', service.removePermission, role),

    Apply: preview(
      'Apply',
      (request, call) => service.apply({ manifest: manifestOf(request), prune: request.prune }, call),
      ({ value: { steps = [], leftAlone = [] } = {}, ...applied }) => ({
        ...writtenReply(applied),
        steps: steps.map(stepMessage),
        leftAlone: [...leftAlone],
      }),
    ),
  } satisfies Partial<proto.AdministrationHandlers>
}

function roleSetHandlers(service: Administration, { read, list, write }: Calls) {
  const roleSet = thingReply('roleSet', roleSetMessage)
  return {
    CreateRoleSet: write(
      'CreateRoleSet',
      ({ type, ...request }, call) => service.createRoleSet({ ...request, initial: isInitial(type) }, call),
      roleSet,
    ),
    GetRoleSet: read((request, call) => service.getRoleSet(request.roleSet, call), roleSet),
    ListRoleSets: list((_request, page) => service.listRoleSets(page), pageReply('roleSets', roleSetMessage)),
    UpdateRoleSet: write(
      'UpdateRoleSet',
      ({ type, ...request }, call) => service.updateRoleSet({ ...request, initial: isInitial(type) }, call),
      roleSet,
    ),
    DeleteRoleSet: write('DeleteRoleSet', service.deleteRoleSet, deletedReply),
    AddRoles: write('AddRoles', service.addRoles, roleSet),
    ReplaceRole: write(
      'ReplaceRole',
      ({ toRole, ...request }, call) => service.replaceRole({ ...request, ...(toRole === '' ? {} : { toRole }) }, call),
      roleSet,
    ),
    ReplaceRoleSet: write('ReplaceRoleSet', service.replaceRoleSet, roleSet),
  } satisfies Partial<proto.AdministrationHandlers>
}

function organizationHandlers(service: Administration, { read, list, write }: Calls) {
  const organization = thingReply('organization', organizationMessage)
  return {
    CreateOrganization: write(
      'CreateOrganization',
      ({ createdAtMs: createdAt, ...request }, call) => {
        const id = request.id === '' ? undefined : request.id
        return service.createOrganization({ ...request, createdAt, id, ...metadataOf(request) }, call)
      },
      organization,
    ),
    GetOrganization: read((request, call) => service.getOrganization(request.organizationId, call), organization),
    ListOrganizations: list(service.listOrganizations, pageReply('organizations', organizationMessage)),
    UpdateOrganization: write(
      'UpdateOrganization',
      ({ createdAtMs: createdAt, ...request }, call) =>
        service.updateOrganization({ ...request, createdAt, ...metadataOf(request) }, call),
      organization,
    ),
    DeleteOrganization: write('DeleteOrganization', service.deleteOrganization, deletedReply),
    AssignRoleSet: write('AssignRoleSet', service.assignRoleSet, organization),
  } satisfies Partial<proto.AdministrationHandlers>
}

function scopeHandlers(service: Administration, { list, write }: Calls) {
  const scopeKind = thingReply('scopeKind', scopeKindMessage)
  const scopeDefault = thingReply('scopeDefault', scopeDefaultMessage)
  return {
    SetScopeKind: write(
      'SetScopeKind',
      ({ fallback, ...request }, call) => service.setScopeKind({ ...request, fallback: fallbackOf(fallback) }, call),
      scopeKind,
    ),
    DeleteScopeKind: write('DeleteScopeKind', service.deleteScopeKind, scopeKind),
    ListScopeKinds: list(
      (_request, page) => service.listScopeKinds(page),
      ({ scopeDefaults, ...page }, isAnonymous) => ({
        ...pageReply('scopeKinds', scopeKindMessage)(page, isAnonymous),
        scopeDefaults: scopeDefaults.map(scopeDefaultMessage),
      }),
    ),
    SetScopeDefault: write('SetScopeDefault', service.setScopeDefault, scopeDefault),
    DeleteScopeDefault: write('DeleteScopeDefault', service.deleteScopeDefault, scopeDefault),
    ListScopes: list(service.listScopes, ({ items, ...page }, isAnonymous) => ({
      ...page,
      scopes: (isAnonymous ? items.filter(isMoreThanMembers) : items).map((it) => scopeMessage(it, isAnonymous)),
    })),
    RenameScope: write('RenameScope', service.renameScope, thingReply('scope', scopeMessage)),
  } satisfies Partial<proto.AdministrationHandlers>
}

function membershipHandlers(service: Administration, { read, list, write }: Calls) {
  const membership = thingReply('membership', membershipMessage)
  return {
    CreateMembership: write(
      'CreateMembership',
      (request, call) => service.createMembership({ ...request, ...metadataOf(request) }, call),
      membership,
    ),
    GetMembership: read(service.getMembership, membership, 'personal'),
    ListMemberships: list(service.listMemberships, pageReply('memberships', membershipMessage), 'personal'),
    UpdateMembership: write(
      'UpdateMembership',
      (request, call) => service.updateMembership({ ...request, ...metadataOf(request) }, call),
      membership,
    ),
    DeleteMembership: write('DeleteMembership', service.deleteMembership, membership),
    RemoveUser: write('RemoveUser', service.removeUser, ({ value, ...written }) => ({
      ...writtenReply(written),
      userId: value?.userId ?? '',
    })),
  } satisfies Partial<proto.AdministrationHandlers>
}

function invitationHandlers(service: Administration, { read, list, write }: Calls) {
  const invitation = thingReply('invitation', invitationMessage)
  return {
    CreateInvitation: write(
      'CreateInvitation',
      ({ organizationId, scope, ...request }, call) =>
        service.createInvitation({ ...newInvitationOf(request), organizationId, scope }, call),
      invitation,
    ),
    CreateInvitations: write(
      'CreateInvitations',
      ({ organizationId, scope, ...request }, call) => {
        const invitations = request.invitations.map((it, place) => newInvitationOf(it, `invitations[${place}].`))
        return service.createInvitations({ organizationId, scope, invitations }, call)
      },
      ({ value = [], ...written }) => ({ ...writtenReply(written), invitations: value.map(invitationMessage) }),
    ),
    GetInvitation: read(service.getInvitation, invitation, 'personal'),
    ListInvitations: list(
      ({ organizationId, scope, statuses }, page) =>
        service.listInvitations({ organizationId, scope, statuses: statusesOf(statuses) }, page),
      pageReply('invitations', invitationMessage),
      'personal',
    ),
    RevokeInvitation: write('RevokeInvitation', service.revokeInvitation, invitation),
    AcceptInvitation: write('AcceptInvitation', service.acceptInvitation, ({ value, ...written }) => ({
      ...writtenReply(written),
      invitation: value ? invitationMessage(value.invitation) : null,
      membership: value ? membershipMessage(value.membership) : null,
    })),
  } satisfies Partial<proto.AdministrationHandlers>
}

/** What holds for the whole store: its settings, its access keys and its history. */
function instanceHandlers(service: Administration, { read, list, write }: Calls) {
  const settings = thingReply('settings', settingsMessage)
  const accessKey = thingReply('accessKey', accessKeyMessage)
  return {
    GetSettings: read((_request, call) => service.getSettings(call), settings),
    UpdateSettings: write(
      'UpdateSettings',
      ({ domainsEnrollmentModes: modes, lastAdministrator, ...request }, call) => {
        const given = { domainsEnrollmentModes: modes?.keys, lastAdministrator: lastAdministratorOf(lastAdministrator) }
        return service.updateSettings({ ...request, ...given }, call)
      },
      settings,
    ),
    CreateAccessKey: write(
      'CreateAccessKey',
      ({ name, access }, call) => service.createAccessKey({ name, access: accessOf(access) }, call),
      ({ key, ...written }) => ({ ...accessKey(written), key }),
    ),
    ListAccessKeys: list(
      (_request, page) => service.listAccessKeys(page),
      pageReply('accessKeys', accessKeyMessage),
      'confidential',
    ),
    RevokeAccessKey: write('RevokeAccessKey', service.revokeAccessKey, accessKey),
    ListChanges: list(
      service.listChanges,
      ({ items, ...page }) => ({ ...page, changeSets: items.map(changeSetMessage) }),
      'confidential',
    ),
    Explain: read(
      service.explain,
      ({ because, placeBecause, origin, ...explained }) => ({
        ...explained,
        because: because ? changeSetMessage(because) : null,
        placeBecause: placeBecause ? changeSetMessage(placeBecause) : null,
        origin: originMessage(origin),
      }),
      'personal',
    ),
  } satisfies Partial<proto.AdministrationHandlers>
}

function changeSetMessage({ committedAt, changes, ...changeSet }: AuditedChangeSetView): proto.AuditedChangeSet {
  return {
    ...changeSet,
    committedAtMs: committedAt,
    changes: changes.map(({ before, after, ...change }) => ({
      ...change,
      before: before === undefined ? null : structOfJson(before),
      after: after === undefined ? null : structOfJson(after),
    })),
  }
}
