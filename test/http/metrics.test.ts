/** What /metrics serves: the table, docs/metrics.md and a running sidecar agree, and nothing secret is in it. */

import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import grpc from '@grpc/grpc-js'
import test from 'ava'
import { Measurements } from '../../packages/sidecar/src/http/measurements.ts'
import { metricTable } from '../../packages/sidecar/src/http/metric-table.ts'
import { createMetrics } from '../../packages/sidecar/src/http/metrics.ts'
import {
  connect,
  contract,
  metadataOf,
  nextMessage,
  openTestSidecar,
  readKey,
  refusalOf,
  secretKey,
} from '../grpc/open-sidecar.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { parseScrape, scrape, type Scrape } from '../processes/scrape.ts'
import { quietState } from './quiet-state.ts'

const env = { ROLESETS_HTTP_LISTEN: '127.0.0.1:0' }
const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
const documented = [...page.matchAll(/^\| `(rolesets_\w+)` \| (\w+) \| (.*?) \| (.*) \|$/gm)].map(
  ([, name = '', type = '', labels = '', help = '']) => {
    return {
      name,
      type,
      labels: labels === '–' ? [] : labels.split(', ').map((label) => label.replaceAll('`', '')),
      help,
    }
  },
)

test('docs/metrics.md lists every metric that a sidecar serves, with its type and its help, and no other', async (t) => {
  const { sidecar } = await openTestSidecar(t, env)
  const { metrics } = await scrape(sidecar.http)
  const served = metrics.filter(({ name }) => name.startsWith('rolesets_'))
  t.deepEqual(
    documented.map(({ name, type, help }) => ({ name, type, help })).toSorted(byName),
    served.map(({ name, type, help }) => ({ name, type, help })).toSorted(byName),
  )
})

test('the other metrics are of the families that docs/metrics.md names, and each family is served', async (t) => {
  const { sidecar } = await openTestSidecar(t, env)
  const { metrics } = await scrape(sidecar.http)
  const families = [...page.matchAll(/^\| `(\w+_)…` \|/gm)].map(([, family = '']) => family)
  const others = metrics.filter(({ name }) => !name.startsWith('rolesets_')).map(({ name }) => name)
  t.deepEqual(
    others.filter((name) => !families.some((family) => name.startsWith(family))),
    [],
  )
  for (const family of families)
    t.true(
      others.some((name) => name.startsWith(family)),
      family,
    )
  for (const [, name = ''] of page.matchAll(/`((?:process|nodejs)_\w*[a-z])`/g)) t.true(others.includes(name), name)
})

test('docs/metrics.md has the labels of every sample', async (t) => {
  const { sidecar, target } = await openTestSidecar(t, env)
  const client = connect(t, target)
  await client.call('Check', { organizationId: 'org_1', role: 'org:admin' })
  await client.write('CreatePermission', { key: 'org:a:b' })
  const { metrics } = await scrapeCompacted(sidecar.http)
  for (const { name, labels } of documented) {
    const { type, samples } = metrics.find((metric) => metric.name === name) ?? { type: '', samples: [] }
    const ofBuckets = (sample: string) => (type === 'histogram' && sample.endsWith('_bucket') ? ['le'] : [])
    for (const sample of samples)
      t.deepEqual(Object.keys(sample.labels), [...labels, ...ofBuckets(sample.name)], sample.name)
    if (samples.length === 0) t.regex(name, /^rolesets_(manifest|certificate|backup)_/)
  }
})

test('the names keep to the conventions of Prometheus', async (t) => {
  const { sidecar } = await openTestSidecar(t, env)
  const { metrics } = await scrape(sidecar.http)
  for (const { name, type, help } of metrics) {
    t.regex(name, /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/)
    t.is(type === 'counter', name.endsWith('_total'), name)
    t.notRegex(name, /_(count|sum|bucket|info_total|milliseconds|ms|kilobytes|minutes|hours|percent)$/)
    t.not(help, '', name)
  }
  const series = metrics.flatMap(({ samples }) => samples.map((sample) => sample.name + JSON.stringify(sample.labels)))
  t.is(new Set(series).size, series.length)
  // The page says how many there are.
  t.true(series.length > 150 && series.length < 250, String(series.length))
  t.is(Object.keys(metricTable).length, documented.length)
})

test('a question counts by its answer, its reason, and whether its organization was in memory', async (t) => {
  const { sidecar, target } = await openTestSidecar(t, env)
  const client = connect(t, target)
  const of = (organization: string, role = 'org:admin') => ({ organizationId: organization, role })
  await client.call('Check', of('org_1'))
  await client.call('Check', of('org_1', 'org:none'))
  // Of this batch one organization is in memory.
  await client.call('BatchCheck', { checks: [of('org_1'), of('org_2'), of('org_2', 'org:none'), of('org_3')] })
  await client.call('ListAvailableRoles', { organizationId: 'org_4' })
  const { value } = await scrape(sidecar.http)
  const decisions = (answer: string, reason: string, source: string) =>
    value('rolesets_decisions_total', { answer, reason, source })
  t.is(decisions('allowed', 'ROLE_IN_SET', 'memory'), 1)
  t.is(decisions('allowed', 'ROLE_IN_SET', 'store'), 3)
  t.is(decisions('refused', 'ROLE_UNKNOWN', 'memory'), 1)
  t.is(decisions('refused', 'ROLE_UNKNOWN', 'store'), 1)
  t.is(decisions('refused', 'ORGANIZATION_UNKNOWN', 'store'), 0)
  t.is(value('rolesets_organizations_cache_hits_total'), 2)
  t.is(value('rolesets_organizations_cache_misses_total'), 5)
  t.is(value('rolesets_check_seconds_count'), 2)
  t.is(value('rolesets_batch_check_seconds_count'), 1)
})

