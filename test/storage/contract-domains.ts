/** Domains are stored with their organization, and found over all of them. */

import type { OrganizationDomain } from '@rolesets/core'
import type { DomainQuery } from '../../packages/sidecar/src/domain/organization-domains.ts'
import type { Reader } from '../../packages/sidecar/src/storage/store.ts'
import { openFresh, type Suite } from './suite.ts'
import { at, organization, record, withCatalogue } from './things.ts'

function domain(id: string, more: Partial<OrganizationDomain> = {}): OrganizationDomain {
  const times = { ownershipVerifiedAt: null, createdAt: at, updatedAt: at }
  return { id, name: `${id}.example`, enrollmentMode: 'manual_invitation', verified: true, ...times, ...more }
}

export function keepingDomains(suite: Suite): void {
  const { test, name } = suite

  test(`${name}: domains are found by their fields, and go with their organization`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const owned = domain('x', { ownershipVerifiedAt: at + 1, createdAt: at + 2 })
    const open = domain('y', { verified: false, enrollmentMode: 'automatic_invitation', createdAt: at + 1 })
    await record(store, (next) => [
      organization('a', next, { domains: [owned, open] }),
      organization('b', next, { domains: [domain('z')] }),
      organization('c', next),
      organization('d', next, { domains: [] }),
    ])
    const find = async (query: DomainQuery, by: Parameters<Reader['searchDomains']>[1] = byTime) => {
      const { value } = await store.read((reader) => reader.searchDomains(query, by, { offset: 0, limit: 10 }))
      return value.items.map((each) => `${each.organization.id} ${each.domain.id}`)
    }
    t.deepEqual(await find({}), ['b z', 'a y', 'a x'])
    t.deepEqual(await find({}, { field: 'name', descending: true }), ['b z', 'a y', 'a x'])
    t.deepEqual(await find({ organizationId: 'a' }), ['a y', 'a x'])
    t.deepEqual(await find({ verified: false }), ['a y'])
    t.deepEqual(await find({ verified: true }), ['b z', 'a x'])
    t.deepEqual(await find({ enrollmentModes: { exclude: ['manual_invitation'] } }), ['a y'])
    t.deepEqual(await find({ names: ['x.example', 'none'] }), ['a x'])
    t.deepEqual(await find({ text: 'b' }), ['b z'])
    t.deepEqual(await find({ text: 'Y.EX' }), ['a y'])
    const page = await store.read((reader) => reader.searchDomains({}, byTime, { offset: 1, limit: 1 }))
    t.like(page.value, { total: 3, items: { 0: { domain: open } } })
    t.deepEqual(page.value.items[0]?.organization.domains, [owned, open])
    const { value: without } = await store.read((reader) => reader.organization('c'))
    t.false(without !== undefined && 'domains' in without)
  })
}

const byTime = { field: 'created_at', descending: false } as const
