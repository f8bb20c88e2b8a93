/** What a decision says besides yes and no; the table in `test/decisions` has the cases. */

import test from 'ava'
import { decide, rolesOf } from '@rolesets/core'
import { createTiers } from './tiers.ts'

const state = createTiers()
const pro = state.catalogue.roleSets.byKey('role_set:pro')

test('a decision names the set of the organization, whether it says yes or no', (t) => {
  const ask = (role: string) =>
    decide(state.catalogue, { role }, { roleSetId: pro?.id, unknownOrganizations: 'initial' })
  t.like(ask('org:analyst'), { allowed: true, reason: 'ROLE_IN_SET', roleSet: pro })
  t.like(ask('org:guest'), { allowed: false, reason: 'ROLE_NOT_IN_SET', roleSet: pro })
  t.like(ask('org:none'), { allowed: false, reason: 'ROLE_UNKNOWN', roleSet: pro })
})

test('an unknown organization is on the initial set, or denied, by the setting', (t) => {
  const initial = state.catalogue.roleSets.byKey('role_set:default')
  const ask = (setting: 'initial' | 'deny') =>
    decide(state.catalogue, { role: 'org:member' }, { roleSetId: undefined, unknownOrganizations: setting })
  t.like(ask('initial'), { allowed: true, reason: 'ROLE_IN_SET', roleSet: initial })
  t.like(ask('deny'), { allowed: false, reason: 'ORGANIZATION_UNKNOWN', roleSet: undefined })
})

test('a set that the catalogue doesn’t have is never decided upon', (t) => {
  t.throws(
    () =>
      decide(state.catalogue, { role: 'org:admin' }, { roleSetId: 'roleset_gone', unknownOrganizations: 'initial' }),
    { message: /roleset_gone/ },
  )
})

test('the roles of a set are ordered by key', (t) => {
  t.deepEqual(
    rolesOf(state.catalogue, pro!).map(({ key }) => key),
    ['org:admin', 'org:analyst', 'org:member', 'org:moderator'],
  )
})

test('a permission is named by its key, and never by its id', (t) => {
  const standing = { roleSetId: pro?.id, unknownOrganizations: 'deny' } as const
  const permission = state.catalogue.permissions.byKey('org:sys_memberships:read')
  const reasonFor = (name = '') => decide(state.catalogue, { role: 'org:admin', permission: name }, standing).reason
  t.is(reasonFor(permission?.key), 'ROLE_IN_SET')
  t.is(reasonFor(permission?.id), 'PERMISSION_UNKNOWN')
})
