/** A reader is valid only until the work that it was given to has settled. */

import type { RowReader } from '../sqlite/questions/queries.ts'

export interface Validity {
  readonly check: () => void
  readonly end: () => void
}

export function createValidity(): Validity {
  let isOver = false
  return {
    check: () => {
      if (isOver) throw new Error('The work that this reader was given to has settled: await all that it asks.')
    },
    end: () => {
      isOver = true
    },
  }
}

export function whileValid(rows: RowReader, { check }: Validity): RowReader {
  return {
    organization: async (id) => (check(), rows.organization(id)),
    organizationBySlug: async (slug) => (check(), rows.organizationBySlug(slug)),
    roleSetIdsOf: async (organizationIds) => (check(), rows.roleSetIdsOf(organizationIds)),
    organizations: async (page, filter) => (check(), rows.organizations(page, filter)),
    organizationCount: async (roleSetId) => (check(), rows.organizationCount(roleSetId)),
    membership: async (organizationId, userId) => (check(), rows.membership(organizationId, userId)),
    memberships: async (organizationId, page, filter) => (check(), rows.memberships(organizationId, page, filter)),
    memberCount: async (organizationId) => (check(), rows.memberCount(organizationId)),
    invitation: async (id) => (check(), rows.invitation(id)),
    pendingInvitation: async (...args) => (check(), rows.pendingInvitation(...args)),
    pendingInvitationCount: async (organizationId, now) => (check(), rows.pendingInvitationCount(organizationId, now)),
    invitations: async (organizationId, page, filter) => (check(), rows.invitations(organizationId, page, filter)),
    usageIn: async (scope, now) => (check(), rows.usageIn(scope, now)),
    usageOf: async (roleId, scope, now) => (check(), rows.usageOf(roleId, scope, now)),
    searchOrganizations: async (query, order, span) => (check(), rows.searchOrganizations(query, order, span)),
    searchMemberships: async (query, order, span) => (check(), rows.searchMemberships(query, order, span)),
    searchInvitations: async (query, order, span) => (check(), rows.searchInvitations(query, order, span)),
    memberCounts: async (organizationIds) => (check(), rows.memberCounts(organizationIds)),
    accessKeys: async () => (check(), rows.accessKeys()),
    history: async (query, page) => (check(), rows.history(query, page)),
    historyAnchor: async () => (check(), rows.historyAnchor()),
  }
}
