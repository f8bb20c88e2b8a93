/** A role set as Clerk's clients read it, with the number of its members by role where they were counted. */

import { z } from 'zod'
import type { RoleSetView } from '../../service/views.ts'
import { count, time } from '../operation/fields.ts'
import { component, representing } from '../operation/represent.ts'
import type { Scope, WriteScope } from '../operation/route.ts'
import { describedFields, shownDescription } from './catalogue-object.ts'

const roleSetItemObject = component('RoleSetItem', {
  object: z.literal('role_set_item'),
  ...describedFields,
  members_count: count.nullable(),
  has_members: z.boolean().nullable(),
})

/** As Clerk declares it, so that clients made from the document have its type. */
const roleSetMigrationObject = component('RoleSetMigration', {
  object: z.literal('role_set_migration'),
  id: z.string(),
  organization_id: z.string().nullable().optional(),
  instance_id: z.string(),
  source_role_set_id: z.string(),
  dest_role_set_id: z.string().nullable().optional(),
  trigger_type: z.string(),
  status: z.string(),
  migrated_members: count,
  mappings: z.record(z.string(), z.string()).nullable().optional(),
  started_at: time.nullable().optional(),
  completed_at: time.nullable().optional(),
  created_at: time,
  updated_at: time,
})

export const roleSetObject = component('RoleSet', {
  object: z.literal('role_set'),
  ...describedFields,
  roles: z.array(roleSetItemObject),
  default_role: roleSetItemObject.nullable(),
  creator_role: roleSetItemObject.nullable(),
  type: z.enum(['initial', 'custom']),
  role_set_migration: roleSetMigrationObject
    .nullable()
    .describe('Always null: members are moved in one transaction, so there is never a migration in progress.'),
})

const represent = representing(roleSetObject)
const representItem = representing(roleSetItemObject)

/**
 * The catalogue can be later than the view. A role that was deleted in between is left out.
 * @param members by role id; undefined: not counted
 */
export function representRoleSet(
  roleSet: RoleSetView,
  { service }: Pick<Scope, 'service'>,
  members?: ReadonlyMap<string, number>,
) {
  const itemOf = (roleId: string) => {
    const role = service.readModel.catalogue.roles.byId(roleId)
    if (role === undefined) return null
    const count = members === undefined ? null : (members.get(roleId) ?? 0)
    const isHeld = count === null ? null : count > 0
    return representItem(role, { ...shownDescription(role), members_count: count, has_members: isHeld })
  }
  return represent(roleSet, {
    ...shownDescription(roleSet),
    roles: roleSet.roleIds.map(itemOf).filter((item) => item !== null),
    default_role: itemOf(roleSet.defaultRoleId),
    creator_role: itemOf(roleSet.creatorRoleId),
    role_set_migration: null,
  })
}

/** An edit takes the same time for any number of organizations, so the members of large sets aren't counted after it. */
const countedOrganizationsMax = 1_000

/**
 * After a write the members are counted again; a dry run has no counts. The write is already committed, so it is answered
 * also when the count fails, for example because the set was deleted in the meantime.
 */
export async function representWrittenRoleSet(roleSet: RoleSetView, scope: WriteScope) {
  const { service, call } = scope
  if (call.dryRun) return representRoleSet(roleSet, scope)
  const members = await service.directory
    .roleSet(roleSet.id, call, { organizationsMax: countedOrganizationsMax })
    .then(({ value }) => value.members)
    .catch(() => undefined)
  return representRoleSet(roleSet, scope, members)
}
