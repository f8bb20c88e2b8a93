/** An organization has a bounded number of scopes with a name or a role set of their own; scopes that only have members don't count. */

import test from 'ava'
import { limits } from '@rolesets/core'
import { connect, openTestSidecar, refusalOf } from './open-sidecar.ts'

test('beyond the limit a scope is refused, and the answer names the limit; one that ends makes room', async (t) => {
  const { write } = connect(t, (await openTestSidecar(t)).target)
  const max = limits.scopesPerOrganizationMax
  await write('CreateOrganization', { id: 'acme', createdBy: 'ann' })
  await write('SetScopeKind', { kind: 'unit', fallback: 'ORGANIZATION' })
  const scopes = Array.from({ length: max }, (_, place) => ({ key: `unit:${place}`, name: `Unit ${place}` }))
  await write('Apply', { organizations: [{ id: 'acme', scopes: { scopes } }] })
  const more = { organizationId: 'acme', scope: 'unit:more' }
  for (const [call, request] of [
    ['AssignRoleSet', { ...more, roleSet: 'role_set:default' }],
    ['AssignRoleSet', { ...more, roleSet: 'role_set:default', dryRun: true }],
  ] as const) {
    const refused = await refusalOf(write(call, request))
    t.like(refused, { status: 'INVALID_ARGUMENT', reason: 'LIMIT_EXCEEDED' })
    t.like(refused.facts, { limit: 'scopesPerOrganizationMax', max: String(max), given: String(max + 1) })
    t.regex(refused.message, /10001 scopes with a name or a role set; the limit scopesPerOrganizationMax is 10000/)
  }
  await write('CreateMembership', { ...more, userId: 'ann', role: 'org:member' })
  await write('RenameScope', { organizationId: 'acme', scope: 'unit:0', name: '' })
  await write('AssignRoleSet', { ...more, roleSet: 'role_set:default' })
  t.pass()
})
