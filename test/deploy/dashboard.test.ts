/** The dashboard: its queries name what sidecars serve, and Grafana can load and draw it. */

import test from 'ava'
import { read } from '../repository/sources.ts'
import { queryProblems } from './promql.ts'
import { servedMetrics } from './served-metrics.ts'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly datasource?: { readonly type: string; readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly datasource: object }[]
}

interface Variable {
  readonly name: string
  readonly type: string
  readonly definition?: string
}

const dashboard = JSON.parse(read('deploy/kubernetes/monitoring/rolesets.json')) as {
  readonly uid: string
  readonly title: string
  readonly templating: { readonly list: readonly Variable[] }
  readonly panels: readonly Panel[]
}
const { panels, templating } = dashboard
const datasource = { type: 'prometheus', uid: '${datasource}' }

test('every panel is drawn from metrics and labels that sidecars serve', async (t) => {
  const served = await servedMetrics(t)
  const drawn = panels.filter(({ type }) => type !== 'row')
  t.true(drawn.length > 20)
  for (const { title, targets = [] } of drawn) {
    t.true(targets.length > 0, title)
    for (const { expr } of targets) t.deepEqual(queryProblems(expr, served), [], `${title}: ${expr}`)
    t.is(new Set(targets.map(({ refId }) => refId)).size, targets.length, title)
  }
})

test('every metric of a sidecar is on the dashboard, but for those that others there tell', async (t) => {
  const served = await servedMetrics(t)
  const names = [...new Set([...served.keys()].map((name) => name.replace(/_(bucket|sum|count)$/, '')))]
  const text = JSON.stringify(panels)
  const told = ['started', 'fresh', 'read_only', 'staleness_seconds', 'manifest_last_attempt_timestamp_seconds']
  const missing = names.filter((name) => name.startsWith('rolesets_') && !text.includes(name))
  t.deepEqual(missing.toSorted(), [...told, 'manifest_applied_revision'].map((name) => `rolesets_${name}`).toSorted())
})

test('the data source, the namespace and the pod are variables, and every panel uses them', (t) => {
  t.deepEqual(
    templating.list.map(({ name, type }) => `${name}: ${type}`),
    ['datasource: datasource', 'namespace: query', 'pod: query'],
  )
  for (const { definition } of templating.list.slice(1)) t.regex(definition ?? '', /^label_values\(rolesets_build_info/)
  for (const { title, type, datasource: own, targets = [] } of panels) {
    if (type === 'row') continue
    t.deepEqual(own, datasource, title)
    for (const target of targets) {
      t.deepEqual(target.datasource, datasource, title)
      const selectors = target.expr.match(/\b(rolesets|process|nodejs)_\w+(\{[^}]*\})?/g) ?? []
      for (const selector of selectors) t.true(selector.includes('{namespace=~"$namespace", pod=~"$pod"'), selector)
    }
  }
})

test('panels have ids of their own, and neither overlap nor leave the grid', (t) => {
  t.is(new Set(panels.map(({ id }) => id)).size, panels.length)
  t.is(new Set(panels.map(({ title }) => title)).size, panels.length)
  const cells = new Map<string, string>()
  for (const { title, gridPos } of panels) {
    t.true(gridPos.x >= 0 && gridPos.w > 0 && gridPos.x + gridPos.w <= 24 && gridPos.h > 0, title)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        t.is(cells.get(`${x} ${y}`), undefined, `${title} overlaps ${cells.get(`${x} ${y}`)}`)
        cells.set(`${x} ${y}`, title)
      }
  }
})
