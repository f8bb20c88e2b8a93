/** `rolesets check`: may this role be granted in this organization, or in this scope of it? */

import type { Decision, Question } from '@rolesets/client'
import { Option } from 'commander'
import { parseId, parseRef } from '../../domain/fields.ts'
import { askingVerb, atLeastOption, type Given } from '../run/verb.ts'
import { withoutUndefined } from '../run/without-undefined.ts'
import { exitCodes, kindOfScope } from '@rolesets/core'
import { linesText } from '../output/lines.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import { placeText, scopeOf, scopeOption, type ScopeOptions } from '../run/scopes.ts'

interface CheckOptions extends ConnectionOptions, ScopeOptions {
  readonly permission?: string
  readonly atLeast?: string
}

const verb = {
  usage: 'check <organization> <role>',
  summary: 'Says whether a role can be given to a member of an organization.',
  options: [
    new Option('--permission <key>', 'ask also whether the role holds this permission'),
    scopeOption,
    atLeastOption,
  ],
  notes: `
The role is a key (org:analyst) or an id. "No" is an answer, not an error: it has the exit code 1, and only it does.

Examples:
  rolesets check org_acme org:analyst
  rolesets check org_acme org:analyst --permission org:reports:read
  rolesets check org_acme org:pharmacist --scope department:pharmacy
  if rolesets check org_acme org:analyst; then …`,
}

export const check = askingVerb(verb, ({ options }: Given<CheckOptions>, organization: string, role: string) => {
  const { permission, atLeast: atLeastRevision } = options
  const question = {
    organizationId: parseId(organization, '<organization>'),
    ...scopeOf(options),
    role: parseRef(role, '<role>'),
    ...(permission === undefined ? {} : { permission: parseRef(permission, '--permission') }),
  }
  return async ({ client, print }) => {
    const asked = withoutUndefined({ scope: question.scope, permission, atLeastRevision })
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
function registeredText({ organizationId, scope }: Question, { reason, organizationRegistered }: Decision): string {
  const isToldAnyway = organizationRegistered !== false || reason === 'ORGANIZATION_UNKNOWN'
  if (isToldAnyway) return ''
  const consequence =
    scope === undefined ? 'the initial role set holds for it' : 'it counts as one with the initial role set'
  return `; ${organizationId} isn't registered, so ${consequence}`
}

function reasonText({ organizationId, role, permission, scope }: Question, decision: Decision): string {
  const { reason, roleSet, permissionRetired, organizationDeleted } = decision
  const place = placeText(organizationId, scope)
  switch (reason) {
    case 'ROLE_IN_SET':
      return `${role} is in ${roleSet}, the role set of ${place}${permission === undefined ? '' : `, and holds ${permission}`}`
    case 'ROLE_NOT_IN_SET':
      return `${role} is not in ${roleSet}, the role set of ${place}`
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
      return `there is no kind of scopes ${kindOfScope(scope ?? '')}`
    case 'SCOPE_UNASSIGNED':
      return `${place} has no role set, so no role can be given there`
  }
}
