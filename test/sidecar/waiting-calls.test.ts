import { createRoleSetsClient } from '@rolesets/client'
import test from 'ava'
import { startSidecar } from '../processes/sidecar-process.ts'

test("many calls that wait at once are no reason for a word on stderr that isn't JSON", async (t) => {
  const sidecar = await startSidecar(t, { env: { ROLESETS_DATABASE: 'sqlite::memory:' } })
  const roleSets = createRoleSetsClient({ target: sidecar.target, deadlineMs: 500 })
  t.teardown(() => roleSets.close())
  const { revision } = await roleSets.check('org_acme', 'org:member', { deadlineMs: 10_000 })
  const [epoch] = revision.split(':')
  const waiting = Array.from({ length: 30 }, (_, i) =>
    roleSets.check(`org_${i}`, 'org:member', { atLeastRevision: `${epoch}:1000000` }),
  )
  for (const outcome of await Promise.allSettled(waiting)) t.is(outcome.status, 'rejected')
  t.is(await sidecar.stop(), 0)
  for (const line of sidecar.log) t.notThrows(() => JSON.parse(line) as unknown, line)
})
