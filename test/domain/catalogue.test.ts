/** The catalogue as a value: found by key and id, replaced whole. */

import test from 'ava'
import { applyToCatalogue, type Change, emptyCatalogue, Index, initialRoleSetOf, put, deleted } from '@rolesets/core'
import { createTiers } from './tiers.ts'

const { catalogue } = createTiers()
const analyst = catalogue.roles.byKey('org:analyst')
const guest = catalogue.roles.byKey('org:guest')
const renamed = (role: typeof analyst, key: string): Change => {
  if (role === undefined) throw new Error('The role is missing.')
  return put('role', { ...role, key }, role)
}

test('a thing is found by key and by id, and a key is never taken for an id', (t) => {
  t.is(catalogue.roles.find('org:analyst'), analyst)
  t.is(catalogue.roles.find(analyst?.id ?? ''), analyst)
  t.is(catalogue.roles.byId('org:analyst'), undefined)
  t.is(catalogue.roles.byKey(analyst?.id ?? ''), undefined)
  t.is(catalogue.roles.find('__proto__'), undefined)
})

test('a change makes another catalogue and leaves the one before as it was', (t) => {
  const after = applyToCatalogue(catalogue, [renamed(analyst, 'org:data_analyst')])
  t.is(after.roles.find('org:analyst'), undefined)
  t.is(after.roles.find('org:data_analyst')?.id, analyst?.id)
  t.is(catalogue.roles.find('org:analyst'), analyst)
  t.is(after.permissions, catalogue.permissions)
})

test('keys can change hands within one change set', (t) => {
  const after = applyToCatalogue(catalogue, [
    renamed(analyst, 'org:other'),
    renamed(guest, 'org:analyst'),
    renamed(analyst, 'org:guest'),
  ])
  t.is(after.roles.find('org:analyst')?.id, guest?.id)
  t.is(after.roles.find('org:guest')?.id, analyst?.id)
  t.is(after.roles.find('org:other'), undefined)
  t.is(after.roles.size, catalogue.roles.size)
})

test('changes that don’t concern it leave the very same catalogue', (t) => {
  const change: Change = { verb: 'moved', thing: 'assignment', fromRoleSetId: 'a', toRoleSetId: 'b', organizations: 1 }
  t.is(applyToCatalogue(catalogue, [change]), catalogue)
  t.is(applyToCatalogue(catalogue, []), catalogue)
})

test('a thing that is gone is found no more, and can come back', (t) => {
  if (analyst === undefined) return t.fail()
  const gone: Change = deleted('role', analyst)
  t.is(applyToCatalogue(catalogue, [gone]).roles.find('org:analyst'), undefined)
  t.is(applyToCatalogue(catalogue, [gone, renamed(analyst, 'org:analyst')]).roles.size, catalogue.roles.size)
})

test('the initial set is the one of the catalogue that is asked, also after it has changed', (t) => {
  const [free, standard] = ['role_set:free', 'role_set:default'].map((key) => catalogue.roleSets.byKey(key))
  if (!free || !standard) return t.fail()
  t.is(initialRoleSetOf(catalogue), standard)
  const after = applyToCatalogue(catalogue, [
    put('role_set', { ...standard, type: 'custom' }, standard),
    put('role_set', { ...free, type: 'initial' }, free),
  ])
  t.is(initialRoleSetOf(after).id, free.id)
  t.is(initialRoleSetOf(catalogue), standard)
  t.throws(() => initialRoleSetOf(emptyCatalogue), { message: /I4/ })
})

test('an index holds what it was given', (t) => {
  const things = [
    { id: 'a', key: 'x:a' },
    { id: 'b', key: 'x:b' },
  ]
  const index = new Index(things)
  t.deepEqual([...index.values()], things)
  t.is(index.edited(new Map()), index)
})
