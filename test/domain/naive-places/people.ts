/** The naive model's members and invitations: rules 1, 11, 15, 17, 21 and 22. */

import { demandRoom, demandSeat } from './quotas.ts'
import type { Inputs, Operation, Run } from './run.ts'
import { known } from './scopes.ts'
import {
  isCurrent,
  isIn,
  isPending,
  memberOf,
  once,
  rolesOffered,
  setOf,
  type NaiveInvitation,
  type NaiveMember,
  type NaivePlace,
  type World,
} from './world.ts'

const dayMs = 86_400_000

export const peopleRules = {
  createMembership(run, input) {
    const { world } = run
    const { organizationId: org, scope = '', userId: user } = input
    const until = demandEnd(run, input.expiresAtMs) ?? Infinity
    run.settle()
    known(run, org)
    const place = { org, scope }
    const roles = demandGrant(run, place, input)
    run.demand(memberOf(world, place, user) === undefined, 'membership_exists')
    demandInOrganization(run, place, user)
    run.settle()
    join(world, { ...place, user, roles, until, former: [] })
    endInvitationsTo(run, input, isIn(place))
    if (scope === '') demandRoom(run, org)
  },

  updateMembership(run, input) {
    const { world } = run
    const { organizationId: org, scope = '', userId: user, role, roles = [] } = input
    const until = demandEnd(run, input.expiresAtMs)
    run.demand(world.orgs[org], 'organization_not_found')
    const place = { org, scope }
    const member = run.need(memberOf(world, place, user), 'membership_not_found')
    member.until = until ?? member.until
    if (role === undefined && roles.length === 0) return
    const given = demandGrant(run, place, input)
    run.settle()
    if (given.join() !== member.roles.join()) member.former = []
    member.roles = given
  },

  deleteMembership(run, input) {
    const { world } = run
    const { organizationId: org, scope = '', userId: user, revokeSentInvitations } = input
    const place = { org, scope }
    const isMeant = (each: NaivePlace) => (scope === '' ? each.org === org : isIn(place)(each))
    run.need(memberOf(world, place, user), 'membership_not_found')
    endMemberships(run, user, isMeant, place)
    endInvitationsTo(run, input, isMeant)
    if (revokeSentInvitations === true) endInvitationsFrom(run, user, isMeant)
  },

  removeUser(run, input) {
    endMemberships(run, input.userId, () => true)
    endInvitationsTo(run, input, () => true)
    if (input.revokeSentInvitations === true) endInvitationsFrom(run, input.userId, () => true)
  },

  createInvitation(run, input) {
    invite(run, { org: input.organizationId, scope: input.scope ?? '' }, [input])
  },

  createInvitations(run, { organizationId: org, scope = '', invitations }) {
    invite(run, { org, scope }, invitations)
  },

  revokeInvitation(run, input) {
    demandPending(run, input).status = 'revoked'
  },

  acceptInvitation(run, input) {
    const { world } = run
    const invitation = demandPending(run, input)
    const { org, scope, roles } = invitation
    const place = { org, scope }
    const user = input.userId
    run.demand(memberOf(world, place, user) === undefined, 'membership_exists')
    demandInOrganization(run, place, user)
    demandOffered(run, place, roles)
    if (scope === '') demandSeat(run, org)
    run.settle()
    Object.assign(invitation, { status: 'accepted', acceptedBy: user })
    endInvitationsTo(run, input, isIn(place))
    join(world, { ...place, user, roles: [...roles], until: Infinity, former: [] })
  },
} satisfies { readonly [Name in Operation]?: (run: Run, input: Inputs[Name]) => void }

/** Rule 22: nothing of what has ended counts again when the user comes back. */
function join(world: World, member: NaiveMember): void {
  const isLeft = (each: NaiveMember) =>
    each.user === member.user && each.org === member.org && (member.scope === '' || each.scope === member.scope)
  world.members = [...world.members.filter((each) => !isLeft(each)), member]
}

/** Undefined: it isn't given. */
function demandEnd(run: Run, end: number | null | undefined): number | undefined {
  if (end === undefined) return undefined
  if (end === null || end === 0) return Infinity
  run.demand(end > run.world.now, 'invalid_field')
  return end
}

interface Given {
  readonly role?: string | undefined
  readonly roles?: readonly string[] | undefined
}

