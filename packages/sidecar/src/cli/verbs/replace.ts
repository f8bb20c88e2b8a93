/**
 * `rolesets replace-role` removes a role from a role set; `rolesets replace-set` deletes a role set. Members get other
 * roles.
 */

import { isRoleSetsError, type FieldViolation } from '@rolesets/client'
import { ExplainedError } from '../run/failure.ts'
import type { Given } from '../run/verb.ts'
import { writeVerb, type WriteOptions, type WriteVerb } from '../run/write.ts'
import { parseRef } from '../../domain/fields.ts'
import { mapOption, mapRemedy, restoreOption, type Mappings } from '../run/mappings.ts'

interface ReplaceSetOptions extends WriteOptions {
  readonly map?: Mappings
  readonly restoreFormerRoles?: true
}

const roleVerb: WriteVerb = {
  usage: 'replace-role <role-set> <role> [to-role]',
  summary: 'Removes a role from a role set and gives its members another role.',
  onRevision: true,
  endsAdministrators: true,
  notes: `
Members and pending invitations with the role, in every organization that uses the set, get <to-role>, which is added to
the set if it is not in it. It also becomes the default or the creator role if the other one was. It may be left out while
the role has no members or invitations and is neither. All of it is one revision, however many members have the role.

Examples:
  rolesets replace-role role_set:pro org:analyst org:member --dry-run
  rolesets replace-role role_set:pro org:analyst org:member --key-file rolesets.db.key`,
}

const setVerb: WriteVerb = {
  usage: 'replace-set <role-set> <to-role-set>',
  summary: 'Moves all organizations of a role set to another one, and deletes it.',
  options: [mapOption, restoreOption],
  onRevision: true,
  endsAdministrators: true,
  notes: `
Roles in use that the other set lacks need a --map each; without it the change is refused, and the answer says which roles
those are. The initial set can be replaced only after another one was made initial. All of it is one revision, however many
organizations use the set.

Examples:
  rolesets replace-set role_set:legacy role_set:pro --dry-run
  rolesets replace-set role_set:pro role_set:free --map org:analyst=org:member --map org:moderator=org:member`,
}

const isToRole = ({ field }: FieldViolation): boolean => field === 'toRole' || field === 'to_role'

export const replaceRole = writeVerb(
  roleVerb,
  (_given: Given<WriteOptions>, ...[roleSet, role, toRole]: [string, string, string | undefined]) => {
    const input = {
      roleSet: parseRef(roleSet, '<role-set>'),
      role: parseRef(role, '<role>'),
      ...(toRole === undefined ? {} : { toRole: parseRef(toRole, '<to-role>') }),
    }
    const remedy = `rolesets replace-role ${roleSet} ${role} <to-role>`
    /** The sidecar calls it `to_role`; here it is the third argument. */
    const withArgument = (error: unknown): never => {
      const isMissing = isRoleSetsError(error) && toRole === undefined && error.fields.some(isToRole)
      throw isMissing ? new ExplainedError(error, { after: ` Type: ${remedy}` }) : error
    }
    return {
      ask: (admin, how, limits) => admin.replaceRole({ ...input, ...how }, limits).catch(withArgument),
      outcome: (answer) => {
        const key = answer.roleSet?.key ?? roleSet
        const place = toRole === undefined ? '' : ` and replaced by ${toRole}`
        return { is: `${role} is removed from ${key}${place}`, would: `${role} would be removed from ${key}${place}` }
      },
      remedy: () => `Give the role that they get: ${remedy}`,
    }
  },
)

export const replaceSet = writeVerb(
  setVerb,
  ({ options }: Given<ReplaceSetOptions>, roleSet: string, toRoleSet: string) => {
    const input = {
      roleSet: parseRef(roleSet, '<role-set>'),
      toRoleSet: parseRef(toRoleSet, '<to-role-set>'),
      mappings: options.map ?? {},
      ...(options.restoreFormerRoles && { restoreFormerRoles: true }),
    }
    return {
      ask: (admin, how, limits) => admin.replaceRoleSet({ ...input, ...how }, limits),
      outcome: (answer) => {
        const key = answer.roleSet?.key ?? toRoleSet
        return {
          is: `${roleSet} is deleted, and its organizations have ${key}`,
          would: `${roleSet} would be deleted, and its organizations would get ${key}`,
        }
      },
      remedy: mapRemedy(input.mappings),
    }
  },
)
