/** `rolesets check`: may this role be granted in this organization? */

import type { Decision, Question } from '@rolesets/client'
import { Option } from 'commander'
import { parseId, parseRef } from '../../domain/fields.ts'
import { askingVerb, atLeastOption, type Given } from '../run/verb.ts'
import { withoutUndefined } from '../run/without-undefined.ts'
import { exitCodes } from '@rolesets/core'
import { linesText } from '../output/lines.ts'
import type { ConnectionOptions } from '../run/connection.ts'

interface CheckOptions extends ConnectionOptions {
  readonly permission?: string
  readonly atLeast?: string
}

const verb = {
  usage: 'check <organization> <role>',
  summary: 'Says whether a role can be given to a member of an organization.',
  options: [new Option('--permission <key>', 'ask also whether the role holds this permission'), atLeastOption],
  notes: `
The role is a key (org:analyst) or an id. "No" is an answer, not an error: it has the exit code 1, and only it does.

Examples:
  rolesets check org_acme org:analyst
  rolesets check org_acme org:analyst --permission org:reports:read
  if rolesets check org_acme org:analyst; then …`,
}

export const check = askingVerb(verb, ({ options }: Given<CheckOptions>, organization: string, role: string) => {
  const { permission, atLeast: atLeastRevision } = options
  const question = {
    organizationId: parseId(organization, '<organization>'),
    role: parseRef(role, '<role>'),
    ...(permission === undefined ? {} : { permission: parseRef(permission, '--permission') }),
  }
  return async ({ client, print }) => {
    const asked = withoutUndefined({ permission, atLeastRevision })
    const decision = await client.check(question.organizationId, question.role, asked)
    const { allowed, reason, roleSet, revision, permissionRetired, organizationDeleted } = decision
    const organizationRegistered = decision.organizationRegistered !== false
    const sentence = `${allowed ? 'yes' : 'no'}: ${reasonText(question, decision)}${registeredText(question, decision)} (revision ${revision})`
    const shown = {
      ...question,
      allowed,
      reason,
      permissionRetired,
      organizationDeleted,
      roleSet,
      organizationRegistered,
      revision,
    }
    await print(withoutUndefined(shown), linesText([sentence]))
    return allowed ? exitCodes.yes : exitCodes.no
  }
})

/** A typing error in the id would otherwise look like an answer about a customer. */
function registeredText({ organizationId }: Question, { reason, organizationRegistered }: Decision): string {
  const isToldAnyway = organizationRegistered !== false || reason === 'ORGANIZATION_UNKNOWN'
  return isToldAnyway ? '' : `; ${organizationId} isn't registered, so the initial role set holds for it`
}

function reasonText({ organizationId, role, permission }: Question, decision: Decision): string {
  const { reason, roleSet, permissionRetired, organizationDeleted } = decision
  switch (reason) {
    case 'ROLE_IN_SET':
      return `${role} is in ${roleSet}, the role set of ${organizationId}${permission === undefined ? '' : `, and holds ${permission}`}`
    case 'ROLE_NOT_IN_SET':
      return `${role} is not in ${roleSet}, the role set of ${organizationId}`
    case 'ROLE_UNKNOWN':
      return `there is no role ${role}${role.startsWith('org:') ? '' : `. Role keys begin with org:, for example org:analyst`}`
    case 'ORGANIZATION_UNKNOWN':
      if (organizationDeleted) return `the organization ${organizationId} was deleted`
      return `${organizationId} isn't registered, and organizations that aren't registered, or were deleted, are denied`
    case 'PERMISSION_NOT_IN_ROLE':
      return `${role} does not hold ${permission ?? 'the permission'}`
    case 'PERMISSION_UNKNOWN':
      return `there is no permission ${permission ?? ''}${permissionRetired ? ' any more: it was deleted or renamed' : ''}`
    case 'SCOPE_KIND_UNKNOWN':
      return `the kind of the scope isn't registered`
    case 'SCOPE_UNASSIGNED':
      return `the scope has no role set`
  }
}
