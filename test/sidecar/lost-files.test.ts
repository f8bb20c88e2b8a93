/** The files of a running sidecar are lost: probes, metrics and the log say so, and no write is acknowledged. */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { openOperator, secretKey } from '../journeys/pricing-tiers.ts'
import { startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'

test('a sidecar whose log was deleted refuses writes, is neither live nor ready, and says why; decisions go on', async (t) => {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const env = { ROLESETS_DATABASE: `sqlite:${file}`, ROLESETS_SECRET_KEY: secretKey }
  const sidecar = await startSidecar(t, { env })
  const operator = openOperator(t, sidecar)
  const at = async (path: string) => fetch(`http://${sidecar.http}${path}`)
  const gauge = async () => (await (await at('/metrics')).text()).split('\n').includes('rolesets_store_writable 1')
  await operator.admin.createRole({ key: 'org:before' })
  t.deepEqual([(await at('/livez')).status, (await at('/readyz')).status, await gauge()], [200, 200, true])

  await rm(`${file}-wal`)
  const error = await t.throwsAsync(operator.admin.createRole({ key: 'org:lost' }))
  t.like(error, { code: 'store_damaged' })
  t.regex(error.message, /refuses every write \(file_lost\).*Put the file back.*restart the sidecar/)
  const headers = { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ name: 'Lost', key: 'org:lost', description: '' })
  const answer = await fetch(`http://${sidecar.http}/v1/organization_roles`, { method: 'POST', headers, body })
  t.is(answer.status, 503)
  t.deepEqual([(await at('/livez')).status, (await at('/readyz')).status, await gauge()], [503, 503, false])
  const facts = (await (await at('/readyz')).json()) as object
  t.like(facts, { ready: true, writable: false, error: { code: 'store_damaged' } })
  t.regex(JSON.stringify(facts), /refuses every write \(file_lost\)/)
  const [line = ''] = sidecar.log.filter((each) => each.includes('writes_stopped'))
  t.regex(line, /"level":"error".*rolesets\.db-wal isn't there any more.*Run rolesets doctor on the file, then restart/)
  t.true((await operator.check('org_any', 'org:member')).allowed)
})
