/** `rolesets replace-role` and `rolesets replace-set`: take a role out of a set, or delete a set, and give its members other roles. */

import type { Command } from 'commander'
import { parseRef } from '../../domain/fields.ts'
import type { Io } from '../run/io.ts'
import { mapOption, mapRemedy, type Mappings } from '../run/mappings.ts'
import { reporting } from '../run/verb.ts'
import { addWriteVerb, runWrite, type WriteOptions } from '../run/write.ts'

interface ReplaceSetOptions extends WriteOptions {
  readonly map?: Mappings
}

const roleVerb = {
  usage: 'replace-role <role-set> <role> [to-role]',
  summary: 'Removes a role from a role set and gives its members another role.',
  onRevision: true,
  notes: `
The holders of the role in every organization on the set, members and pending invitations, get <to-role>, which joins the
set if it is not in it. It also becomes the default or the creator role if the other one was. It may be left out while
the role has no members or invitations and is neither. All of it is one revision, however many hold the role.

Examples:
  rolesets replace-role role_set:pro org:analyst org:member --dry-run
  rolesets replace-role role_set:pro org:analyst org:member --key-file rolesets.db.key`,
}

const setVerb = {
  usage: 'replace-set <role-set> <to-role-set>',
  summary: 'Moves all organizations of a role set to another one, and deletes it.',
  options: [mapOption],
  onRevision: true,
  notes: `
Roles in use that the other set lacks need a --map each; without it the change is refused, and the answer says which roles
those are. The initial set can be replaced only after another one was made initial. All of it is one revision, however many
organizations are on the set.

Examples:
  rolesets replace-set role_set:legacy role_set:pro --dry-run
  rolesets replace-set role_set:pro role_set:free --map org:analyst=org:member --map org:moderator=org:member`,
}

export function addReplaceRole(program: Command, io: Io): void {
  addWriteVerb(program, io, roleVerb).action(
    (...[roleSet, role, toRole, options]: [string, string, string | undefined, WriteOptions]) =>
      reporting(io, options, () => {
        const input = {
          roleSet: parseRef(roleSet, '<role-set>'),
          role: parseRef(role, '<role>'),
          ...(toRole === undefined ? {} : { toRole: parseRef(toRole, '<to-role>') }),
        }
        return runWrite(io, options, {
          ask: (client, how, limits) => client.admin.replaceRole({ ...input, ...how }, limits),
          sentences: (answer, dryRun) => {
            const key = answer.roleSet?.key ?? input.roleSet
            const place = toRole === undefined ? '' : `, and ${toRole} in its place`
            return [
              dryRun
                ? `${role} would be out of ${key}${place}.`
                : `${role} is out of ${key}${place} (revision ${answer.revision}).`,
            ]
          },
          remedy: () => `Name the role that they get: rolesets replace-role ${roleSet} ${role} <to-role>`,
        })
      }),
  )
}

export function addReplaceSet(program: Command, io: Io): void {
  addWriteVerb(program, io, setVerb).action((roleSet: string, toRoleSet: string, options: ReplaceSetOptions) =>
    reporting(io, options, () => {
      const input = {
        roleSet: parseRef(roleSet, '<role-set>'),
        toRoleSet: parseRef(toRoleSet, '<to-role-set>'),
        mappings: options.map ?? {},
      }
      return runWrite(io, options, {
        ask: (client, how, limits) => client.admin.replaceRoleSet({ ...input, ...how }, limits),
        sentences: (answer, dryRun) => {
          const key = answer.roleSet?.key ?? toRoleSet
          return [
            dryRun
              ? `${roleSet} would be gone, and its organizations on ${key}.`
              : `${roleSet} is gone, and its organizations are on ${key} (revision ${answer.revision}).`,
          ]
        },
        remedy: mapRemedy(input.mappings),
      })
    }),
  )
}
