/** A role set as Clerk's clients read it, with the number of its members by role where they were counted. */

import { z } from 'zod'
import type { Service } from '../../service/service.ts'
import type { RoleSetView } from '../../service/views.ts'
import type { WriteScope } from '../operation/route.ts'
import { namedFields, representDescription, representNamed } from './catalogue-object.ts'

const roleSetItemObject = z
  .object({
    object: z.literal('role_set_item'),
    ...namedFields,
    description: z.string().nullable(),
    members_count: z.int().nullable(),
    has_members: z.boolean().nullable(),
  })
  .meta({ id: 'RoleSetItem' })

export const roleSetObject = z
  .object({
    object: z.literal('role_set'),
    ...namedFields,
    description: z.string().nullable(),
    roles: z.array(roleSetItemObject),
    default_role: roleSetItemObject.nullable(),
    creator_role: roleSetItemObject.nullable(),
    type: z.enum(['initial', 'custom']),
    role_set_migration: z.null().meta({
      description: 'Members are moved in one transaction, so there is never a migration in progress.',
    }),
  })
  .meta({ id: 'RoleSet' })

/**
 * The catalogue can be later than the view. A role that was deleted in between is left out.
 * @param members by role id; undefined: not counted
 */
export function representRoleSet(
  roleSet: RoleSetView,
  { readModel }: Pick<Service, 'readModel'>,
  members?: ReadonlyMap<string, number>,
): z.input<typeof roleSetObject> {
  const item = (roleId: string): z.input<typeof roleSetItemObject> | null => {
    const role = readModel.catalogue.roles.byId(roleId)
    if (role === undefined) return null
    const count = members === undefined ? null : (members.get(roleId) ?? 0)
    return {
      object: 'role_set_item',
      ...representNamed(role),
      description: representDescription(role),
      members_count: count,
      has_members: count === null ? null : count > 0,
    }
  }
  return {
    object: 'role_set',
    ...representNamed(roleSet),
    description: representDescription(roleSet),
    roles: roleSet.roleIds.map(item).filter((each) => each !== null),
    default_role: item(roleSet.defaultRoleId),
    creator_role: item(roleSet.creatorRoleId),
    type: roleSet.type,
    role_set_migration: null,
  }
}

/** An edit takes the same time for any number of organizations, so the members of large sets aren't counted after it. */
const countedOrganizationsMax = 1_000

/**
 * After a write the members are counted again; a dry run has no counts. The write is already committed, so it is answered
 * also when the count fails, for example because the set was deleted in the meantime.
 */
export async function representWrittenRoleSet(roleSet: RoleSetView, { service, call }: WriteScope) {
  if (call.dryRun) return representRoleSet(roleSet, service)
  const members = await service.directory
    .roleSet(roleSet.id, call, { organizationsMax: countedOrganizationsMax })
    .then(({ value }) => value.members)
    .catch(() => undefined)
  return representRoleSet(roleSet, service, members)
}
