/** Questions about scopes (rule 14), from memory and from the storage. */

import test from 'ava'
import { deleted, put } from '@rolesets/core'
import type { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import { acme, kinds, openHospital, record } from './hospital.ts'
import { reading, writing, type OpenedService } from './open-service.ts'

function own(opened: OpenedService, scope: string, name: string) {
  return record(opened, (idOf, revision) => {
    const assignment = { organizationId: acme, scope, name: '', roleSetId: idOf(name), updatedAt: 1, revision }
    return [put('assignment', assignment, null)]
  })
}

test('a scope is answered by its own set, its default, its kind, or its organization', async (t) => {
  const opened = await openHospital(t)
  const { decisions } = opened.service
  await record(opened, kinds)
  await own(opened, 'team:red', 'own')
  const rows = [
    ['', 'hospital'],
    ['team:blue', 'hospital'],
    ['team:red', 'own'],
    ['department:cardiology', 'ward'],
    ['department:pharmacy', 'pharmacy'],
  ] as const
  for (const [scope, name] of rows) {
    const question = { organizationId: acme, scope, role: `org:${name}` }
    const answer = await decisions.check(question, reading())
    t.like(answer, { allowed: true, reason: 'ROLE_IN_SET', roleSet: `role_set:${name}` }, scope)
    t.is(decisions.checkNow(question), answer, `${scope} is in memory, and the same object`)
    const offered = await decisions.listAvailableRoles({ organizationId: acme, scope }, reading())
    t.is(offered.roleSet.key, `role_set:${name}`)
    const other = { ...question, role: name === 'ward' ? 'org:hospital' : 'org:ward' }
    t.like(decisions.checkNow(other), { allowed: false, reason: 'ROLE_NOT_IN_SET' }, scope)
  }
  const checks = rows.map(([scope, name]) => ({ organizationId: acme, scope, role: `org:${name}` }))
  t.true((await decisions.batchCheck(checks, reading())).results.every(({ allowed }) => allowed))
})

test('a scope without a role set is refused with the reason, and an unknown organization first', async (t) => {
  const opened = await openHospital(t)
  const { decisions } = opened.service
  await record(opened, kinds)
  const ask = (scope: string, organizationId = acme) =>
    decisions.check({ organizationId, scope, role: 'org:member' }, reading())
  t.like(await ask('product:crm'), {
    allowed: false,
    reason: 'SCOPE_UNASSIGNED',
    roleSet: '',
    organizationRegistered: true,
  })
  t.like(await ask('prodct:crm'), { allowed: false, reason: 'SCOPE_KIND_UNKNOWN', roleSet: '' })
  t.like(await ask('team:a', 'org_stranger'), {
    allowed: true,
    roleSet: 'role_set:default',
    organizationRegistered: false,
  })
  const list = (scope: string) => decisions.listAvailableRoles({ organizationId: acme, scope }, reading())
  const unassigned = await t.throwsAsync<Refusal>(list('product:crm'))
  t.deepEqual([unassigned?.code, unassigned?.field], ['scope_without_role_set', 'scope'])
  t.is((await t.throwsAsync<Refusal>(list('prodct:crm')))?.code, 'scope_kind_not_found')
  for (const scope of ['team', 'team:a/b', 'Team:a', ':a'])
    t.is((await t.throwsAsync<Refusal>(ask(scope)))?.code, 'invalid_field', scope)
  await opened.admin.deleteOrganization({ organizationId: acme }, writing())
  t.like(await ask('product:crm'), { reason: 'ORGANIZATION_UNKNOWN', organizationDeleted: true })
})

test('scopes follow each write at once: of their own, of catalogue and organization, and a set that is replaced', async (t) => {
  const opened = await openHospital(t)
  const { decisions } = opened.service
  await record(opened, kinds)
  const scopes = ['team:a', 'department:a', 'department:pharmacy', 'product:a']
  const setsNow = async () => {
    const found: string[] = []
    for (const scope of scopes) {
      const question = { organizationId: acme, scope, role: 'org:member' }
      const now = decisions.checkNow(question)
      const asked = await decisions.check(question, reading())
      if (now !== undefined) t.deepEqual(now, asked)
      found.push(asked.roleSet.replace('role_set:', '') || asked.reason)
    }
    return found
  }
  t.deepEqual(await setsNow(), ['hospital', 'ward', 'pharmacy', 'SCOPE_UNASSIGNED'])
  await own(opened, 'product:a', 'own')
  t.deepEqual(await setsNow(), ['hospital', 'ward', 'pharmacy', 'own'])
  await opened.admin.assignRoleSet({ organizationId: acme, roleSet: 'role_set:default' }, writing())
  t.deepEqual(await setsNow(), ['default', 'ward', 'pharmacy', 'own'])
  await record(opened, (idOf, revision) => [
    put('scope_kind', { kind: 'department', fallback: 'organization', roleSetId: null, updatedAt: 1, revision }, null),
    deleted('scope_default', { scope: 'department:pharmacy', roleSetId: '', updatedAt: 1, revision: 1 }),
    { verb: 'moved', thing: 'assignment', fromRoleSetId: idOf('own'), toRoleSetId: idOf('ward'), organizations: 0 },
  ])
  t.deepEqual(await setsNow(), ['default', 'default', 'default', 'ward'])
})

test('what a scope had before its organization was deleted is not there when the organization is created again', async (t) => {
  const opened = await openHospital(t)
  const { decisions } = opened.service
  await record(opened, kinds)
  await own(opened, 'team:red', 'own')
  const question = { organizationId: acme, scope: 'team:red', role: 'org:member' }
  t.is((await decisions.check(question, reading())).roleSet, 'role_set:own')
  await opened.admin.deleteOrganization({ organizationId: acme }, writing())
  await opened.admin.createOrganization({ id: acme, roleSet: 'role_set:pharmacy' }, writing())
  const now = decisions.checkNow(question)
  t.true(now === undefined || now.roleSet === 'role_set:pharmacy')
  t.is((await decisions.check(question, reading())).roleSet, 'role_set:pharmacy')
})
