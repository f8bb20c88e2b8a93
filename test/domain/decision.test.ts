/** What a decision says besides yes and no; the table in `test/decisions` has the cases. */

import test from 'ava'
import { availableRoles, decide } from '../../packages/sidecar/src/domain/decision.ts'
import { createTiers } from './tiers.ts'

const state = createTiers()
const pro = state.catalogue.roleSets.byKey('role_set:pro')

test('a decision names the set of the organization, whether it says yes or no', (t) => {
  const ask = (role: string) => decide(state.catalogue, { role }, pro?.id, 'initial')
  t.deepEqual(ask('org:analyst'), { allowed: true, reason: 'ROLE_IN_SET', roleSet: pro })
  t.deepEqual(ask('org:guest'), { allowed: false, reason: 'ROLE_NOT_IN_SET', roleSet: pro })
  t.deepEqual(ask('org:none'), { allowed: false, reason: 'ROLE_UNKNOWN', roleSet: pro })
})

test('an unknown organization is on the initial set, or denied, by the setting', (t) => {
  const initial = state.catalogue.roleSets.byKey('role_set:default')
  const ask = (setting: 'initial' | 'deny') => decide(state.catalogue, { role: 'org:member' }, undefined, setting)
  t.deepEqual(ask('initial'), { allowed: true, reason: 'ROLE_IN_SET', roleSet: initial })
  t.deepEqual(ask('deny'), { allowed: false, reason: 'ORGANIZATION_UNKNOWN', roleSet: undefined })
})

test('a set that the catalogue doesn’t have is never decided upon', (t) => {
  t.throws(() => decide(state.catalogue, { role: 'org:admin' }, 'roleset_gone', 'initial'), { message: /roleset_gone/ })
})

test('the available roles are those of the set, ordered by key', (t) => {
  const available = availableRoles(state.catalogue, pro?.id, 'deny')
  t.deepEqual(
    available?.roles.map(({ key }) => key),
    ['org:admin', 'org:analyst', 'org:member', 'org:moderator'],
  )
  t.is(available?.roleSet, pro)
})

test('an unknown organization has the roles of the initial set, or no answer', (t) => {
  const keys = availableRoles(state.catalogue, undefined, 'initial')?.roles.map(({ key }) => key)
  t.deepEqual(keys, ['org:admin', 'org:member'])
  t.is(availableRoles(state.catalogue, undefined, 'deny'), undefined)
})
