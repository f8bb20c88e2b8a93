/**
 * Rule 19: an organization that has an administrator keeps one. An administrator is a member with a role that could be a
 * creator role. Which organizations a write leaves without one is a question to the storage, asked before the changes are
 * written, so that a set-wide change costs no more for a million members.
 *
 * A membership that is over makes nobody an administrator. No write happens when one ends, so none can be refused then: giving
 * an end to an administrator counts as taking one, and one whose membership has an end doesn't take the place of one whose
 * has none.
 */

import { applyStepToCatalogue, counted, editOf, isCurrent, listed, quoted, takeWithin } from '@rolesets/core'
import type { Catalogue, Change, Index, Membership, Reassigned, Role, RoleReassignment } from '@rolesets/core'
import type { Departure, Impact } from './decided.ts'
import { Refusal } from './refusal.ts'
import { isCreatorEligible } from './roles.ts'

type Member = Pick<Membership, 'organizationId' | 'userId' | 'expiresAt'>

const organizationsInFactsMax = 20

/**
 * Whom these changes take from the administrators; none for nearly all writes. The changes of a rule take administrators in
 * one way: members end or get other roles one by one, or by their roles, or roles lose permissions.
 */
export function departuresOf(before: Catalogue, changes: readonly Change[], now: number): Departure[] {
  const suspects = changes.filter(canTake)
  if (suspects.length === 0) return []
  const after = applyStepToCatalogue(before, changes)
  const [was, is] = [administratorRoleIds(before), administratorRoleIds(after)]
  const lost = [...was].filter((id) => !is.has(id) && after.roles.byId(id) !== undefined)
  const remainingRoleIds = [...is]
  const members = membersLeaving(suspects, { was, is, now })
  return [
    ...(members.length > 0 ? [{ leaving: { members }, remainingRoleIds }] : []),
    ...(lost.length > 0 ? [{ leaving: { roleIds: lost, among: undefined }, remainingRoleIds }] : []),
    ...suspects.flatMap((change) =>
      change.verb === 'reassigned' ? departureByRoles(change, { was, is, roles: before.roles }) : [],
    ),
  ]
}

/**
 * Which of these organizations have no administrator, once all steps of a write are recorded?
 *
 * @param onlyLasting none whose membership has no end
 */
export function absenceIn(after: Catalogue, organizationIds: readonly string[], onlyLasting = false): Departure {
  return { leaving: { organizationIds }, remainingRoleIds: [...administratorRoleIds(after)], onlyLasting }
}

/**
 * @param impact of the write, with the organizations
 * @param isForATime one of them still has an administrator whose membership has an end
 */
export function administratorNeeded({ withoutAdministrator, ...impact }: Impact, isForATime = false): Refusal {
  const { organizations, organizationIds } = withoutAdministrator
  const shown = takeWithin(organizationIds, organizationsInFactsMax)
  const names = listed(shown.map(quoted))
  const hidden = organizations - shown.length
  const them =
    organizations === 1
      ? `The organization ${names}`
      : `${counted(organizations, 'organization')} (${names}${hidden > 0 ? ', …' : ''})`
  const message = `${them} would have no administrator any more: no member with a role that could be a creator role${isForATime ? ', whose membership has no end' : ''}. Give another member such a role first, or send allow_no_administrator.`
  const facts = { organizations: String(organizations), organization_ids: shown.join(',') }
  return new Refusal('organization_minimum_permissions_needed', message, {
    field: 'allow_no_administrator',
    facts,
    impact: { ...impact, withoutAdministrator },
  })
}

/** Roles whose holders are administrators. Kept with the roles: nearly all writes leave them as they are. */
function administratorRoleIds(catalogue: Catalogue): ReadonlySet<string> {
  const known = roleIdsByRoles.get(catalogue.roles)
  if (known !== undefined) return known
  const found = [...catalogue.roles.values()].filter((role) => isCreatorEligible(catalogue, role))
  const roleIds = new Set(found.map(({ id }) => id))
  roleIdsByRoles.set(catalogue.roles, roleIds)
  return roleIds
}

/** System permissions never change, so the roles alone decide which of them are eligible. */
const roleIdsByRoles = new WeakMap<Index<Role>, ReadonlySet<string>>()

/** New things take nothing away. With an organization that is deleted, its members are no concern of this rule. */
function canTake(change: Change): boolean {
  if (change.verb === 'reassigned') return true
  if (change.thing === 'role') return change.verb === 'put' && change.before !== null
  return change.thing === 'membership' && change.before !== null
}

interface Administrators {
  readonly was: ReadonlySet<string>
  readonly is: ReadonlySet<string>
  readonly now: number
}

/** Except those in whose organization the same write makes another administrator, who can be there in their place. */
function membersLeaving(changes: readonly Change[], { was, is, now }: Administrators): Member[] {
  const edits = changes.flatMap((change) => editOf(change, 'membership') ?? [])
  const present = edits.flatMap(({ after }) => (isAmong(after, is) ? [after] : []))
  const replaced = new Set(present.map(({ organizationId }) => organizationId))
  const replacedForGood = new Set(present.flatMap((each) => (each.expiresAt === null ? [each.organizationId] : [])))
  return edits.flatMap(({ before }) => {
    if (!isAmong(before, was) || !isCurrent(before, now)) return []
    const { organizationId, userId, expiresAt } = before
    const isReplaced = (expiresAt === null ? replacedForGood : replaced).has(organizationId)
    return isReplaced ? [] : [{ organizationId, userId, expiresAt }]
  })
}

/** Only members of the organization as a whole are its administrators. */
function isAmong(membership: Membership | null, administrators: ReadonlySet<string>): membership is Membership {
  return membership?.scope === '' && membership.roleIds.some((id) => administrators.has(id))
}

interface Roles {
  readonly was: ReadonlySet<string>
  readonly is: ReadonlySet<string>
  readonly roles: Index<Role>
}

function departureByRoles({ among, mappings }: Reassigned, { was, is, roles }: Roles): Departure[] {
  const targets = new Map(mappings.map(({ fromRoleId, toRoleId }: RoleReassignment) => [fromRoleId, toRoleId]))
  const isAfter = (id: string) => is.has(targets.get(id) ?? id)
  const roleIds = [...was].filter((id) => targets.has(id) && !isAfter(id))
  if (roleIds.length === 0) return []
  const remainingRoleIds = [...roles.values()].flatMap(({ id }) => (isAfter(id) ? [id] : []))
  return [{ leaving: { roleIds, among }, remainingRoleIds }]
}
