import test from 'ava'
import type { RoleSet } from '@rolesets/core'
import { Answers } from '../../packages/sidecar/src/service/decisions/answers.ts'
import { addRoleSet, openTestService, reading, writing } from './open-service.ts'

const allowed = { allowed: true, reason: 'ROLE_IN_SET', permissionRetired: false } as const
const unknown = { allowed: false, reason: 'PERMISSION_UNKNOWN' } as const

test('equal answers are the same object, and different ones never are', (t) => {
  const answers = new Answers()
  const [one, other] = ['role_set:one', 'role_set:other'].map((key) => ({ id: `id of ${key}`, key }) as RoleSet)
  const given = [one, other].flatMap((roleSet) =>
    (['registered', 'unregistered'] as const).flatMap((registered) => [
      answers.of({ ...allowed, roleSet }, registered),
      answers.of({ ...unknown, roleSet, permissionRetired: false }, registered),
      answers.of({ ...unknown, roleSet, permissionRetired: true }, registered),
    ]),
  )
  t.is(new Set(given).size, 12)
  t.is(new Set(given.map((answer) => JSON.stringify(answer))).size, 12)
  const first = answers.of({ ...allowed, roleSet: one }, 'registered')
  t.is(first, given.at(0) ?? first)
  t.is(answers.at('e:1', first), answers.at('e:1', first))
  t.is(answers.at('e:2', first).revision, 'e:2')
  t.is(answers.at('e:1', first).revision, 'e:1')
})

test('an answer has the key that its set was given meanwhile, and the revision of every write meanwhile', async (t) => {
  const opened = await openTestService(t)
  await addRoleSet(opened, 'role_set:pro', ['org:analyst'])
  await opened.admin.createOrganization({ id: 'org_acme', name: '', roleSet: 'role_set:pro' }, writing())
  const { decisions } = opened.service
  const question = { organizationId: 'org_acme', role: 'org:analyst', permission: undefined }
  await decisions.check(question, reading())
  const before = decisions.batchCheckNow([question])
  const renamed = await opened.admin.updateRoleSet({ roleSet: 'role_set:pro', key: 'role_set:max' }, writing())
  t.like(decisions.checkNow(question), { roleSet: 'role_set:max', revision: renamed.revision })
  const after = decisions.batchCheckNow([question], renamed.revision)
  t.deepEqual(
    [before, after].map((batch) => batch?.results[0]?.roleSet),
    ['role_set:pro', 'role_set:max'],
  )
  const written = await opened.admin.createOrganization({ id: 'org_other', name: '' }, writing())
  t.is(decisions.checkNow(question)?.revision, written.revision)
})

test('only what is in memory, and of a revision that will do, is answered at once', async (t) => {
  const opened = await openTestService(t)
  const { decisions } = opened.service
  const question = { organizationId: 'org_acme', role: 'org:member', permission: undefined }
  t.is(decisions.checkNow(question), undefined)
  t.is(decisions.batchCheckNow([question]), undefined)
  const { revision } = await decisions.check(question, reading())
  t.is(decisions.checkNow(question, revision)?.revision, revision)
  t.is(decisions.batchCheckNow([question, question], revision)?.results.length, 2)
  t.is(decisions.batchCheckNow([question, { ...question, organizationId: 'org_cold' }]), undefined)
  for (const other of [`${revision}0`, 'another_epoch:1', 'no revision']) {
    t.is(decisions.checkNow(question, other), undefined)
    t.is(decisions.batchCheckNow([question], other), undefined)
  }
})
