import test from 'ava'
import { DeadlinePassed } from '../../packages/sidecar/src/service/service-error.ts'
import { addRoleSet, openTestService, reading, writing } from './open-service.ts'

test('an organization that was never registered is on the initial set, or refused, as the setting says', async (t) => {
  const question = { organizationId: 'org_stranger', role: 'org:member', permission: undefined }
  const lenient = await openTestService(t, { unknownOrganizations: 'initial' })
  const allowed = await lenient.service.decisions.check(question, reading())
  t.like(allowed, { allowed: true, reason: 'ROLE_IN_SET', roleSet: 'role_set:default', organizationRegistered: false })

  const strict = await openTestService(t, { unknownOrganizations: 'deny' })
  const refused = await strict.service.decisions.check(question, reading())
  t.like(refused, { allowed: false, reason: 'ORGANIZATION_UNKNOWN', roleSet: '' })
  await t.throwsAsync(strict.service.decisions.listAvailableRoles({ organizationId: 'org_stranger' }, reading()), {
    message: /org_stranger/,
  })
})

test('an unregistered organization follows when another set becomes the initial one', async (t) => {
  const opened = await openTestService(t)
  await addRoleSet(opened, 'role_set:pro', ['org:analyst'])
  const question = { organizationId: 'org_stranger', role: 'org:analyst', permission: undefined }
  t.false((await opened.service.decisions.check(question, reading())).allowed)
  await opened.admin.updateRoleSet({ roleSet: 'role_set:pro', initial: true }, writing())
  t.true(opened.service.decisions.checkNow(question)?.allowed)
})

test('an answer comes from memory after the first one, and follows each write before the writer is answered', async (t) => {
  const opened = await openTestService(t)
  await addRoleSet(opened, 'role_set:pro', ['org:analyst'])
  await addRoleSet(opened, 'role_set:max', ['org:analyst', 'org:auditor'])
  const { decisions } = opened.service
  await opened.admin.createOrganization({ id: 'org_acme', name: '' }, writing())
  const question = { organizationId: 'org_acme', role: 'org:analyst', permission: undefined }
  t.is(decisions.checkNow(question), undefined)
  t.false((await decisions.check(question, reading())).allowed)

  const moved = await opened.admin.assignRoleSet({ organizationId: 'org_acme', roleSet: 'role_set:pro' }, writing())
  t.like(decisions.checkNow(question), { allowed: true, roleSet: 'role_set:pro', revision: moved.revision })
  await opened.admin.replaceRoleSet({ roleSet: 'role_set:pro', toRoleSet: 'role_set:max' }, writing())
  t.like(decisions.checkNow(question), { allowed: true, roleSet: 'role_set:max' })
  await opened.admin.updateRole({ role: 'org:analyst', key: 'org:data_analyst' }, writing())
  t.is(decisions.checkNow(question)?.reason, 'ROLE_UNKNOWN')
  t.true(decisions.checkNow({ ...question, role: 'org:data_analyst' })?.allowed)
  await opened.admin.deleteOrganization({ organizationId: 'org_acme' }, writing())
  t.like(decisions.checkNow(question), { reason: 'ORGANIZATION_UNKNOWN', roleSet: '', organizationRegistered: false })
})

// spicedb#3239: a revision given before the write lock made a committed write invisible at its own revision.
test('a write is visible at the revision that it returned', async (t) => {
  const opened = await openTestService(t)
  const written = await Promise.all(
    Array.from({ length: 50 }, (_, i) => opened.admin.createOrganization({ id: `org_${i}`, name: '' }, writing())),
  )
  for (const { value, revision } of written) {
    const organizationId = value?.id ?? ''
    const found = await opened.admin.getOrganization(organizationId, reading({ atLeastRevision: revision }))
    t.is(found.value.id, organizationId)
    const question = { organizationId, role: 'org:member', permission: undefined }
    const answer = await opened.service.decisions.check(question, reading({ atLeastRevision: revision }))
    t.true(answer.organizationRegistered)
  }
})

test('a question about a revision that is not there yet is answered when it comes, never from before it', async (t) => {
  const opened = await openTestService(t)
  const { decisions, readModel } = opened.service
  const question = { organizationId: 'org_acme', role: 'org:member', permission: undefined }
  const next = `${opened.store.epoch}:${readModel.revision + 1}`
  const waiting = decisions.check(question, reading({ atLeastRevision: next }))
  await opened.admin.createOrganization({ id: 'org_acme', name: '' }, writing())
  t.is((await waiting).revision, next)
})

test('a question about a revision that is never reached fails at its deadline', async (t) => {
  const { service, store } = await openTestService(t)
  const deadline = new AbortController()
  const question = { organizationId: 'org_acme', role: 'org:member', permission: undefined }
  const waiting = service.decisions.check(question, {
    atLeastRevision: `${store.epoch}:999`,
    signal: deadline.signal,
  })
  deadline.abort(new DeadlinePassed())
  await t.throwsAsync(waiting, { code: 'deadline' })
})

test('a revision of another epoch is refused, because what it promised is gone', async (t) => {
  const { service } = await openTestService(t)
  const question = { organizationId: 'org_acme', role: 'org:member', permission: undefined }
  await t.throwsAsync(service.decisions.check(question, reading({ atLeastRevision: 'elsewhere:1' })), {
    code: 'revision_of_another_epoch',
  })
})

test('a batch has one answer for each question, in their order, all at one revision', async (t) => {
  const opened = await openTestService(t)
  await addRoleSet(opened, 'role_set:pro', ['org:analyst'])
  await opened.admin.createOrganization({ id: 'org_pro', name: '', roleSet: 'role_set:pro' }, writing())
  const questions = ['org_pro', 'org_other', 'org_pro', 'org_other'].flatMap((organizationId) =>
    ['org:analyst', 'org:member', 'org:none'].map((role) => ({ organizationId, role, permission: undefined })),
  )
  const { results, revision } = await opened.service.decisions.batchCheck(questions, reading())
  const alone = await Promise.all(questions.map((question) => opened.service.decisions.check(question, reading())))
  t.deepEqual(
    results.map((result) => ({ ...result, revision })),
    alone,
  )
})
