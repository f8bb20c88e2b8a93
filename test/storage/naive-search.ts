/** Lists by number in the plainest way: everything is looked at, put in order and cut. */

import { everyScope, type Invitation, type Membership, type Organization } from '@rolesets/core'
import type {
  Choice,
  InvitationQuery,
  MembershipQuery,
  OrganizationQuery,
  Reader,
  Spanned,
} from '../../packages/sidecar/src/storage/store.ts'
import type { DomainOfOrganization, DomainQuery } from '../../packages/sidecar/src/domain/organization-domains.ts'
import { statusOf, type Replay } from './replay.ts'

type Searches = Pick<Reader, 'searchOrganizations' | 'searchMemberships' | 'searchInvitations' | 'searchDomains'>

export function naiveSearches(state: () => Replay): Searches {
  return {
    searchOrganizations: async (query, { field, descending }, span) => {
      const { organizations, memberships } = state()
      const members = (id: string) =>
        [...memberships.values()].filter(
          (each) => each.organizationId === id && each.scope === '' && state().isCurrent(each, query.now),
        )
      const found = [...organizations.values()].filter((each) =>
        isOrganization(
          each,
          query,
          members(each.id).map(({ userId }) => userId),
        ),
      )
      const by = (each: Organization) => {
        const first = { created_at: each.createdAt, name: each.name, members_count: members(each.id).length }[field]
        return [first, each.id]
      }
      return spanned(found, { by, descending, ...span })
    },
    searchMemberships: async (query, { field, descending }, span) => {
      const { now } = query
      const found = [...state().memberships.values()].filter(
        (each) => isMembership(each, query) && (now === undefined || state().isCurrent(each, now)),
      )
      const by = (each: Membership) => [field === 'user_id' ? each.userId : each.createdAt, each.id, each.scope]
      return spanned(found, { by, descending, ...span })
    },
    searchDomains: async (query, { field, descending }, span) => {
      const all = [...state().organizations.values()].flatMap((organization) =>
        (organization.domains ?? []).map((domain) => ({ organization, domain })),
      )
      const by = ({ domain }: DomainOfOrganization) => [field === 'name' ? domain.name : domain.createdAt, domain.id]
      return spanned(
        all.filter((each) => isDomain(each, query)),
        { by, descending, ...span },
      )
    },
    searchInvitations: async (query, { field, descending }, span) => {
      const all = [...state().invitations.values()]
      const found = all.filter((each) => isInvitation(each, query, all))
      const by = (each: Invitation) => [field === 'email_address' ? small(each.emailAddress) : each.createdAt, each.id]
      return spanned(found, { by, descending, ...span })
    },
  }
}

function isDomain({ organization, domain }: DomainOfOrganization, query: DomainQuery): boolean {
  const { text } = query
  return (
    is(organization.id, query.organizationId) &&
    (query.verified === undefined || domain.verified === query.verified) &&
    isChosen([domain.enrollmentMode], query.enrollmentModes) &&
    (query.names?.includes(domain.name) ?? true) &&
    (text === undefined || organization.id === text || has(domain.name, text))
  )
}

/** Letters of ASCII alone have a small one. */
export function small(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

export function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' || typeof b === 'number') return Number(a) - Number(b)
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function isOrganization(each: Organization, query: OrganizationQuery, userIds: readonly string[]): boolean {
  const { text } = query
  const isNamed = text === undefined || each.id === text || has(each.name, text) || has(each.slug ?? '', text)
  return isNamed && isChosen([each.id], query.ids) && isChosen(userIds, query.userIds)
}

function isMembership(each: Membership, query: MembershipQuery): boolean {
  return (
    is(each.organizationId, query.organizationId) &&
    isChosen([each.userId], query.userIds) &&
    isInScope(each, query) &&
    (query.roleIds === undefined || each.roleIds.some((id) => query.roleIds?.includes(id))) &&
    has(each.userId, query.text ?? '') &&
    each.createdAt >= (query.createdFrom ?? 0) &&
    each.createdAt <= (query.createdTo ?? Infinity)
  )
}

function isInvitation(each: Invitation, query: InvitationQuery, all: readonly Invitation[]): boolean {
  const { text, userId, emailAddress } = query
  const isOfUser =
    each.acceptedByUserId === userId || (userId !== undefined && small(each.emailAddress) === small(userId))
  return (
    is(each.organizationId, query.organizationId) &&
    isInScope(each, query) &&
    (query.statuses?.includes(statusOf(each, query.now)) ?? true) &&
    (emailAddress === undefined || small(each.emailAddress) === small(emailAddress)) &&
    (text === undefined || each.id === text || has(each.emailAddress, text)) &&
    (userId === undefined || isOfUser) &&
    is(each.inviterUserId, query.inviterUserId) &&
    (query.invitee === undefined || addressesOf(query.invitee, all).includes(small(each.emailAddress)))
  )
}

function addressesOf(
  { userId, emailAddresses }: NonNullable<InvitationQuery['invitee']>,
  all: readonly Invitation[],
): string[] {
  const accepted = all.filter((each) => each.acceptedByUserId === userId).map((each) => each.emailAddress)
  return [userId, ...emailAddresses, ...accepted].map(small)
}

function isInScope({ scope }: Membership | Invitation, query: MembershipQuery | InvitationQuery): boolean {
  return query.scope === everyScope || scope === (query.scope ?? '')
}

function is(value: string, asked: string | undefined): boolean {
  return asked === undefined || value === asked
}

function has(value: string, text: string): boolean {
  return small(value).includes(small(text))
}

function isChosen(held: readonly string[], { include, exclude }: Choice = {}): boolean {
  return (include?.some((id) => held.includes(id)) ?? true) && !exclude?.some((id) => held.includes(id))
}

interface Spanning<T> {
  readonly by: (thing: T) => readonly (string | number)[]
  readonly descending: boolean
  readonly offset: number
  readonly limit: number
}

function spanned<T>(things: readonly T[], { by, descending, offset, limit }: Spanning<T>): Spanned<T> {
  const ordered = [...things].sort((a, b) => {
    const [left, right] = [by(a), by(b)]
    return left.map((each, n) => compare(each, right[n] ?? '')).find((order) => order !== 0) ?? 0
  })
  if (descending) ordered.reverse()
  return { items: ordered.slice(offset, offset + limit), total: things.length }
}
