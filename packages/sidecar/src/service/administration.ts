/** The operations of operators, one for each call of `administration.proto`, and the seeding of an empty store. */

import { everyScope } from '@rolesets/core'
import type { CreateAccessKeyInput } from '../domain/access-keys.ts'
import { invitationNotFound } from '../domain/invitations.ts'
import { findPermission, findRole, findRoleSet } from '../domain/lookup.ts'
import { membershipNotFound, type MemberInput } from '../domain/memberships.ts'
import { organizationNotFound } from '../domain/registration.ts'
import { parseOrganizationId } from '../domain/questions.ts'
import { parseId } from '../domain/fields.ts'
import { parseScopeFilter, parseScopeOrWhole } from '../domain/scopes.ts'
import { seedChanges } from '../domain/seed.ts'
import { applyCommands } from './operations/apply.ts'
import { createBackups } from './backups.ts'
import { createAudit } from './audit/audit.ts'
import { readDrift, type DriftInput } from './operations/drift.ts'
import { accessKeyCommands, accessKeyList } from './operations/access-keys.ts'
import type { PageCall, ReadCall, WriteCall, Written } from './operations/call.ts'
import {
  findInvitation,
  invitationCommands,
  invitationList,
  type InvitationFilter,
  type InvitationRef,
} from './operations/invitations.ts'
import { digestOf, newAccessKey } from './key-ring.ts'
import {
  currentMembership,
  membershipCommands,
  membershipList,
  membershipsOfPlaces,
  type MembershipFilter,
} from './operations/memberships.ts'
import { contextOf, type Command, type OperationOptions, type Operations } from './operations/operation.ts'
import { organizationCommands, organizationList, type OrganizationFilter } from './operations/organizations.ts'
import { organizationDomainCommands } from './operations/organization-domains.ts'
import { permissionCommands, permissionList } from './operations/permissions.ts'
import { roleSetCommands, roleSetList } from './operations/role-sets.ts'
import { roleCommands, roleList } from './operations/roles.ts'
import {
  scopeCommands,
  scopeDefaultCommands,
  scopeKindCommands,
  scopeKindList,
  scopeList,
  viewScopeDefaults,
  type ScopeFilter,
} from './operations/scopes.ts'
import { viewInvitations } from './past-names.ts'
import { userCommands } from './operations/users.ts'
import { settingsCommands } from './operations/settings.ts'
import {
  type InvitationView,
  viewMembership,
  viewOrganization,
  viewPermission,
  viewRole,
  viewRoleSet,
  viewSettings,
  type AccessKeyView,
} from './views.ts'

export type Administration = ReturnType<typeof createAdministration>

export function createAdministration(operations: Operations, options: OperationOptions) {
  return {
    ...catalogueOperations(operations),
    ...organizationOperations(operations),
    ...instanceOperations(operations),
    ...createAudit(operations, options),
    backup: createBackups(options.store),
  }
}

type Writes<Commands> = {
  readonly [Name in keyof Commands]: Commands[Name] extends Command<infer Input, infer _Thing, infer View>
    ? (input: Input, call: WriteCall) => Promise<Written<View>>
    : never
}

/** One operation for each command. */
function writesOf<Commands extends object>(operations: Operations, commands: Commands): Writes<Commands> {
  const writes = Object.entries(commands).map(([name, command]) => [
    name,
    (input: unknown, call: WriteCall) => operations.write(command as Command<unknown, unknown, unknown>, input, call),
  ])
  // `fromEntries` forgets which name has which type.
  return Object.fromEntries(writes) as Writes<Commands>
}

function catalogueOperations(operations: Operations) {
  return {
    ...writesOf(operations, {
      ...{ ...permissionCommands, ...roleCommands, ...roleSetCommands, ...applyCommands },
      ...{ ...scopeKindCommands, ...scopeDefaultCommands },
    }),
    listScopeKinds: async (call: PageCall) => {
      const kinds = await operations.list(scopeKindList, undefined, call)
      // All of them with the first page: there are as many as the catalogue holds in memory.
      const { value: scopeDefaults } =
        call.pageToken === ''
          ? await operations.find(call, (_reader, catalogue) => viewScopeDefaults(catalogue))
          : { value: [] }
      return { ...kinds, scopeDefaults }
    },
    getPermission: (ref: string, call: ReadCall) =>
      operations.find(call, (_reader, catalogue) => viewPermission(findPermission(catalogue, ref))),
    listPermissions: (call: PageCall) => operations.list(permissionList, undefined, call),
    getRole: (ref: string, call: ReadCall) =>
      operations.find(call, (_reader, catalogue) => viewRole(findRole(catalogue, ref), catalogue)),
    listRoles: (call: PageCall) => operations.list(roleList, undefined, call),
    getRoleSet: (ref: string, call: ReadCall) =>
      operations.find(call, (_reader, catalogue) => viewRoleSet(findRoleSet(catalogue, ref), catalogue)),
    listRoleSets: (call: PageCall) => operations.list(roleSetList, undefined, call),
  }
}

