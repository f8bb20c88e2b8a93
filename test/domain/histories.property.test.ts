/** Random histories of commands against a naive model that shares no code with the rules. */

import test from 'ava'
import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import assert from 'node:assert/strict'
import type { RefusalCode } from '@rolesets/core'
import type { Acting } from '../../packages/sidecar/src/domain/acting.ts'
import type { Decided, Impact } from '../../packages/sidecar/src/domain/decided.ts'
import { findBroken } from './find-broken.ts'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import { anyCommand, opening, operations } from './arbitrary-commands.ts'
import { checkProperty } from './check-property.ts'
import type { Command } from './commands.ts'
import { NaiveModel } from './naive-model.ts'
import { byRole, countEnded, measureImpact, thingsOf, viewOf, withoutAdministrator } from './observe.ts'
import { refer, steer } from './steering.ts'
import { State, valuesOf, type How, type Snapshot } from './state.ts'

interface Turn {
  readonly command: Command
  /** Refers to things by id instead of by key: both must mean the same. */
  readonly byId?: boolean
  /** Insists that organizations may lose their last administrator. */
  readonly insists?: boolean
  /** On whose behalf, for the commands that can be made so. */
  readonly acting?: Acting | undefined
  /** Names only what exists; see `steer`. */
  readonly luck?: number | undefined
  /** Days that pass before it: invitations expire, and nobody is told. */
  readonly days: number
}

const codes: readonly RefusalCode[] = [
  'access_key_exists',
  'grant_exceeds_own',
  'access_key_not_found',
  'in_use',
  'initial_role_set_required',
  'invitation_exists',
  'invitation_not_pending',
  'key_taken',
  'mapping_invalid',
  'mapping_missing',
  'membership_exists',
  'membership_quota_exceeded',
  'organization_minimum_permissions_needed',
  'organizations_disabled',
  'role_holds_permission',
  'role_lacks_permission',
  'slugs_disabled',
  'role_not_creator_eligible',
  'role_not_in_role_set',
  'special_role_not_in_role_set',
  'user_lacks_permission',
]

const turn: fc.Arbitrary<Turn> = fc.record({
  command: anyCommand,
  byId: fc.boolean(),
  insists: fc.constantFrom(false, false, true),
  acting: fc.constantFrom<Acting[]>(
    ...[{}, {}, {}, { actingUserId: 'u1' }, { actingUserId: 'u2', grantPolicy: 'subset' as const }],
    { actingUserId: 'u1', grantPolicy: 'any' },
  ),
  luck: fc.option(fc.nat({ max: 20 }), { nil: undefined, freq: 4 }),
  days: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(1, 31) }),
})
const turns = fc.array(turn, { maxLength: 40, size: 'max' })

for (const unknownOrganizations of ['initial', 'deny'] as const)
  test(`after every step of a random history the rules and a naive model agree, and the invariants hold (unknown organizations: ${unknownOrganizations})`, (t) => {
    const seen = new Map<string, number>()
    const property = fc.property(turns, (history) => {
      const state = new State(unknownOrganizations)
      const model = new NaiveModel(unknownOrganizations === 'deny')
      for (const command of opening) {
        assert.equal(model.run(command, state.now + 1_000), undefined)
        state.run(command)
      }
      for (const turn of history) {
        const outcome = `${turn.command.operation} ${step(state, model, turn)}`
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
      }
    })
    checkProperty(t, property, 250)
    // Histories that only refuse would prove little.
    for (const operation of operations) t.true(seen.has(`${operation} done`), `${operation} was never done`)
    for (const code of codes)
      t.true(
        [...seen.keys()].some((key) => key.endsWith(` ${code}`)),
        `${code} was never met`,
      )
  })

const canBeOnBehalf: ReadonlySet<string> = new Set([
  ...['createMembership', 'updateMembership', 'deleteMembership'],
  ...['createInvitation', 'createInvitations', 'revokeInvitation'],
])

