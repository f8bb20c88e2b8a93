/** Every answer of the read model is what the store had at the revision that the answer names. */

import test from 'ava'
import fc from 'fast-check'
import {
  applyToCatalogue,
  type Catalogue,
  type Change,
  type ChangeSet,
  decide,
  emptyCatalogue,
  editOf,
} from '@rolesets/core'
import type { Store } from '../../packages/sidecar/src/storage/store.ts'
import { holdStore } from './held-store.ts'
import { addRoleSet, openServiceOver, openTestService, reading, writing, type OpenedService } from './open-service.ts'

interface PastState {
  readonly catalogue: Catalogue
  /** Of an organization that was deleted: null. */
  readonly roleSetIds: ReadonlyMap<string, string | null>
}

/** The oracle: each state that the store has been in, by its number, made from the change sets alone. */
async function history(store: Store): Promise<(revision: number) => PastState> {
  const states: PastState[] = [{ catalogue: emptyCatalogue, roleSetIds: new Map() }]
  const add = ({ changes }: ChangeSet) => {
    const { catalogue, roleSetIds } = states.at(-1) as PastState
    states.push({ catalogue: applyToCatalogue(catalogue, changes), roleSetIds: changes.reduce(move, roleSetIds) })
  }
  for (const changeSet of await store.changesAfter(0, 1000)) add(changeSet)
  store.subscribe(add)
  return (revision) => states[revision] as PastState
}

function move(roleSetIds: PastState['roleSetIds'], change: Change): PastState['roleSetIds'] {
  const moved = new Map(roleSetIds)
  const edit = editOf(change, 'organization')
  if (edit?.after) moved.set(edit.after.id, edit.after.roleSetId)
  else if (edit?.before) moved.set(edit.before.id, null)
  if (change.verb === 'moved')
    for (const [id, at] of roleSetIds) if (at === change.fromRoleSetId) moved.set(id, change.toRoleSetId)
  return moved
}

const organizations = ['org_a', 'org_b', 'org_c', 'org_d']
const roles = ['org:member', 'org:r0', 'org:r1', 'org:r2']

const inAnyOrganization = { organizationId: fc.constantFrom(...organizations) }
const onAnySet = { set: fc.nat(2) }

const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('assign' as const), ...inAnyOrganization, ...onAnySet }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), ...inAnyOrganization }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('replace_set' as const), ...onAnySet, by: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('toggle' as const), ...onAnySet, role: fc.constantFrom(...roles.slice(1)) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('initial' as const), ...onAnySet }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('check' as const), ...inAnyOrganization }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('batch' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('reply' as const), place: fc.nat(3) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('publish' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

async function write(opened: OpenedService, action: Step): Promise<void> {
  const { admin } = opened
  const key = (set: number) => `role_set:s${set}`
  if (action.do === 'assign') {
    const { organizationId, set } = action
    const assigned = admin.assignRoleSet({ organizationId, roleSet: key(set) }, writing())
    // One that was deleted comes back only when it is created.
    await assigned.catch(() => admin.createOrganization({ id: organizationId, roleSet: key(set) }, writing()))
  }
  if (action.do === 'delete') await admin.deleteOrganization({ organizationId: action.organizationId }, writing())
  if (action.do === 'initial') await admin.updateRoleSet({ roleSet: key(action.set), initial: true }, writing())
  if (action.do === 'replace_set') {
    await admin.replaceRoleSet({ roleSet: key(action.set), toRoleSet: key(action.by) }, writing())
    const places = { defaultRole: 'org:member', creatorRole: 'org:admin' }
    await admin.createRoleSet({ key: key(action.set), roles: ['org:admin', 'org:member'], ...places }, writing())
  }
  if (action.do === 'toggle') {
    const { value } = await admin.getRoleSet(key(action.set), reading())
    if (value.roles.includes(action.role)) await admin.replaceRole({ roleSet: value.id, role: action.role }, writing())
    else await admin.addRoles({ roleSet: value.id, roles: [action.role] }, writing())
  }
}

/** A service whose store holds back what it has to say; three role sets are there, and nothing is held yet. */
async function openHeld(undone: (() => unknown)[], organizationsMax: number) {
  const prepared = await openTestService({ teardown: (undo) => undone.unshift(undo) })
  for (const set of [0, 1, 2]) await addRoleSet(prepared, `role_set:s${set}`, set === 0 ? [] : roles.slice(1, set + 1))
  prepared.service.close()
  const stateAt = await history(prepared.store)
  const store = holdStore(prepared.store)
  const opening = openServiceOver(store, { organizationsMax })
  await store.idle()
  store.reply(0)
  const service = await opening
  return { store, stateAt, opened: { service, store, admin: service.administration } }
}

test('whatever is late, each answer is of one state of the store, that of its revision, and no older than asked', async (t) => {
  let answers = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 30, maxLength: 80 }),
      fc.integer({ min: 1, max: 8 }),
      async (steps, organizationsMax) => {
        const undone: (() => unknown)[] = []
        const { store, stateAt, opened } = await openHeld(undone, organizationsMax)
        const running: Promise<unknown>[] = []
        const ask = async (ids: readonly string[]) => {
          const asked = opened.service.readModel.revision
          const questions = ids.flatMap((organizationId) =>
            roles.map((role) => ({ organizationId, role, permission: undefined })),
          )
          const { results, revision } = await opened.service.decisions.batchCheck(questions, reading())
          const number = Number(revision.split(':')[1])
          if (number < asked) throw new Error(`asked at ${asked}, answered from ${number}`)
          const { catalogue, roleSetIds } = stateAt(number)
          for (const [i, { organizationId, role }] of questions.entries()) {
            const roleSetId = roleSetIds.get(organizationId)
            const unknownOrganizations = roleSetId === null ? 'deny' : 'initial'
            const expected = decide(catalogue, { role }, { roleSetId: roleSetId ?? undefined, unknownOrganizations })
            if (results[i]?.reason !== expected.reason || results[i].roleSet !== (expected.roleSet?.key ?? ''))
              throw new Error(`${organizationId} ${role}: ${JSON.stringify(results[i])}, not ${expected.reason}`)
            answers++
          }
        }
        for (const action of steps) {
          if (action.do === 'check') running.push(ask([action.organizationId]))
          else if (action.do === 'batch') running.push(ask(organizations))
          else if (action.do === 'reply') store.reply(action.place)
          else if (action.do === 'publish') store.publish()
          else running.push(write(opened, action).catch(ignoreRefusal))
          await store.idle()
        }
        store.releaseAll()
        const outcomes = await Promise.allSettled(running)
        for (const undo of undone) await undo()
        for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
      },
    ),
    { numRuns: 40 },
  )
  t.true(answers > 1000)
})

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof Error && error.name === 'Refusal')) throw error
}