test('calls without a valid key count as refused, over gRPC, over HTTP, and for the metrics themselves', async (t) => {
  const { sidecar, target } = await openTestSidecar(t, env)
  const client = connect(t, target)
  await t.throwsAsync(client.read('CreatePermission', { key: 'org:a:b' }))
  await fetch(`http://${sidecar.http}/v1/role_sets`)
  const headers = { authorization: 'Bearer a-key-that-does-not-exist' }
  t.is((await fetch(`http://${sidecar.http}/metrics`, { headers })).status, 401)
  t.is((await scrape(sidecar.http)).value('rolesets_access_refused_total'), 3)
})

test('errors of the store count by their kind, and health shows what follows', async (t) => {
  const { sidecar, target, folder } = await openTestSidecar(t, env)
  const client = connect(t, target)
  await client.write('CreatePermission', { key: 'org:a:b' })
  const before = await scrape(sidecar.http)
  t.is(before.value('rolesets_store_writable'), 1)
  t.is(before.value('rolesets_store_errors_total', { kind: 'file_lost' }), 0)
  await rm(join(folder, 'r.db'))
  const write = client.write('CreatePermission', { key: 'org:a:c' })
  t.like(await refusalOf(write), { status: 'UNAVAILABLE', reason: 'STORE_DAMAGED' })
  const { value } = await scrape(sidecar.http)
  t.true(Number(value('rolesets_store_errors_total', { kind: 'file_lost' })) >= 1)
  t.is(value('rolesets_unforeseen_failures_total'), 0)
  t.is(value('rolesets_store_errors_total', { kind: 'disk_full' }), 0)
  t.is(value('rolesets_store_writable'), 0)
  t.is(value('rolesets_ready'), 1)
  t.is(value('rolesets_store_file_bytes', { file: 'database' }), 0)
})

test('the history shows what is kept, since when, and when it was last compacted', async (t) => {
  const { sidecar, target } = await openTestSidecar(t, { ...env, ROLESETS_HISTORY_MAX_COUNT: '50' })
  const client = connect(t, target)
  for (const key of ['org:a:b', 'org:a:c']) await client.write('CreatePermission', { key })
  const from = Date.now() / 1000 - 60
  const { value } = await scrapeCompacted(sidecar.http)
  t.is(value('rolesets_history_change_sets'), value('rolesets_head_revision'))
  t.is(value('rolesets_history_change_sets_max'), 50)
  t.is(value('rolesets_history_age_max_seconds'), 90 * 86_400)
  t.true(Number(value('rolesets_history_oldest_timestamp_seconds')) > from)
  t.true(Number(value('rolesets_history_compaction_last_success_timestamp_seconds')) > from)
  t.is(value('rolesets_history_compaction_failures_total'), 0)
})

test('the last backup that was sent whole is told, and one that was refused is none', async (t) => {
  const { sidecar, target } = await openTestSidecar(t, env)
  const name = 'rolesets_backup_last_success_timestamp_seconds'
  const client = new contract.rolesets.v1.Administration(target, grpc.credentials.createInsecure())
  t.teardown(() => client.close())
  const backup = (key: string) => buffer(client.backup({}, metadataOf({ key })).map(() => Buffer.alloc(0)))
  await t.throwsAsync(backup(readKey))
  t.is((await scrape(sidecar.http)).value(name), undefined)
  const from = Date.now() / 1000
  await backup(secretKey)
  const at = Number((await scrapeThat(sidecar.http, name)).value(name))
  t.true(at >= from && at <= Date.now() / 1000)
})

