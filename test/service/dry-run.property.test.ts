/**
 * Rule 12 over random stores and random writes of every kind: a preview says what the same write then does or how it is
 * refused, leaves no trace, and a write that expects the revision of its preview is refused if the thing has changed since.
 */

import type { ExecutionContext } from 'ava'
import test from 'ava'
import fc from 'fast-check'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import type { WriteCall, Written } from '../../packages/sidecar/src/service/operations/call.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { anyWrite, opening, operations, resolved, type Write } from './arbitrary-writes.ts'
import { holdersIn, movesBetween, tallyOf } from './holders.ts'
import { openServiceOver, reading, writing, type OpenedService } from './open-service.ts'

const runs = 4
const writesPerRun = 200

interface World extends OpenedService {
  readonly clock: { now: number }
  /** A preview takes the ids that the write then takes, so that the two can be compared. */
  readonly ids: { last: number }
}

async function openWorld(t: ExecutionContext): Promise<World> {
  const clock = { now: 1_700_000_000_000 }
  const ids = { last: 0 }
  const store = await openStore('sqlite::memory:')
  t.teardown(() => store.close())
  const service = await openServiceOver(store, {
    now: () => clock.now,
    newId: (prefix) => `${prefix}_${String(++ids.last).padStart(6, '0')}`,
  })
  t.teardown(() => service.close())
  const world = { service, store, admin: service.administration, clock, ids }
  for (const write of opening) await call(world, write)
  return world
}

type Outcome = { readonly written: Written<unknown> } | { readonly refusal: Refusal }

/** Every operation has an input of its own, so the table of them can't be called without a cast. */
async function call({ admin }: World, { operation, input }: Write, more: Partial<WriteCall> = {}): Promise<Outcome> {
  const perform = admin[operation] as (input: unknown, call: WriteCall) => Promise<Written<unknown>>
  try {
    const { value, impact, revision } = await perform(input, writing(more))
    return { written: { value, impact, revision } }
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error }
    throw error
  }
}

const resolvedIn = ({ store, clock }: World, write: Write) => resolved(write, store, clock.now)

const shown = ({ code, message, field, facts }: Refusal) => ({ code, message, field, facts })

/** What a refusal is to a dry run: an answer, or an error all the same. */
const neverAnswered = /^(invalid_field|limit_exceeded|invalid_revision|revision_conflict|.*_not_found)$/

async function preview(t: ExecutionContext, world: World, write: Write): Promise<Outcome> {
  const { store, ids } = world
  const before = { head: store.head, last: ids.last }
  const outcome = await call(world, write, { dryRun: true })
  ids.last = before.last
  t.is(store.head, before.head, 'a dry run leaves no trace')
  if ('written' in outcome) t.is(outcome.written.revision, `${store.epoch}:${before.head}`)
  return outcome
}

function compare(t: ExecutionContext, previewed: Outcome, done: Outcome, what: string): void {
  if ('refusal' in previewed) {
    t.regex(previewed.refusal.code, neverAnswered, what)
    t.deepEqual('refusal' in done && shown(done.refusal), shown(previewed.refusal), what)
    return
  }
  const { value, impact } = previewed.written
  if ('written' in done) {
    t.deepEqual({ value, impact }, { value: done.written.value, impact: done.written.impact }, what)
    t.deepEqual(impact.violations, [], what)
    return
  }
  t.notRegex(done.refusal.code, neverAnswered, what)
  t.is(value, undefined, what)
  const [first, ...others] = impact.violations
  t.deepEqual(first, shown(done.refusal), what)
  // An apply is about many things, and its preview says why each of them would be refused.
  if (!what.includes('"operation":"apply"')) t.deepEqual(others, [], what)
}

