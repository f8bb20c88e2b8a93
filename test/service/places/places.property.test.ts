/**
 * Random histories of writes about places, members with several roles and acting users, over a real store, against a naive
 * model: what is accepted, with which code the rest is refused, the impact, the whole state after each write, and the answers to
 * a few questions.
 */

import assert from 'node:assert/strict'
import { memberReasons, reasons as decisionReasons } from '@rolesets/core'
import test from 'ava'
import fc from 'fast-check'
import { Refusal } from '../../../packages/sidecar/src/domain/refusal.ts'
import type { WriteCall, Written } from '../../../packages/sidecar/src/service/operations/call.ts'
import type { ImpactView } from '../../../packages/sidecar/src/service/views.ts'
import { openStore } from '../../../packages/sidecar/src/storage/open.ts'
import { checkAsyncProperty } from '../../domain/check-property.ts'
import { judge, type How, type Judged } from '../../domain/naive-places/model.ts'
import { operations, type Write } from '../../domain/naive-places/run.ts'
import { freshWorld, type World } from '../../domain/naive-places/world.ts'
import { openServiceOver, writing, type OpenedService } from '../open-service.ts'
import { anyTurn, opening, startMs, type Turn } from './arbitrary-place-writes.ts'
import { compareAnswers } from './ask-places.ts'
import { invitationIds, observe, viewOfStore, viewOfWorld } from './observe-places.ts'

/** The rarest last. */
const codes = [
  ...[
    'invitation_exists',
    'membership_not_found',
    'scope_kind_not_found',
    'in_use',
    'key_taken',
    'role_set_for_scopes',
  ],
  ...['special_role_not_in_role_set', 'membership_exists', 'role_not_in_role_set', 'scope_without_role_set'],
  ...['organization_membership_missing', 'user_lacks_permission', 'initial_role_set_required', 'mapping_invalid'],
  ...['invitation_not_pending', 'mapping_missing', 'role_not_creator_eligible', 'limit_exceeded', 'grant_exceeds_own'],
  ...['organization_minimum_permissions_needed', 'membership_quota_exceeded'],
]

interface Opened extends OpenedService {
  readonly clock: { now: number }
}

async function open(): Promise<Opened> {
  const clock = { now: startMs }
  const store = await openStore('sqlite::memory:')
  const service = await openServiceOver(store, { now: () => clock.now })
  const { administration: admin } = service
  for (const key of ['org:a:read', 'org:a:write']) await admin.createPermission({ key }, writing())
  return { service, store, admin, clock }
}

test('after every step of a random history about places the store and a naive model agree', async (t) => {
  const seen = new Map<string, number>()
  const note = (outcome: string) => seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
  const reasons = new Set<string>()
  const turns = fc.array(anyTurn, { minLength: 5, maxLength: 40, size: 'max' })
  const property = fc.asyncProperty(turns, async (history) => {
    const opened = await open()
    const made: Candidate[] = []
    try {
      let world = freshWorld()
      for (const write of opening) world = await step(opened, world, { write, how: {} }, () => undefined)
      for (const turn of history) {
        opened.clock.now += turn.ms
        made.push(chosen({ ...world, now: opened.clock.now }, turn))
        world = await step(opened, world, made.at(-1) as Candidate, note)
        await compareAnswers(opened, world, { questions: turn.questions, note: (reason) => reasons.add(reason) })
      }
    } catch (error) {
      throw new Error([...made.map((each) => JSON.stringify(each)), String(error)].join('\n'), { cause: error })
    } finally {
      opened.service.close()
      await opened.store.close()
    }
  })
  await checkAsyncProperty(t, property, Number(process.env['PROPERTY_RUNS'] ?? 30))
  // Histories that only refuse, or never do, would prove little.
  const undone = operations.filter((operation) => !seen.has(`${operation} done`))
  t.true(undone.length <= 3, `too many writes were never done: ${undone.join(', ')}`)
  const met = new Set([...seen.keys()].map((key) => key.split(' ')[1] ?? ''))
  const unmet = codes.filter((code) => !met.has(code))
  t.true(unmet.length <= 6, `too many codes were never met: ${unmet.join(', ')}`)
  const missed = [...decisionReasons, ...memberReasons].filter((reason) => !reasons.has(reason))
  t.true(missed.length <= 2, `too many reasons were never given: ${missed.join(', ')}`)
  t.log(`${[...seen.values()].reduce((sum, count) => sum + count, 0)} writes`)
})

