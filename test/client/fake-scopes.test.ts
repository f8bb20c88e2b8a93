/** Scopes and ends of memberships in the fake sidecar, beside a real one: the same writes, refusals and answers. */

import test, { type ExecutionContext } from 'ava'
import { createRoleSetsClient } from '@rolesets/client'
import { createFakeSidecar, type FakeRoles } from '@rolesets/client/testing'
import { connect, openTestSidecar, secretKey } from '../grpc/open-sidecar.ts'
import { openBesideFake } from './open-client.ts'
import { SimulatedClock } from './simulated-clock.ts'

const [ward, lab] = ['department:ward', 'department:lab']
const roleSets = { 'role_set:default': ['org:admin', 'org:member'], 'role_set:wards': ['org:nurse', 'org:member'] }

type Outcome = string | Readonly<Record<string, unknown>>

interface World {
  /** Each is one write. @returns `done`, or the code of the refusal */
  readonly writes: {
    setKind(kind: string, fallback: string): Promise<Outcome>
    removeKind(kind: string): Promise<Outcome>
    setDefault(scope: string, roleSet: string): Promise<Outcome>
    removeDefault(scope: string): Promise<Outcome>
    renameScope(scope: string, newScope: string): Promise<Outcome>
    assign(roleSet: string, scope: string): Promise<Outcome>
    unassign(scope: string): Promise<Outcome>
    join(userId: string, scope: string, held: { role: string; endsInMs?: number | null }): Promise<Outcome>
    leave(userId: string, scope: string): Promise<Outcome>
  }
  ask(userId: string, scope: string): Promise<Outcome>
  pass(ms: number): Promise<void>
}

const organizationId = 'acme'
const asked = { organizationId, role: 'org:nurse', permission: '', reach: 'PLACE', atLeastRevision: '' }

async function openReal(t: ExecutionContext): Promise<World> {
  const clock = { now: 1_900_000_000_000 }
  const { target } = await openTestSidecar(t, {}, undefined, { now: () => clock.now })
  const client = createRoleSetsClient({ target, key: secretKey, deadlineMs: 20_000 })
  t.teardown(() => client.close())
  const { admin } = client
  await admin.createRole({ key: 'org:nurse' })
  const [roles, wards] = [['org:nurse', 'org:member'], 'role_set:wards']
  await admin.createRoleSet({ key: wards, roles, defaultRole: 'org:member' })
  await admin.createOrganization({ id: organizationId, createdBy: 'boss' })
  const { read } = connect(t, target)
  return {
    writes: {
      setKind: (kind, fallback) =>
        outcomeOf(
          fallback.includes(':')
            ? admin.setScopeKind({ kind, fallback: 'ROLE_SET', roleSet: fallback })
            : admin.setScopeKind({ kind, fallback: fallback === 'none' ? 'NONE' : 'ORGANIZATION' }),
        ),
      removeKind: (kind) => outcomeOf(admin.deleteScopeKind({ kind })),
      setDefault: (scope, roleSet) => outcomeOf(admin.setScopeDefault({ scope, roleSet })),
      removeDefault: (scope) => outcomeOf(admin.deleteScopeDefault({ scope })),
      renameScope: (scope, newScope) => outcomeOf(admin.renameScope({ organizationId, scope, newScope })),
      assign: (roleSet, scope) => outcomeOf(admin.assignRoleSet({ organizationId, scope, roleSet })),
      unassign: (scope) => outcomeOf(admin.assignRoleSet({ organizationId, scope, clear: true })),
      async join(userId, scope, { role, endsInMs }) {
        const end = endsInMs === undefined ? {} : { expiresAtMs: endsInMs === null ? 0 : clock.now + endsInMs }
        const member = { organizationId, userId, scope, role, ...end }
        const added = await outcomeOf(admin.createMembership(member))
        return added === 'membership_exists' ? outcomeOf(admin.updateMembership(member)) : added
      },
      leave: (userId, scope) => outcomeOf(admin.deleteMembership({ organizationId, userId, scope })),
    },
    ask: async (userId, scope) => shown(await read('CheckMember', { ...asked, userId, scope })),
    pass: async (ms) => void (clock.now += ms),
  }
}