test('build and files are told', async (t) => {
  const { sidecar } = await openTestSidecar(t, { ...env, ROLESETS_DATABASE: 'sqlite::memory:' })
  const { value } = await scrape(sidecar.http)
  const { version } = JSON.parse(
    readFileSync(new URL('../../packages/sidecar/package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  t.is(value('rolesets_build_info', { version }), 1)
  const bytes = ['database', 'log'].map((file) => Number(value('rolesets_store_file_bytes', { file })))
  t.true(bytes[0]! + bytes[1]! > 10_000)
  t.true(Number(value('rolesets_store_disk_free_bytes')) > 0)
})

test('no label and no help has an organization, a person, a key, an address or a path', async (t) => {
  const { sidecar, target, folder } = await openTestSidecar(t, env)
  const client = connect(t, target)
  const names = [
    'org_hush',
    'user_hush',
    'hush@example.com',
    'org:hush:permission',
    'org:hush',
    'key-hush',
    'actor-hush',
  ]
  const [organizationId = '', userId = '', emailAddress = '', permission = '', role = '', name = '', actor = ''] = names
  const metadata = { 'x-rolesets-actor': actor }
  await client.write('CreatePermission', { key: permission, name: 'hush' }, { metadata })
  await client.write('CreateRole', { key: role, name: 'hush' })
  await client.write('CreateOrganization', { organizationId, id: organizationId, name: 'hush', slug: 'hush' })
  await client.write('CreateMembership', { organizationId, userId, role: 'org:member' })
  await t.throwsAsync(client.write('CreateInvitation', { organizationId, emailAddress, role }))
  await client.write('CreateAccessKey', { name })
  await client.call('Check', { organizationId, role, permission })
  await t.throwsAsync(client.call('Check', { organizationId: '', role: '' }))
  const stream = client.watch()
  stream.on('error', () => undefined)
  await nextMessage(stream)
  await fetch(`http://${sidecar.http}/v1/organizations/${organizationId}/hush`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${secretKey}` },
  })
  const { text } = await scrape(sidecar.http)
  t.notRegex(text, /hush/)
  for (const secret of [secretKey, readKey, folder, target, '127.0.0.1']) t.false(text.includes(secret), secret)
})

test('a manifest that is applied, one that is refused, and what is written beside it show', async (t) => {
  const manifest = join(await temporaryFolder(t), 'rolesets.yaml')
  await writeFile(manifest, 'roles: [{ key: org:declared, name: Declared }]\n')
  const { sidecar, target } = await openTestSidecar(t, { ...env, ROLESETS_MANIFEST: manifest })
  await sidecar.whenReady()
  const { value } = await scrapeUntil(sidecar.http, 'rolesets_manifest_drift', 0)
  t.is(value('rolesets_manifest_applied'), 1)
  t.is(value('rolesets_manifest_reconciles_total', { result: 'applied' }), 1)
  for (const result of ['unchanged', 'refused', 'failed'])
    t.is(value('rolesets_manifest_reconciles_total', { result }), 0, result)
  t.is(value('rolesets_manifest_applied_revision'), value('rolesets_head_revision'))
  await connect(t, target).write('UpdateRole', { role: 'org:declared', name: 'Changed' })
  t.is((await scrapeUntil(sidecar.http, 'rolesets_manifest_drift', 1)).value('rolesets_manifest_applied'), 1)
  await writeFile(manifest, 'roles: [{ key: 5 }]\n')
  const refused = await scrapeUntil(sidecar.http, 'rolesets_manifest_applied', 0)
  t.true(Number(refused.value('rolesets_manifest_reconciles_total', { result: 'refused' })) >= 1)
  t.is(refused.value('rolesets_manifest_reconciles_total', { result: 'failed' }), 0)
  const { manifest: facts } = (await (await fetch(`http://${sidecar.http}/readyz`)).json()) as { manifest: object }
  t.like(facts, { result: 'refused' })
  t.is(refused.value('rolesets_ready'), 1)
})

test('what follows a manifest is told, and a source that fails leaves only its own metrics out', async (t) => {
  const state = {
    ...quietState,
    headRevision: () => 7,
    stalenessMs: () => Infinity,
    diskUsage: () => Promise.reject(new Error('The disk is gone.')),
    manifest: () => ({
      ...{
        result: 'failed' as const,
        reconciles: { applied: 1, unchanged: 2, refused: 4, failed: 3 },
        lastAttemptAt: 5_000,
      },
      ...{ lastSuccessAt: 4_000, appliedRevision: 6, drift: 2 },
    }),
  }
  const { value } = parseScrape(await createMetrics(new Measurements(), () => state).read())
  t.is(value('rolesets_manifest_applied'), 0)
  t.is(value('rolesets_manifest_reconciles_total', { result: 'failed' }), 3)
  t.is(value('rolesets_manifest_last_attempt_timestamp_seconds'), 5)
  t.is(value('rolesets_manifest_last_success_timestamp_seconds'), 4)
  t.is(value('rolesets_manifest_applied_revision'), 6)
  t.is(value('rolesets_manifest_drift'), 2)
  t.is(value('rolesets_staleness_seconds'), Infinity)
  t.is(value('rolesets_head_revision'), 7)
  t.is(value('rolesets_store_disk_free_bytes'), undefined)
  t.is(value('rolesets_history_change_sets'), undefined)
})

async function scrapeUntil(address: string | undefined, name: string, wanted: number): Promise<Scrape> {
  for (;;) {
    const found = await scrape(address)
    if (found.value(name) === wanted) return found
  }
}

/** The first compaction runs beside the start. */
async function scrapeCompacted(address: string | undefined): Promise<Scrape> {
  return scrapeThat(address, 'rolesets_history_change_sets')
}

/** One that has this metric. */
async function scrapeThat(address: string | undefined, name: string): Promise<Scrape> {
  for (;;) {
    const found = await scrape(address)
    if (found.value(name) !== undefined) return found
  }
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1
}