/** Rules 1 and 17, and rule 14's demand that the place has a set. */
function demandGrant(run: Run, place: NaivePlace, { role = '', roles = [] }: Given): string[] {
  const { world } = run
  const given = roles.length === 0 ? [role] : [...roles]
  for (const each of given) run.demand(world.roles[each], 'role_not_found')
  run.demand(once(given).length === given.length, 'invalid_field')
  run.demand(roles.length === 0 || role === '' || role === roles[0], 'invalid_field')
  run.demand(given.length <= world.settings.maxRoles, 'limit_exceeded')
  demandOffered(run, place, given)
  return given
}

function demandOffered(run: Run, place: NaivePlace, roles: readonly string[]): void {
  const found = setOf(run.world, place)
  if ('without' in found) return run.demand(false, found.without)
  run.demand(
    roles.every((role) => rolesOffered(run.world, place).includes(role)),
    'role_not_in_role_set',
  )
}

function demandInOrganization(run: Run, { org, scope }: NaivePlace, user: string): void {
  const isInside = scope === '' || memberOf(run.world, { org, scope: '' }, user) !== undefined
  run.demand(isInside, 'organization_membership_missing')
}

function invite(run: Run, place: NaivePlace, items: Inputs['createInvitations']['invitations']): void {
  const { world } = run
  known(run, place.org)
  const made = items.map((item): NaiveInvitation => {
    const roles = demandGrant(run, place, item)
    const until = world.now + (item.expiresInDays ?? 30) * dayMs
    const people = { inviter: item.inviterUserId ?? '', acceptedBy: '' }
    return { ...place, address: item.emailAddress, roles, until, ...people, status: 'pending', former: [] }
  })
  const taken = world.invitations.filter((each) => isPending(world, each) && isIn(place)(each))
  const addresses = [...taken, ...made].map(({ address }) => address.toLowerCase())
  run.demand(once(addresses).length === addresses.length, 'invitation_exists')
  run.settle()
  world.invitations.push(...made)
  if (place.scope === '') demandRoom(run, place.org)
}

function demandPending(run: Run, input: Inputs['revokeInvitation']): NaiveInvitation {
  const { world } = run
  run.need(world.orgs[input.organizationId], 'organization_not_found')
  const found = run.need(world.invitations[Number(input.invitationId)], 'invitation_not_found')
  const isThere = found.org === input.organizationId && (input.scope === undefined || found.scope === input.scope)
  run.demand(isThere, 'invitation_not_found')
  run.settle()
  run.demand(isPending(world, found), 'invitation_not_pending')
  run.settle()
  return found
}

/** @param subject the membership that the write is about, which is no impact of it */
function endMemberships(run: Run, user: string, isMeant: (place: NaivePlace) => boolean, subject?: NaivePlace): void {
  const { world } = run
  const ending = world.members.filter((each) => each.user === user && isMeant(each))
  for (const holder of ending.filter((each) => isCurrent(world, each)))
    if (subject === undefined || !isIn(subject)(holder))
      for (const role of holder.roles) run.note({ kind: 'members', holder }, role, '')
  world.members = world.members.filter((each) => !ending.includes(each))
}

interface User {
  readonly userId: string
  readonly emailAddresses?: readonly string[] | undefined
}

/** Rule 21: the pending ones to a user, by all addresses that are known. */
export function endInvitationsTo(
  run: Run,
  { userId, emailAddresses = [] }: User,
  isMeant: (place: NaivePlace) => boolean,
): void {
  const { world } = run
  const accepted = world.invitations.filter(({ acceptedBy }) => acceptedBy === userId).map(({ address }) => address)
  const addresses = [userId, ...emailAddresses, ...accepted].map((address) => address.toLowerCase())
  for (const each of world.invitations)
    if (isPending(world, each) && isMeant(each) && addresses.includes(each.address.toLowerCase())) end(run, each)
}

function endInvitationsFrom(run: Run, user: string, isMeant: (place: NaivePlace) => boolean): void {
  for (const each of run.world.invitations)
    if (isPending(run.world, each) && isMeant(each) && each.inviter === user) end(run, each)
}

function end(run: Run, invitation: NaiveInvitation): void {
  invitation.status = 'revoked'
  run.impact.endedInvitations += 1
}
