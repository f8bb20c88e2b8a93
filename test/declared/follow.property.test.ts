/**
 * Whatever manifests come, right or wrong, and whatever others write between them: the store is as if an operator had applied
 * the same manifests in the same places, with as many revisions.
 */

import { writeFile } from 'node:fs/promises'
import test from 'ava'
import fc from 'fast-check'
import '../seed.ts'
import { manifestOfFile } from '@rolesets/core'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import { parseManifestFile } from '../../packages/sidecar/src/manifest/parse.ts'
import { openTestService, reading, writing, type OpenedService } from '../service/open-service.ts'
import { follow, manifestFile, sha256, until } from './open-follower.ts'

const runs = 25
const roles = ['org:r1', 'org:r2', 'org:r3'] as const
const sets = ['role_set:s1', 'role_set:s2'] as const
const ids = ['o1', 'o2', 'o3'] as const
const users = ['u1', 'u2'] as const
const name = fc.constantFrom('One', 'Two')

const manifest = fc
  .record({
    roles: fc.uniqueArray(fc.record({ key: fc.constantFrom(...roles), name }), { selector: ({ key }) => key }),
    role_sets: fc.uniqueArray(
      fc.record({
        key: fc.constantFrom(...sets),
        roles: fc.uniqueArray(fc.constantFrom(...roles)).map((own) => ['org:admin', 'org:member', ...own]),
        default_role: fc.constant('org:member'),
        creator_role: fc.constant('org:admin'),
      }),
      { selector: ({ key }) => key },
    ),
    organizations: fc.uniqueArray(
      fc.record(
        {
          id: fc.constantFrom(...ids),
          name,
          role_set: fc.constantFrom(...sets, 'role_set:default'),
          mappings: fc.constant({ 'org:r1': 'org:member', 'org:r2': 'org:member' }),
        },
        { requiredKeys: ['id'] },
      ),
      { selector: ({ id }) => id },
    ),
  })
  .map((value) => JSON.stringify(value))

const text = fc.oneof(
  { weight: 6, arbitrary: manifest },
  { weight: 1, arbitrary: fc.constantFrom('', 'roles: [', 'roles: [{ key: x }]', '{}', 'role_sets: {}') },
)

type Admin = OpenedService['admin']
type Write = (admin: Admin) => Promise<unknown>

const write: fc.Arbitrary<{ readonly what: string; readonly run: Write }> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...ids), fc.constantFrom(...users), fc.constantFrom('org:admin', ...roles))
    .map(([organizationId, userId, role]) => ({
      what: `member ${organizationId} ${userId} ${role}`,
      run: (admin: Admin) => admin.createMembership({ organizationId, userId, role }, writing()),
    })),
  fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...sets)).map(([organizationId, roleSet]) => ({
    what: `assign ${organizationId} ${roleSet}`,
    run: (admin: Admin) => admin.assignRoleSet({ organizationId, roleSet }, writing()),
  })),
  fc.constantFrom(...roles).map((role) => ({
    what: `delete ${role}`,
    run: (admin: Admin) => admin.deleteRole({ role }, writing()),
  })),
  fc.constantFrom(...roles).map((key) => ({
    what: `create ${key}`,
    run: (admin: Admin) => admin.createRole({ key }, writing()),
  })),
  fc.constantFrom(...ids).map((organizationId) => ({
    what: `delete ${organizationId}`,
    run: (admin: Admin) => admin.deleteOrganization({ organizationId }, writing()),
  })),
)

const step = fc.oneof(
  { weight: 2, arbitrary: text.map((file) => ({ file })) },
  { weight: 3, arbitrary: write.map((written) => ({ written })) },
)

/** Without ids, times and revisions, which two stores don't share. */
async function stateOf({ admin, store }: OpenedService): Promise<unknown> {
  const page = { ...reading(), pageSize: 500, pageToken: '' }
  const members = await Promise.all(
    ids.map(async (organizationId) => {
      const found = await admin.listMemberships({ organizationId }, page).catch(() => undefined)
      return found?.items.map(({ userId, role }) => [organizationId, userId, role])
    }),
  )
  const named = (things: readonly { readonly key: string; readonly name: string }[]) =>
    things.map(({ key, name: shown }) => `${key} ${shown}`).toSorted()
  const setsFound = (await admin.listRoleSets(page)).items
  return {
    head: store.head,
    roles: named((await admin.listRoles(page)).items),
    roleSets: setsFound.map(({ key, type, roles: own }) => [key, type, own.toSorted()]).toSorted(),
    organizations: (await admin.listOrganizations({}, page)).items.map(({ id, name: shown, roleSet }) => [
      id,
      shown,
      roleSet,
    ]),
    members,
  }
}

async function applyByHand({ admin }: OpenedService, file: string, prune: boolean): Promise<void> {
  const parsed = parseManifestFile(file)
  if (parsed.manifest === undefined) return
  await ignoringRefusals(admin.apply({ manifest: manifestOfFile(JSON.parse(file)), prune }, writing()))
}

async function ignoringRefusals(written: Promise<unknown>): Promise<void> {
  await written.catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error
  })
}

test('after any manifests and any writes of others, the store is as if each manifest had been applied by hand', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), fc.boolean(), async (steps, prune) => {
      const undo: (() => unknown)[] = []
      const owner = { teardown: (each: () => unknown) => void undo.push(each) }
      try {
        const byHand = await openTestService(owner)
        const path = await manifestFile(owner, '')
        // A refused manifest is tried again when others have written, which nobody does by hand.
        const followed = await follow(owner, path, { prune, times: { quietMs: 1, refusedAgainMs: 1e9 } })
        await until(() => followed.facts().result !== null)
        for (const [place, each] of steps.entries()) {
          if ('written' in each) {
            await ignoringRefusals(each.written.run(followed.admin))
            await ignoringRefusals(each.written.run(byHand.admin))
          } else {
            // Contents that were there before are not applied again.
            const file = `${each.file}${'\n'.repeat(place + 1)}`
            await writeFile(path, file)
            await until(() => followed.facts().hash === sha256(file))
            await applyByHand(byHand, file, prune)
          }
          t.deepEqual(await stateOf(followed), await stateOf(byHand))
        }
      } finally {
        for (const each of undo.toReversed()) await each()
      }
    }),
    { numRuns: runs },
  )
})
