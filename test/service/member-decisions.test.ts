/** What a user holds, answered by the service: in the organization and in its scopes, from one state of the store. */

import test from 'ava'
import { put, type Change } from '@rolesets/core'
import type { MemberQuestionInput } from '../../packages/sidecar/src/domain/member-questions.ts'
import { createMemberDecisions } from '../../packages/sidecar/src/service/decisions/members.ts'
import { openReadModel } from '../../packages/sidecar/src/service/decisions/read-model.ts'
import { authority, Freshness } from '../../packages/sidecar/src/service/freshness.ts'
import type { Store } from '../../packages/sidecar/src/storage/store.ts'
import { addRoleSet, openTestService, reading, writing, type OpenedService } from './open-service.ts'

const organizationId = 'org_acme'
const scope = 'product:billing'
/** The clock of the service stands still. */
const now = 1_700_000_000_000

/** An organization with an administrator, and two kinds of scopes. */
async function openHouse(t: Parameters<typeof openTestService>[0]) {
  const opened = await openTestService(t)
  await addRoleSet(opened, 'role_set:house', ['org:boss'])
  await addRoleSet(opened, 'role_set:billing', ['org:clerk'])
  await opened.admin.createOrganization({ id: organizationId, roleSet: 'role_set:house' }, writing())
  await record(opened, (idOf, revision) => [
    put('scope_kind', { kind: 'product', fallback: 'none', roleSetId: null, updatedAt: now, revision }, null),
    put(
      'assignment',
      { organizationId, scope, name: '', roleSetId: idOf('role_set:billing'), updatedAt: now, revision },
      null,
    ),
  ])
  return opened
}

async function record(
  { store }: OpenedService,
  changesOf: (idOf: (key: string) => string, revision: number) => Change[],
) {
  await store.write({ actor: 'tester', operation: 'Test', at: now }, async (writer) => {
    const { roleSets, roles } = await writer.catalogue()
    const idOf = (key: string) => (roleSets.byKey(key) ?? roles.byKey(key))?.id ?? ''
    await writer.record(changesOf(idOf, writer.nextRevision))
  })
}

/** As the operations write it: a membership in the organization, or in a scope of it. */
function join(opened: OpenedService, where: string, roles: readonly string[], expiresAt: number | null = null) {
  return record(opened, (idOf, revision) => [
    put(
      'membership',
      {
        ...{ id: `orgmem_${where}`, organizationId, scope: where, userId: 'ann', roleIds: roles.map(idOf), expiresAt },
        ...{ publicMetadata: {}, privateMetadata: {}, createdAt: now, updatedAt: now, revision },
      },
      null,
    ),
  ])
}

function asked(question: Partial<MemberQuestionInput>): MemberQuestionInput {
  return { organizationId, scope, userId: 'ann', role: '', permission: '', anyRole: false, reach: 'PLACE', ...question }
}

function asking({ service }: OpenedService) {
  return async (question: Partial<MemberQuestionInput>) =>
    service.memberDecisions.checkMember(asked(question), reading())
}

test('in a scope the roles that are held there count, and those of the organization by the reach', async (t) => {
  const opened = await openHouse(t)
  const ask = asking(opened)
  await join(opened, '', ['org:boss'])
  t.like(await ask({ role: 'org:boss' }), { allowed: false, reason: 'NOT_A_MEMBER', roleSet: 'role_set:billing' })
  t.like(await ask({ role: 'org:boss', reach: 'EITHER' }), {
    reason: 'MEMBER_HOLDS_ROLE_IN_ORGANIZATION',
    roles: ['org:boss'],
  })
  t.like(await ask({ role: 'org:boss', scope: '' }), { reason: 'MEMBER_HOLDS_ROLE', roleSet: 'role_set:house' })
  await join(opened, scope, ['org:clerk'])
  t.like(await ask({ role: 'org:clerk' }), { allowed: true, reason: 'MEMBER_HOLDS_ROLE', roles: ['org:clerk'] })
  t.like(await ask({ role: 'org:boss' }), { allowed: false, reason: 'ROLE_NOT_IN_SET' })
  const either = await ask({ anyRole: true, reach: 'EITHER' })
  t.like(either, { allowed: true, roles: ['org:clerk', 'org:boss'], inScope: true })
  t.deepEqual([either.roleIds.length, either.organizationRoleIds.length], [1, 1])
})

