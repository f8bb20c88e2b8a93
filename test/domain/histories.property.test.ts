/** Random histories of commands against a naive model that shares no code with the rules. */

import test from 'ava'
import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import assert from 'node:assert/strict'
import type { Catalogue } from '../../packages/sidecar/src/domain/catalogue.ts'
import type { Decided } from '../../packages/sidecar/src/domain/decided.ts'
import { findBroken } from '../../packages/sidecar/src/domain/invariants.ts'
import type { RefusalCode } from '../../packages/sidecar/src/domain/refusal-codes.ts'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import { anyCommand, opening, operations } from './arbitrary-commands.ts'
import { checkProperty } from './check-property.ts'
import type { Command } from './commands.ts'
import { NaiveModel } from './naive-model.ts'
import { byRole, measureImpact, thingsOf, viewOf } from './observe.ts'
import { steer } from './steering.ts'
import { State, type Snapshot } from './state.ts'

interface Turn {
  readonly command: Command
  /** Refers to things by id instead of by key: both must mean the same. */
  readonly byId?: boolean
  /** Names only what exists; see `steer`. */
  readonly luck?: number | undefined
}

const codes: readonly RefusalCode[] = [
  'in_use',
  'initial_role_set_required',
  'key_taken',
  'mapping_invalid',
  'mapping_missing',
  'role_not_creator_eligible',
  'role_not_in_role_set',
  'special_role_not_in_role_set',
]

const turn: fc.Arbitrary<Turn> = fc.record({
  command: anyCommand,
  byId: fc.boolean(),
  luck: fc.option(fc.nat({ max: 20 }), { nil: undefined, freq: 4 }),
})
const turns = fc.array(turn, { maxLength: 40, size: 'max' })

for (const unknownOrganizations of ['initial', 'deny'] as const)
  test(`after every step of a random history the rules and a naive model agree, and the invariants hold (unknown organizations: ${unknownOrganizations})`, (t) => {
    const seen = new Map<string, number>()
    const property = fc.property(turns, (history) => {
      const state = new State(unknownOrganizations)
      const model = new NaiveModel(unknownOrganizations === 'deny')
      for (const command of opening) {
        state.run(command)
        assert.equal(model.run(command), undefined)
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

/** @returns `done`, or the code with which both refused */
function step(state: State, model: NaiveModel, { command: drawn, byId, luck }: Turn): string {
  const command = luck === undefined ? drawn : steer(drawn, state.catalogue, luck)
  const before = state.snapshot()
  const modelBefore = model.view()
  const revision = state.revision
  const expected = model.run(command)
  const { decided, code } = attempt(state, byId ? withIds(command, state.catalogue) : command)
  assert.equal(code, expected, `${command.operation} ${JSON.stringify(command.input)}`)
  const after = state.snapshot()
  assert.deepEqual(viewOf(after), model.view())
  assert.deepEqual(findBroken({ ...after, ...valuesOf(after), changeSets: state.changeSets }), [])
  if (decided === undefined) {
    assert.deepEqual(after, before)
    assert.equal(state.revision, revision)
    return code ?? 'done'
  }
  const hasChanged = !isDeepStrictEqual(modelBefore, model.view()) || hasOnlyNamesChanged(before, after)
  assert.equal(decided.changes.length > 0, hasChanged, 'a write that changes nothing records nothing')
  assert.equal(state.revision, revision + (hasChanged ? 1 : 0))
  checkStamps(before, after, state)
  checkImpact(command, decided, { before, after })
  return 'done'
}

function attempt(state: State, command: Command): { decided?: Decided<unknown>; code?: string } {
  try {
    return { decided: state.run(command) }
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code }
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
  during: { before: Snapshot; after: Snapshot },
): void {
  // What happens to the thing itself is no impact.
  const own = command.operation === 'updateMembership'
  const measured = measureImpact(during.before, during.after)
  const isNew = command.operation === 'assignRoleSet' && !during.before.organizations.has(command.input.organizationId)
  if (isNew) return
  assert.deepEqual({ ...impact, roles: [...impact.roles].sort(byRole) }, own ? { ...measured, roles: [] } : measured)
}

function valuesOf({ organizations, memberships }: Snapshot) {
  return { organizations: organizations.values(), memberships: memberships.values() }
}

const refFields = [
  'role',
  'toRole',
  'roles',
  'defaultRole',
  'creatorRole',
  'roleSet',
  'toRoleSet',
  'permission',
  'permissions',
  'mappings',
]

function withIds(command: Command, { permissions, roles, roleSets }: Catalogue): Command {
  const idOf = (key: string) => (permissions.byKey(key) ?? roles.byKey(key) ?? roleSets.byKey(key))?.id ?? key
  const translate = (value: unknown): unknown => {
    if (typeof value === 'string') return idOf(value)
    if (Array.isArray(value)) return value.map(translate)
    return Object.fromEntries(Object.entries(value as object).map(([from, to]) => [idOf(from), translate(to)]))
  }
  const input = Object.entries(command.input).map(([field, value]) => {
    return [field, refFields.includes(field) && value !== undefined ? translate(value) : value]
  })
  return { ...command, input: Object.fromEntries(input) }
}
