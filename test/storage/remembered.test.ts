/** What an inspection finds about things that were deleted, and about an id that is another organization's slug. */

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { deleted, type Change } from '@rolesets/core'
import { examine } from '../../packages/sidecar/src/doctor.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { at, organization, organizationOf, permission, record, withCatalogue } from './things.ts'

const ended: Change = {
  ...{ verb: 'deleted', thing: 'organization', members: 0, invitations: 0 },
  before: organizationOf('ended', 2),
}

/** A file in which an organization and two keys of permissions have ended; then `spoil` is done to it. */
async function findingsAfter(
  t: ExecutionContext,
  spoil = '',
  more: readonly Change[] = [],
): Promise<readonly string[]> {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const store = await withCatalogue(await openStore(`sqlite:${file}`))
  const one = permission('one', 2) as Extract<Change, { readonly thing: 'permission'; readonly verb: 'put' }>
  await record(store, () => [organization('ended', 2), organization('a', 2, { slug: 'x' }), one])
  const renamed = { ...one.after, key: 'org:x:uno', revision: 3 }
  await record(store, () => [ended, { ...one, after: renamed, before: one.after }])
  await record(store, () => [deleted('permission', renamed), ...more])
  await store.close()
  const connection = await Connection.open(file)
  await connection.script(spoil)
  await connection.close()
  const { findings } = await examine(`sqlite:${file}`, {
    ...{ now: at, report: () => undefined, signal: new AbortController().signal, findingsMax: 100 },
  })
  // The roles of these tests hold too little for creators.
  return findings.flatMap(({ what, problem }) => (what === 'I3' ? [] : [`${what}: ${problem}`]))
}

const cases: Readonly<Record<string, readonly [spoil: string, finding: RegExp]>> = {
  'an organization that is forgotten': [
    'DELETE FROM deleted_organizations',
    /^deleted organization ended: gone, and no change set says so/,
  ],
  'a key that is forgotten': [
    "DELETE FROM retired_permission_keys WHERE key = 'org:x:uno'",
    /^retired permission key org:x:uno: gone, and no change set says so/,
  ],
  'an organization that no write deleted': [
    "INSERT INTO deleted_organizations VALUES ('never', 2)",
    /^deleted organization never: there, and no change made it/,
  ],
  'a key that a permission has': [
    "INSERT INTO retired_permission_keys VALUES ('org:x:read')",
    /^retired permission key org:x:read: there, and no change made it/,
  ],
  'a key that no permission had': [
    "INSERT INTO retired_permission_keys VALUES ('org:x:never')",
    /^retired permission key org:x:never: there, and no change made it/,
  ],
}

test('a file that remembers what was deleted is sound', async (t) => {
  t.deepEqual(await findingsAfter(t), [])
})

for (const [what, [spoil, finding]] of Object.entries(cases))
  test(`an inspection finds ${what}`, async (t) => {
    const findings = await findingsAfter(t, spoil)
    t.true(
      findings.some((each) => finding.test(each)),
      JSON.stringify(findings),
    )
  })

// A file of an earlier version can have such a pair; the storage itself doesn't refuse it.
for (const [first, second] of [
  ['b', 'c'],
  ['c', 'b'],
] as const)
  test(`an inspection finds that the id ${first} is the slug of ${second}`, async (t) => {
    const pair = [organization(first, 4), organization(second, 4, { slug: first })]
    t.deepEqual(await findingsAfter(t, '', pair), [
      `I6: ${first} is the id of one organization and the slug of another one`,
    ])
  })