type Candidate = Turn['candidates'][number]

/** If luck decides, the one that does the most; else one that is refused for another reason than what isn't there. */
function chosen(world: World, { candidates, isLucky }: Turn): Candidate {
  const values = candidates.map(({ write, how }) => {
    const { faults, impact } = judge(world, write, how)
    if (faults.size > 0) return isLucky ? -1 : Math.min(...[...faults].map((code) => codes.indexOf(code)))
    return isLucky ? 10 * (impact.members + impact.invitations) + impact.places + impact.organizations : 0
  })
  return candidates[values.indexOf(Math.max(...values))] as Candidate
}

/** @returns the world after it */
async function step(
  opened: Opened,
  before: World,
  { write, how }: Candidate,
  note: (outcome: string) => void,
): Promise<World> {
  const { store, clock } = opened
  const what = JSON.stringify({ write, how })
  const judged = judge({ ...before, now: clock.now }, write, how)
  const ids = invitationIds(await observe(store, clock.now))
  const { head } = store
  const previewed = await attempt(opened, resolved(write, ids), { ...how, dryRun: true })
  assert.equal(store.head, head, `a dry run leaves no trace: ${what}`)
  const outcome = await attempt(opened, resolved(write, ids), how)
  const expected = [...judged.faults].join()
  const code = outcome.code ?? 'done'
  note(`${write.operation} ${code}`)
  assert.equal(previewed.code, outcome.code, what)
  if (outcome.code !== undefined) assert.ok(judged.faults.has(outcome.code), `${code}, not ${expected}: ${what}`)
  else assert.equal(expected, '', what)
  assert.deepEqual(previewed.impact && withoutViolations(previewed.impact), outcome.impact, what)
  const world = judged.faults.size > 0 ? { ...before, now: clock.now } : judged.after
  assert.deepEqual(viewOfStore(await observe(store, clock.now), clock.now), viewOfWorld(world), what)
  if (judged.faults.size === 0) compareImpact(outcome.impact as ImpactView, judged, write)
  return world
}

/** With the id of the invitation that it names by its place. */
function resolved({ operation, input }: Write, ids: readonly string[]): Write {
  if (!('invitationId' in input)) return { operation, input } as Write
  return { operation, input: { ...input, invitationId: ids[Number(input.invitationId)] ?? 'orginv_none' } } as Write
}

interface Outcome {
  readonly code: string | undefined
  readonly impact: ImpactView | undefined
}

async function attempt(
  { admin }: Opened,
  { operation, input }: Write,
  how: How & Partial<WriteCall>,
): Promise<Outcome> {
  // Each operation has an input of its own, which the compiler can't follow through the table.
  const perform = admin[operation] as (input: unknown, call: WriteCall) => Promise<Written<unknown>>
  try {
    const { impact } = await perform(input, writing(how))
    const [violation] = impact.violations
    return violation === undefined ? { code: undefined, impact } : { code: violation.code, impact: undefined }
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, impact: undefined }
    throw error
  }
}

function withoutViolations(impact: ImpactView): ImpactView {
  return { ...impact, violations: [] }
}

function compareImpact(impact: ImpactView, { impact: expected, withoutAdministrator }: Judged, write: Write): void {
  const what = JSON.stringify(write)
  const { members, invitations, organizations, places, endedInvitations } = impact
  const roles = impact.roles.map(({ role, toRole, ...counts }) => [`${role} to ${toRole}`, counts])
  const required = impact.requiredMappings.map(({ role, ...counts }) => [role, counts])
  const shown = {
    ...{ members, invitations, organizations, places, endedInvitations },
    ...{ roles: Object.fromEntries(roles) as unknown, required: Object.fromEntries(required) as unknown },
  }
  assert.deepEqual(shown, expected, what)
  assert.deepEqual(impact.organizationIdsWithoutAdministrator, withoutAdministrator, what)
  assert.equal(impact.organizationsWithoutAdministrator, withoutAdministrator.length, what)
}