test('a kind that is not registered, and a scope without a role set, are told', async (t) => {
  const opened = await openHouse(t)
  const ask = asking(opened)
  await join(opened, '', ['org:boss'])
  t.like(await ask({ role: 'org:boss', scope: 'team:red', reach: 'EITHER' }), {
    allowed: false,
    reason: 'SCOPE_KIND_UNKNOWN',
  })
  t.like(await ask({ role: 'org:boss', scope: 'product:new' }), {
    allowed: false,
    reason: 'SCOPE_UNASSIGNED',
    roleSet: '',
  })
  t.true((await ask({ role: 'org:boss', scope: 'product:new', reach: 'EITHER' })).allowed)
})

test('memberships that have ended count nowhere, and the answer says for how long the others hold', async (t) => {
  const opened = await openHouse(t)
  const ask = asking(opened)
  await join(opened, '', ['org:boss'], now + 3_600_000)
  await join(opened, scope, ['org:clerk'], now + 1_800_000)
  const held = await ask({ role: 'org:clerk' })
  t.true(held.allowed)
  t.is(held.endsInMs, 1_800_000)
  await join(opened, '', ['org:boss'], now)
  for (const reach of ['PLACE', 'ORGANIZATION', 'EITHER'] as const)
    t.like(await ask({ anyRole: true, reach }), {
      allowed: false,
      reason: 'NOT_A_MEMBER',
      roleIds: [],
      organizationRoleIds: [],
    })
  t.is((await ask({ anyRole: true, scope: '' })).reason, 'NOT_A_MEMBER')
})

test('a batch is of one state, whatever it asks about', async (t) => {
  const opened = await openHouse(t)
  await join(opened, '', ['org:boss'])
  await join(opened, scope, ['org:clerk'])
  const questions = [
    asked({ role: 'org:clerk' }),
    asked({ scope: '', role: 'org:boss' }),
    asked({ userId: 'eve', anyRole: true }),
  ]
  const { results, revision } = await opened.service.memberDecisions.batchCheckMember(questions, reading())
  t.deepEqual(
    results.map(({ reason }) => reason),
    ['MEMBER_HOLDS_ROLE', 'MEMBER_HOLDS_ROLE', 'NOT_A_MEMBER'],
  )
  t.is(revision, opened.store.lineage.textOf(opened.store.head))
})

test('a batch of the largest size is answered by a few reads, also of scopes, and so are calls that come together', async (t) => {
  const opened = await openHouse(t)
  await join(opened, '', ['org:boss'])
  await join(opened, scope, ['org:clerk'])
  const { store } = opened
  let calls = 0
  const read: Store['read'] = (work) =>
    store.read((reader) => {
      const counted = ([name, method]: [string, unknown]) => {
        if (typeof method !== 'function') return [name, method]
        return [name, (...given: unknown[]) => (calls++, (method as (...all: unknown[]) => unknown)(...given))]
      }
      // Each method stands for the one with its name.
      return work(Object.fromEntries(Object.entries(reader).map(counted)))
    })
  const readModel = await openReadModel(store, { organizationsMax: 10 })
  const freshness = new Freshness(authority, 5_000)
  t.teardown(() => (readModel.close(), freshness.close()))
  const memberDecisions = createMemberDecisions(
    // It uses no more of the store.
    {
      ...{ store: { read, lineage: store.lineage } as unknown as Store, unknownOrganizations: 'initial' },
      ...{ freshness, now: () => now },
    },
    readModel,
  )
  const others = Array.from({ length: 9_999 }, (_, number) => asked({ organizationId: `org_${number}`, anyRole: true }))
  const { results } = await memberDecisions.batchCheckMember([...others, asked({ role: 'org:clerk' })], reading())
  t.is(results.filter(({ allowed }) => allowed).length, 1)
  t.is(results.at(-1)?.reason, 'MEMBER_HOLDS_ROLE')
  t.true(calls <= 8, `${calls} reads`)
  calls = 0
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => memberDecisions.checkMember(asked({ role: 'org:clerk' }), reading())),
  )
  t.true(answers.every(({ allowed }) => allowed))
  t.true(calls <= 8, `${calls} reads`)
})
