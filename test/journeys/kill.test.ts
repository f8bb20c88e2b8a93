/** Product promise 2: an acknowledged write survives `kill -9`. The sidecar is killed at random moments while it writes. */

import { join } from 'node:path'
import { isRoleSetsError, type RoleSetsClient } from '@rolesets/client'
import test, { type ExecutionContext } from 'ava'
import type { Membership, Organization } from '@rolesets/core'
import { findBroken } from '../domain/find-broken.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import type { Reader } from '../../packages/sidecar/src/storage/store.ts'
import { startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { createRandom } from '../random.ts'
import { applyPricingTiers, openOperator, secretKey } from './pricing-tiers.ts'

/** Two files at a time use two processors. */
const lanes = 2
const roundsPerLane = 20
const writesInFlight = 16
const organizations = ['org_acme', 'org_pro']

/** Which writes the sidecar acknowledged, and which it may or may not have done when it was killed. */
interface Ledger {
  readonly members: Set<string>
  readonly ended: Set<string>
  readonly unknown: Set<string>
  revision: number
  /** Decides what is written and when the sidecar is killed. */
  readonly random: () => number
}

for (let lane = 1; lane <= lanes; lane++) {
  test(`what was acknowledged is there after each of ${roundsPerLane} kills at random moments (file ${lane})`, async (t) => {
    const file = join(await temporaryFolder(t), 'rolesets.db')
    const ledger: Ledger = {
      members: new Set(),
      ended: new Set(),
      unknown: new Set(),
      revision: 0,
      random: createRandom(lane),
    }
    for (let round = 0; round < roundsPerLane; round++) await killOnce(t, { file, ledger, round })
    await assertWhole(t, file, ledger)
    t.true(ledger.members.size > roundsPerLane * 5, 'there was load')
  })
}

async function killOnce(t: ExecutionContext, at: { file: string; ledger: Ledger; round: number }): Promise<void> {
  const { file, ledger, round } = at
  // It must start without help, in whatever state the kill left the file.
  const env = { ROLESETS_DATABASE: `sqlite:${file}`, ROLESETS_SECRET_KEY: secretKey, ROLESETS_HTTP_LISTEN: '' }
  const sidecar = await startSidecar(t, { env })
  const operator = openOperator(t, sidecar)
  if (round === 0) await applyPricingTiers(operator)
  else await assertAcknowledged(t, operator, ledger)

  let left = 1 + Math.floor(ledger.random() * 80)
  const write = async (writer: number) => {
    for (let turn = 0; left > 0; turn++) {
      const done = await writeOnce(operator, { ledger, name: `${round}_${writer}_${turn}` })
      if (done && --left === 0) await sidecar.kill()
    }
  }
  await Promise.all(Array.from({ length: writesInFlight }, (_, writer) => write(writer)))
  await operator.close()
}

/** @returns whether the sidecar answered; a rejected write counts as answered */
async function writeOnce(
  { admin }: RoleSetsClient,
  { ledger, name }: { ledger: Ledger; name: string },
): Promise<boolean> {
  const { random } = ledger
  const organizationId = organizations[Math.floor(random() * organizations.length)] as string
  const member = `${organizationId}/${name}`
  const dice = random()
  try {
    if (dice < 0.6) {
      ledger.unknown.add(member)
      note(ledger, await admin.createMembership({ organizationId, userId: name, role: 'org:member' }))
      ledger.members.add(member)
      ledger.unknown.delete(member)
    } else if (dice < 0.7) {
      const [ended] = ledger.members
      if (ended === undefined) return true
      ledger.members.delete(ended)
      ledger.unknown.add(ended)
      const [endedOrganization = '', userId = ''] = ended.split('/')
      note(ledger, await admin.deleteMembership({ organizationId: endedOrganization, userId }))
      ledger.ended.add(ended)
      ledger.unknown.delete(ended)
    } else if (dice < 0.8) {
      const role = 'org:analyst'
      note(ledger, await admin.replaceRole({ roleSet: 'role_set:pro', role, toRole: 'org:member' }))
    } else if (dice < 0.9) {
      note(ledger, await admin.addRoles({ roleSet: 'role_set:pro', roles: ['org:analyst'] }))
    } else {
      const roleSet = random() < 0.5 ? 'role_set:free' : 'role_set:pro'
      const mappings = { 'org:analyst': 'org:member', 'org:moderator': 'org:member' }
      note(ledger, await admin.assignRoleSet({ organizationId, roleSet, mappings }))
    }
    return true
  } catch (error) {
    const isAnswered =
      isRoleSetsError(error) && !['unavailable', 'deadline_exceeded', 'closed', 'aborted'].includes(error.code)
    if (isAnswered) ledger.unknown.delete(member)
    return isAnswered
  }
}

function note(ledger: Ledger, { revision }: { readonly revision: string }): void {
  ledger.revision = Math.max(ledger.revision, Number(revision.split(':')[1]))
}

async function assertAcknowledged(t: ExecutionContext, { admin }: RoleSetsClient, ledger: Ledger): Promise<void> {
  const found = new Set<string>()
  let reached = 0
  for (const organizationId of organizations) {
    let pageToken = ''
    do {
      const page = await admin.listMemberships({ organizationId, pageSize: 500, pageToken })
      for (const { userId } of page.memberships) found.add(`${organizationId}/${userId}`)
      reached = Number(page.revision.split(':')[1])
      pageToken = page.nextPageToken
    } while (pageToken !== '')
  }
  assertKept(t, found, ledger)
  t.true(reached >= ledger.revision, 'no acknowledged revision is lost')
}

function assertKept(t: ExecutionContext, found: ReadonlySet<string>, { members, ended, unknown }: Ledger): void {
  t.deepEqual(
    [...members].filter((member) => !found.has(member)),
    [],
    'acknowledged, but lost',
  )
  t.deepEqual(
    [...ended].filter((member) => found.has(member)),
    [],
    'ended, but back',
  )
  t.deepEqual(
    [...found].filter((member) => !members.has(member) && !unknown.has(member)),
    [],
    'never asked for',
  )
}

/** Reads the file without the sidecar: it must break no invariant. */
async function assertWhole(t: ExecutionContext, file: string, ledger: Ledger): Promise<void> {
  const store = await openStore(`sqlite:${file}`)
  const { value: state } = await store.read(async (reader) => ({
    catalogue: await reader.catalogue(),
    organizations: await reader.organizations({ size: 500 }),
    memberships: (await Promise.all(organizations.map((id) => membersOf(reader, id)))).flat(),
  }))
  const changeSets = await store.changesAfter(0, 1_000_000)
  t.deepEqual(findBroken({ ...state, changeSets }), [])
  assertKept(t, new Set(state.memberships.map(({ organizationId, userId }) => `${organizationId}/${userId}`)), ledger)
  t.true(store.head >= ledger.revision)
  await store.close()
}

async function membersOf(reader: Reader, organizationId: Organization['id']): Promise<readonly Membership[]> {
  const members: Membership[] = []
  for (;;) {
    const page = await reader.memberships(organizationId, { size: 500, after: members.at(-1)?.userId })
    members.push(...page)
    if (page.length < 500) return members
  }
}
