/** Whatever was written by the rules, and whatever of it was forgotten, the doctor finds nothing wrong with it. */

import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { examine } from '../../packages/sidecar/src/doctor.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { attempt, historyWithScopes, startMs } from '../service/audit-histories.ts'
import { openServiceOver, writing, type OpenedService } from '../service/open-service.ts'

const dayMs = 86_400_000

type Admin = OpenedService['admin']

test('a file that was only ever written by the rules is sound', async (t) => {
  const url = `sqlite:${join(await temporaryFolder(t), 'rolesets.db')}`
  const clock = { now: startMs }
  let revisions = 0
  let [inScopes, several, ending] = [0, 0, 0]
  const property = fc.asyncProperty(historyWithScopes, fc.option(fc.nat({ max: 20 })), async (steps, count) => {
    // Each history goes on where the one before it ended, as after a restart.
    const store = await openStore(url)
    const service = await openServiceOver(store, { now: () => clock.now })
    for (const { write, pause } of steps) {
      clock.now += pause * dayMs
      await attempt(service.administration, write)
    }
    for (const write of membersForATime(clock.now + dayMs)) await attempt(service.administration, write)
    if (count !== null) await store.compact({ newerThan: 0, count: count + 1 })
    revisions = store.head
    const page = { size: 100 }
    const members = await store.read((reader) => reader.membershipsOfPlaces({ userId: 'u', scope: '*' }, page))
    inScopes += members.value.filter(({ scope }) => scope !== '').length
    several += members.value.filter(({ roleIds }) => roleIds.length > 1).length
    ending += members.value.filter(({ expiresAt }) => expiresAt !== null).length
    service.close()
    await store.close()
    const options = { now: clock.now, report: () => undefined, signal: new AbortController().signal, findingsMax: 9 }
    const { findings, unverified, head } = await examine(url, options)
    t.deepEqual({ findings, unverified }, { findings: [], unverified: [] })
    t.is(head, revisions)
  })
  await fc.assert(property, { numRuns: 25 })
  t.true(revisions > 100, `${revisions} revisions`)
  t.true(inScopes > 0, `${inScopes} memberships in scopes`)
  t.true(several > 0, `${several} memberships with several roles`)
  t.true(ending > 0, `${ending} memberships with an end`)
})

/** Hardly ever random: members of an organization and of scopes with several roles, whose memberships end. */
function membersForATime(expiresAtMs: number) {
  const member = { organizationId: 'acme', userId: 'u' }
  const held = { roles: ['org:member', 'org:admin'], expiresAtMs }
  return [
    (admin: Admin) => admin.updateSettings({ maxRolesPerMember: 2 }, writing()),
    (admin: Admin) => admin.createMembership({ ...member, role: 'org:member' }, writing()),
    ...['team:a', 'ward:a', 'ward:b'].flatMap((scope) => [
      (admin: Admin) => admin.createMembership({ ...member, scope, ...held }, writing()),
      (admin: Admin) => admin.updateMembership({ ...member, scope, ...held }, writing()),
    ]),
  ]
}
