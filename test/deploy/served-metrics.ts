/** The series that a running sidecar really serves, after it has done a bit of everything. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { metricTable, type MetricName } from '../../packages/sidecar/src/http/metric-table.ts'
import { connect, nextMessage, openTestSidecar } from '../grpc/open-sidecar.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { scrape, type Metric } from '../processes/scrape.ts'
import type { Series, Served } from './promql.ts'

/** They have samples only with TLS, or after a backup; until then the table tells their labels. */
const onlySometimes = /^rolesets_(certificate|backup)_/

export async function servedMetrics(t: { teardown(undo: () => unknown): void }): Promise<Served> {
  const manifest = join(await temporaryFolder(t), 'rolesets.yaml')
  await writeFile(manifest, 'roles: [{ key: org:declared, name: Declared }]\n')
  const { sidecar, target } = await openTestSidecar(t, {
    ROLESETS_HTTP_LISTEN: '127.0.0.1:0',
    ROLESETS_MANIFEST: manifest,
  })
  await sidecar.whenReady()
  const client = connect(t, target)
  await client.call('BatchCheck', { checks: [{ organizationId: 'org_1', role: 'org:admin' }] })
  await client.write('CreatePermission', { key: 'org:a:b' })
  const stream = client.watch()
  stream.on('error', () => undefined)
  await nextMessage(stream)
  // The drift is measured beside the work, and the first compaction runs beside the start.
  const late = ['rolesets_manifest_drift', 'rolesets_history_change_sets']
  let { metrics, value } = await scrape(sidecar.http)
  while (late.some((name) => value(name) === undefined)) ({ metrics, value } = await scrape(sidecar.http))
  return new Map(metrics.flatMap(seriesOf))
}

function seriesOf(metric: Metric): readonly (readonly [string, Series])[] {
  const { name, type, samples } = metric
  if (samples.length === 0 && onlySometimes.test(name)) {
    const labels = new Map(metricTable[name as MetricName].labels.map((label) => [label, new Set<string>()]))
    return [[name, { type: type as 'counter' | 'gauge', labels }]]
  }
  return [...new Set(samples.map((sample) => sample.name))].map((each) => {
    const labels = new Map<string, Set<string>>()
    for (const sample of samples.filter((one) => one.name === each))
      for (const [label, value] of Object.entries(sample.labels))
        labels.set(label, (labels.get(label) ?? new Set()).add(value))
    const part = type === 'histogram' ? each.slice(name.length + 1) : type
    return [each, { type: part as Series['type'], labels }] as const
  })
}