/** @returns `done`, or the code with which both refused */
function step(state: State, model: NaiveModel, { command: drawn, byId, luck, days, ...turn }: Turn): string {
  state.now += days * 86_400_000
  const command = luck === undefined ? drawn : steer(drawn, state, luck)
  const before = state.snapshot()
  const modelBefore = model.view()
  const revision = state.revision
  const how = { allowNoAdministrator: turn.insists, ...(canBeOnBehalf.has(command.operation) && turn.acting) }
  const expected = model.run(command, state.now + 1_000, how)
  const { decided, refusal } = attempt(state, refer(command, state, byId === true), how)
  const code = refusal?.code
  assert.equal(code, expected, `${command.operation} ${JSON.stringify(command.input)}`)
  const after = state.snapshot()
  assert.deepEqual(viewOf(after), model.view())
  assert.deepEqual(findBroken({ ...valuesOf(after), changeSets: state.changeSets, now: state.now }), [])
  const impact = decided?.impact ?? refusal?.impact
  if (impact !== undefined) assert.deepEqual(requiredIn(impact, before), model.required)
  if (decided === undefined) {
    assert.deepEqual(after, before)
    assert.equal(state.revision, revision)
    return code ?? 'done'
  }
  const hasChanged = !isDeepStrictEqual(modelBefore, model.view()) || hasOnlyNamesChanged(before, after)
  assert.equal(decided.changes.length > 0, hasChanged, 'a write that changes nothing records nothing')
  assert.equal(state.revision, revision + (hasChanged ? 1 : 0))
  checkStamps(before, after, state)
  checkImpact(command, decided, { before, after, now: state.now })
  return 'done'
}

function attempt(state: State, command: Command, how: How): { decided?: Decided<unknown>; refusal?: Refusal } {
  try {
    return { decided: state.run(command, how) }
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error }
    throw error
  }
}

/** Names of permissions are not in the naive model. */
function hasOnlyNamesChanged(before: Snapshot, after: Snapshot): boolean {
  const namesOf = ({ catalogue }: Snapshot) =>
    [...catalogue.permissions.values()].map((it) => [it.name, it.description])
  return !isDeepStrictEqual(namesOf(before), namesOf(after))
}

/** Whatever is another thing than before says so: its time and revision are those of this write. Whatever isn't, doesn't. */
function checkStamps(before: Snapshot, after: Snapshot, state: State): void {
  const old = thingsOf(before)
  for (const [id, thing] of thingsOf(after)) {
    const { updatedAt, revision, ...content } = thing
    const { updatedAt: _time, revision: _number, ...was } = old.get(id) ?? { updatedAt, revision }
    if (isDeepStrictEqual(content, was)) assert.deepEqual(thing, old.get(id))
    else assert.deepEqual([updatedAt, revision], [state.now, state.revision])
  }
}

function checkImpact(
  command: Command,
  { impact }: Decided<unknown>,
  during: { before: Snapshot; after: Snapshot; now: number },
): void {
  // What happens to the thing itself is no impact.
  const own = command.operation === 'updateMembership'
  const measured = measureImpact(during.before, during.after, during.now)
  const isNew = command.operation === 'assignRoleSet' && !during.before.organizations.has(command.input.organizationId)
  if (isNew) return
  checkRemoval(command, impact, during.before)
  const { organizations, violations, withoutAdministrator: left, endedInvitations } = impact
  const roles = command.operation === 'removeUser' ? [] : [...impact.roles].sort(byRole)
  assert.deepEqual({ organizations, roles }, own ? { ...measured, roles: [] } : measured)
  assert.deepEqual(violations, [])
  // I11, as far as it wasn't insisted on: the refusal is compared with the naive model.
  assert.deepEqual(left.organizationIds, withoutAdministrator(during.before, during.after))
  assert.equal(left.organizations, left.organizationIds.length)
  const isOwn = command.operation === 'revokeInvitation'
  assert.equal(endedInvitations, isOwn ? 0 : countEnded(during.before, during.after, during.now))
}

function checkRemoval(command: Command, { roles, sentInvitations }: Impact, before: Snapshot): void {
  if (command.operation !== 'removeUser') return
  const held = [...before.memberships.values()].filter(({ userId }) => userId === command.input.userId)
  assert.equal(
    roles.reduce((sum, role) => sum + role.members, 0),
    held.length,
  )
  const isSent = ({ inviterUserId, status }: { inviterUserId: string; status: string }) =>
    inviterUserId === command.input.userId && status === 'pending'
  assert.ok(sentInvitations <= [...before.invitations.values()].filter(isSent).length)
}

function requiredIn(impact: Impact, { catalogue }: Snapshot): unknown {
  const required = impact.requiredMappings.map(({ roleId, ...counts }) => [catalogue.roles.byId(roleId)?.key, counts])
  return Object.fromEntries(required)
}