async function openFake(): Promise<World> {
  const clock = new SimulatedClock()
  const sidecar = createFakeSidecar({ clock, roleSets, organizations: { [organizationId]: 'role_set:default' } })
  const call = { signal: new AbortController().signal, deadlineMs: 20_000 }
  const done = (write: () => string) => outcomeOf(Promise.resolve().then(write))
  return {
    writes: {
      setKind: (kind, fallback) => done(() => sidecar.setScopeKind(kind, fallback)),
      removeKind: (kind) => done(() => sidecar.removeScopeKind(kind)),
      setDefault: (scope, roleSet) => done(() => sidecar.setScopeDefault(scope, roleSet)),
      removeDefault: (scope) => done(() => sidecar.removeScopeDefault(scope)),
      renameScope: (scope, newScope) => done(() => sidecar.renameScope(organizationId, scope, newScope)),
      assign: (roleSet, scope) => done(() => sidecar.assign(organizationId, roleSet, scope)),
      unassign: (scope) => done(() => sidecar.unassign(organizationId, scope)),
      join: (userId, scope, { role, ...end }) =>
        done(() => sidecar.setMember({ organizationId, scope }, userId, { roles: role, ...end } satisfies FakeRoles)),
      leave: (userId, scope) => done(() => sidecar.removeMember({ organizationId, scope }, userId)),
    },
    ask: async (userId, scope) =>
      shown((await sidecar.transport.unary('Decisions/CheckMember', { ...asked, userId, scope }, call)) as object),
    pass: (ms) => clock.advance(ms),
  }
}

async function outcomeOf(write: Promise<unknown>): Promise<string> {
  return write.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )
}

function shown(answer: object): Outcome {
  const { reason, roles, roleSet, endsInMs } = answer as Record<string, unknown>
  return { reason, roles, roleSet, endsInMs: Number(endsInMs) }
}

type Step = (world: World) => Promise<Outcome>

/** The same steps in both, and after each the same questions. */
async function compare(t: ExecutionContext, steps: readonly (readonly [string, Step])[]): Promise<void> {
  const [real, fake] = [await openReal(t), await openFake()]
  const seen = async (world: World, step: Step) => {
    const outcome = await step(world)
    const questions = ['ada', 'bob'].flatMap((userId) => ['', ward, lab].map((scope) => [userId, scope] as const))
    const answers = await Promise.all(questions.map(async (each) => [...each, await world.ask(...each)]))
    return { outcome, answers }
  }
  for (const [title, step] of steps) {
    const [ofReal, ofFake] = [await seen(real, step), await seen(fake, step)]
    t.deepEqual(ofFake, ofReal, title)
  }
}

test('kinds and defaults are set and deleted, and scopes renamed, as in a real sidecar', async (t) => {
  const nurse = { role: 'org:nurse' }
  await compare(t, [
    ['no kind', ({ writes }) => writes.removeKind('department')],
    ['no default', ({ writes }) => writes.removeDefault(ward)],
    ['a kind', ({ writes }) => writes.setKind('department', 'role_set:wards')],
    ['a member', ({ writes }) => writes.join('ada', '', { role: 'org:member' })],
    ['nobody of the organization', ({ writes }) => writes.join('bob', ward, nurse)],
    ['nothing to rename', ({ writes }) => writes.renameScope(ward, lab)],
    ['a member of a scope', ({ writes }) => writes.join('ada', ward, nurse)],
    ['another key', ({ writes }) => writes.renameScope(ward, lab)],
    ['a kind that is not there', ({ writes }) => writes.renameScope(lab, 'team:x')],
    ['the same key', ({ writes }) => writes.renameScope(lab, lab)],
    ['in use by a member', ({ writes }) => writes.removeKind('department')],
    ['a set of its own', ({ writes }) => writes.assign('role_set:wards', ward)],
    ['taken', ({ writes }) => writes.renameScope(ward, lab)],
    ['taken by the other one', ({ writes }) => writes.renameScope(lab, ward)],
    ['it ends', ({ writes }) => writes.leave('ada', lab)],
    ['with its set', ({ writes }) => writes.renameScope(ward, lab)],
    ['in use by a set of its own', ({ writes }) => writes.removeKind('department')],
    ['a default', ({ writes }) => writes.setDefault(ward, 'role_set:wards')],
    ['the kind says less', ({ writes }) => writes.setKind('department', 'none')],
    ['a member by the default', ({ writes }) => writes.join('ada', ward, nurse)],
    ['it ends, too', ({ writes }) => writes.leave('ada', ward)],
    ['without the set', ({ writes }) => writes.unassign(lab)],
    ['in use by a default', ({ writes }) => writes.removeKind('department')],
    ['without the default', ({ writes }) => writes.removeDefault(ward)],
    ['not twice', ({ writes }) => writes.removeDefault(ward)],
    ['gone', ({ writes }) => writes.removeKind('department')],
  ])
})