test('a preview says what the same write then does, or how it is refused', async (t) => {
  const done = new Map<string, number>()
  const refused = new Map<string, number>()
  const property = fc.asyncProperty(
    fc.array(anyWrite, { minLength: writesPerRun, maxLength: writesPerRun, size: 'max' }),
    async (writes) => {
      const world = await openWorld(t)
      for (const drawn of writes) {
        world.clock.now += drawn.afterMs
        const write = await resolvedIn(world, drawn)
        const what = JSON.stringify(write)
        const previewed = await preview(t, world, write)
        const before = await holdersIn(world.store, world.clock.now)
        const outcome = await call(world, write)
        compare(t, previewed, outcome, what)
        const counted = 'written' in outcome ? done : refused
        counted.set(write.operation, (counted.get(write.operation) ?? 0) + 1)
        if (!('written' in outcome) || write.operation === 'apply') continue
        const moves = movesBetween(before, await holdersIn(world.store, world.clock.now), write)
        t.deepEqual(tallyOf(outcome.written.impact.roles), moves, what)
      }
    },
  )
  await fc.assert(property, { numRuns: runs, endOnFailure: true })
  t.log(Object.fromEntries(done), Object.fromEntries(refused))
  const undone = operations.filter((operation) => !done.has(operation))
  t.true(undone.length <= 3, `nearly every write was done, and not only refused: ${undone.join(', ')}`)
})

test('a write that expects the revision of its preview is refused if the thing has changed since, and only then', async (t) => {
  let conflicts = 0
  let others = 0
  const property = fc.asyncProperty(
    fc.array(fc.tuple(anyWrite, fc.option(anyWrite, { freq: 1 })), {
      minLength: writesPerRun,
      maxLength: writesPerRun,
      size: 'max',
    }),
    async (pairs) => {
      const world = await openWorld(t)
      for (const drawn of pairs) {
        const write = await resolvedIn(world, drawn[0])
        // Nothing changes a thing as often as the same write.
        const between = drawn[1] === null ? write : await resolvedIn(world, drawn[1])
        const previewed = await preview(t, world, write)
        if ('refusal' in previewed) continue
        await call(world, between)
        const { revision } = previewed.written
        const changedAt = await revisionOf(world, write)
        const outcome = await call(world, write, { expectedRevision: revision })
        const isConflict = 'refusal' in outcome && outcome.refusal.code === 'revision_conflict'
        const expected = changedAt !== undefined && changedAt > numberOf(revision)
        t.is(isConflict, expected, JSON.stringify({ write, between }))
        if (isConflict) conflicts++
        else others++
      }
    },
  )
  await fc.assert(property, { numRuns: runs, endOnFailure: true })
  t.log({ conflicts, others })
  t.true(conflicts > 20 && others > 100, 'both happened often enough to mean something')
})

const numberOf = (revision: string) => Number(revision.split(':')[1])

/** When the thing that a write is about was changed last, as anybody can read it; undefined: it isn't there, or is new. */
async function revisionOf({ admin, store }: World, { operation, input }: Write): Promise<number | undefined> {
  const ref = input as Readonly<Record<string, string>>
  const of = (name: string) => ref[name] ?? ''
  const found = (read: Promise<{ value: { revision: number } }>) =>
    read.then(
      ({ value }) => value.revision,
      () => undefined,
    )
  if (operation === 'apply') return store.head
  if (operation === 'updateSettings') return found(admin.getSettings(reading()))
  if (operation === 'revokeAccessKey') {
    const { items } = await admin.listAccessKeys({ ...reading(), pageSize: 500, pageToken: '' })
    return items.find(({ id, name }) => id === of('accessKey') || name === of('accessKey'))?.revision
  }
  if (operation.startsWith('create')) return undefined
  if (operation.endsWith('Invitation'))
    return found(
      admin.getInvitation({ organizationId: of('organizationId'), invitationId: of('invitationId') }, reading()),
    )
  if (operation.endsWith('Membership'))
    return found(admin.getMembership({ organizationId: of('organizationId'), userId: of('userId') }, reading()))
  if (operation.endsWith('Organization') || operation === 'assignRoleSet')
    return found(admin.getOrganization(of('organizationId'), reading()))
  if (operation === 'addRoles' || operation === 'replaceRole' || operation.endsWith('RoleSet'))
    return found(admin.getRoleSet(of('roleSet'), reading()))
  if (operation.endsWith('Role') || operation === 'addPermission' || operation === 'removePermission')
    return found(admin.getRole(of('role'), reading()))
  return found(admin.getPermission(of('permission'), reading()))
}
