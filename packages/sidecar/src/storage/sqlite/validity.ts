/** A reader is valid only until the work that it was given to has settled. */

import type { RowReader } from './queries.ts'

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
    usageIn: async (scope) => (check(), rows.usageIn(scope)),
    usageOf: async (roleId, scope) => (check(), rows.usageOf(roleId, scope)),
  }
}