function organizationOperations(operations: Operations) {
  return {
    ...writesOf(operations, {
      ...organizationCommands,
      ...membershipCommands,
      ...userCommands,
      ...invitationCommands,
      ...organizationDomainCommands,
      ...scopeCommands,
    }),
    listScopes: (filter: ScopeFilter, call: PageCall) => operations.list(scopeList, filter, call),
    getOrganization: (unparsed: string, call: ReadCall) =>
      operations.find(call, async (reader, catalogue) => {
        const id = parseOrganizationId(unparsed, 'organization_id')
        const organization = await reader.organization(id)
        if (organization === undefined) throw organizationNotFound(id)
        return viewOrganization(organization, catalogue)
      }),
    listOrganizations: (filter: OrganizationFilter, call: PageCall) => operations.list(organizationList, filter, call),

    getMembership: (member: MemberInput, call: ReadCall) =>
      operations.find(call, async (reader, catalogue, now) => {
        const organizationId = parseOrganizationId(member.organizationId, 'organization_id')
        const scope = parseScopeOrWhole(member.scope)
        const userId = parseId(member.userId, 'user_id')
        const membership = await currentMembership(reader, { organizationId, scope, userId }, now)
        if (membership === undefined) throw membershipNotFound({ organizationId, scope }, userId)
        return viewMembership(membership, catalogue)
      }),
    listMemberships: async (filter: MembershipFilter, call: PageCall) => {
      const scope = parseScopeFilter(filter.scope)
      const userId = filter.userId ? parseId(filter.userId, 'user_id') : ''
      const isOfAll = userId !== '' && filter.organizationId === ''
      const organizationId = isOfAll ? '' : parseOrganizationId(filter.organizationId, 'organization_id')
      const list = scope === everyScope || userId !== '' ? membershipsOfPlaces : membershipList
      return operations.list(list, { ...filter, organizationId, scope, userId }, call)
    },

    getInvitation: (ref: InvitationRef, call: ReadCall) =>
      operations.find(call, async (reader, catalogue, now) => {
        const organizationId = parseOrganizationId(ref.organizationId, 'organization_id')
        const scope = ref.scope === undefined ? undefined : parseScopeOrWhole(ref.scope)
        const invitationId = parseId(ref.invitationId, 'invitation_id')
        const invitation = await findInvitation(reader, { organizationId, scope, invitationId })
        if (invitation === undefined) throw invitationNotFound({ organizationId, scope }, invitationId)
        const [view] = await viewInvitations([invitation], { reader, catalogue, now })
        return view as InvitationView
      }),
    listInvitations: async (filter: InvitationFilter, call: PageCall) => {
      const organizationId = parseOrganizationId(filter.organizationId, 'organization_id')
      return operations.list(invitationList, { ...filter, organizationId, scope: parseScopeFilter(filter.scope) }, call)
    },
  }
}

/** What concerns the whole store. */
function instanceOperations(operations: Operations) {
  const { createAccessKey: _withoutKey, ...commands } = { ...settingsCommands, ...accessKeyCommands }
  return {
    ...writesOf(operations, commands),
    driftFrom: (input: DriftInput, call: ReadCall) => readDrift(operations, input, call),
    getSettings: (call: ReadCall) =>
      operations.find(call, (_reader, catalogue) => viewSettings(catalogue.settings, catalogue)),
    createAccessKey: async (input: CreateAccessKeyInput, call: WriteCall): Promise<AccessKeyWritten> => {
      const key = newAccessKey()
      const digest = digestOf(key).toString('hex')
      const written = await operations.write(accessKeyCommands.createAccessKey, { ...input, digest }, call)
      return { ...written, key: call.dryRun ? '' : key }
    },
    listAccessKeys: (call: PageCall) => operations.list(accessKeyList, undefined, call),
  }
}

interface AccessKeyWritten extends Written<AccessKeyView> {
  /** The key itself, which is kept nowhere else. Empty in a dry run. */
  readonly key: string
}

/** Gives an empty store what every store begins with, as its first revision. */
export async function seed({ store, ...options }: OperationOptions): Promise<void> {
  if (store.head > 0) return
  const at = options.now()
  await store.write({ actor: 'rolesets', operation: 'Seed', at }, async (writer) => {
    // Another process on the same database may have been first.
    if (writer.revision > 0) return
    await writer.record(seedChanges(contextOf({ store, ...options }, at, writer.nextRevision)))
  })
}