test('memberships end, are extended and begin anew as in a real sidecar', async (t) => {
  const passed =
    (ms: number): Step =>
    (world) =>
      world.pass(ms).then(() => 'done')
  await compare(t, [
    ['a kind', ({ writes }) => writes.setKind('department', 'role_set:wards')],
    ['until a time', ({ writes }) => writes.join('ada', '', { role: 'org:member', endsInMs: 1_000 })],
    ['in a scope, until later', ({ writes }) => writes.join('ada', ward, { role: 'org:nurse', endsInMs: 1_500 })],
    ['without an end', ({ writes }) => writes.join('bob', '', { role: 'org:member' })],
    ['in a scope only until a time', ({ writes }) => writes.join('bob', ward, { role: 'org:nurse', endsInMs: 500 })],
    ['part of the time', passed(499)],
    ['the end stays where a role changes', ({ writes }) => writes.join('ada', '', { role: 'org:admin' })],
    ['over in the scope', passed(1)],
    ['extended', ({ writes }) => writes.join('ada', '', { role: 'org:admin', endsInMs: 700 })],
    ['not yet', passed(699)],
    ['over', passed(1)],
    ['whoever is no member is none of a scope', ({ writes }) => writes.join('bob', lab, { role: 'org:nurse' })],
    ['anew, without what was in scopes', ({ writes }) => writes.join('ada', '', { role: 'org:member' })],
    ['an end', ({ writes }) => writes.join('bob', '', { role: 'org:member', endsInMs: 100 })],
    ['no end', ({ writes }) => writes.join('bob', '', { role: 'org:member', endsInMs: null })],
    ['much later', passed(10_000)],
    ['a kind of which only former members are left', ({ writes }) => writes.leave('bob', lab)],
    ['goes', ({ writes }) => writes.removeKind('department')],
  ])
})

test('the client sees the end of a membership when the time has come, and a renamed scope at once', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t, { sidecar: { members: { acme: { ada: 'org:member' } } } })
  const reason = async (atLeastRevision?: string, scope?: string) => {
    const more = { ...(atLeastRevision !== undefined && { atLeastRevision }), ...(scope !== undefined && { scope }) }
    return (await client.checkMember('acme', 'ada', { role: 'org:member', ...more })).reason
  }
  t.is(await reason(sidecar.setMember('acme', 'ada', { roles: 'org:member', endsInMs: 5_000 })), 'MEMBER_HOLDS_ROLE')
  await clock.advance(4_999)
  t.is(await reason(), 'MEMBER_HOLDS_ROLE')
  await clock.advance(1)
  t.is(await reason(), 'NOT_A_MEMBER')
  t.is(await reason(sidecar.setMember('acme', 'ada', 'org:member')), 'MEMBER_HOLDS_ROLE')
  t.is(await reason(sidecar.setMember('acme', 'ada', { roles: ['org:member'], endsInMs: 0 })), 'NOT_A_MEMBER')
  sidecar.setMember('acme', 'ada', 'org:member')
  sidecar.setScopeKind('department', 'organization')
  t.is(
    await reason(sidecar.setMember({ organizationId: 'acme', scope: ward }, 'ada', 'org:member'), ward),
    'MEMBER_HOLDS_ROLE',
  )
  const renamed = sidecar.renameScope('acme', ward, lab)
  t.is(await reason(renamed, ward), 'NOT_A_MEMBER')
  t.is(await reason(renamed, lab), 'MEMBER_HOLDS_ROLE')
})
