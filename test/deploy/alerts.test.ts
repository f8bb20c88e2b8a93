/** The alerts: each can be evaluated from what sidecars serve, and tells the operator what to do. */

import { execFile, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { parse, stringify } from 'yaml'
import { openTestSidecar } from '../grpc/open-sidecar.ts'
import { scrape } from '../processes/scrape.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { read } from '../repository/sources.ts'
import { firing, inputOf, target } from './firing.ts'
import { queryProblems, targetLabels } from './promql.ts'
import { servedMetrics } from './served-metrics.ts'

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string }
}

const { spec } = parse(read('deploy/kubernetes/monitoring/alerts.yaml')) as {
  spec: { groups: readonly { readonly name: string; readonly rules: readonly Alert[] }[] }
}
const alerts = spec.groups.flatMap(({ rules }) => rules)

const reason = reasonWithoutPromtool()
const promtoolTest = reason === undefined ? test : test.skip
if (reason !== undefined) console.log(reason)

test('every alert is evaluated from metrics and labels that sidecars serve', async (t) => {
  const served = await servedMetrics(t)
  for (const { alert, expr } of alerts) t.deepEqual(queryProblems(expr, served), [], alert)
})

test('a fault in a query is found', async (t) => {
  const served = await servedMetrics(t)
  for (const [query, problem] of [
    ['rolesets_ready ==', 'it does not parse at character 18'],
    ['rate(rolesets_writes_total[5m]', 'it does not parse at character 31'],
    ['rolesets_redy == 0', 'no sidecar serves rolesets_redy'],
    ['time()', 'it names no metric'],
    ['rolesets_writes_total > 0', 'rolesets_writes_total only grows, so it needs a rate or an increase'],
    ['rate(rolesets_watchers[5m])', 'rolesets_watchers is a gauge, and has no rate'],
    ['rate(rolesets_check_seconds_count)', 'rolesets_check_seconds_count needs a range'],
    ['rate(rolesets_check_seconds[5m])', 'no sidecar serves rolesets_check_seconds'],
    ['increase(rolesets_writes_total{kind="OK"}[5m])', 'rolesets_writes_total has no label kind'],
    [
      'increase(rolesets_watchers_ended_total{reason="SLOW"}[5m])',
      'the label reason of rolesets_watchers_ended_total is never SLOW',
    ],
    ['sum by (reason) (rolesets_ready)', 'none of its metrics has the label reason, by which it groups'],
    [
      'histogram_quantile(0.9, sum by (pod) (rate(rolesets_check_seconds_bucket[5m])))',
      'histogram_quantile needs the label le',
    ],
    ['histogram_quantile(0.9, rate(rolesets_check_seconds_count[5m]))', 'histogram_quantile is not of buckets'],
  ] as const)
    t.deepEqual(queryProblems(query, served), [problem], query)
  const good = 'sum by (pod, result) (rate(rolesets_writes_total{namespace=~"$namespace"}[$__rate_interval]))'
  t.deepEqual(queryProblems(good, served), [])
})

test('every alert waits a while, has a severity, and says what is wrong', (t) => {
  t.is(new Set(alerts.map(({ alert }) => alert)).size, alerts.length)
  for (const { alert, expr, for: wait, labels, annotations } of alerts) {
    t.regex(alert, /^Rolesets[A-Z]\w+$/)
    t.regex(wait, /^[1-9]\d*[mh]$/, alert)
    t.true(['critical', 'warning', 'info'].includes(labels.severity), alert)
    t.deepEqual(Object.keys(annotations), ['summary', 'description', 'runbook_url'], alert)
    t.notRegex(annotations.summary, /\.$/, alert)
    t.regex(annotations.description, /\.$/, alert)
    const named = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label)
    const kept = /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(/[\s,]+/) ?? targetLabels
    t.deepEqual(
      named.filter((label) => !kept.includes(label)),
      [],
      alert,
    )
    if (alert !== 'RolesetsMissing') t.true(named.length > 0, `${alert} names no pod`)
  }
})

test('every alert has its paragraph in docs/operations.md, and every paragraph its alert', (t) => {
  const [, section = ''] = read('docs/operations.md').split(/^## Alerts$/m)
  const [own = ''] = section.split(/^## /m)
  const paragraphs = own.split(/^### /m).slice(1)
  t.deepEqual(paragraphs.map((text) => text.split('\n')[0]).toSorted(), alerts.map(({ alert }) => alert).toSorted())
  for (const text of paragraphs)
    for (const part of ['**Means:**', '**Look at:**', '**Do:**']) t.true(text.includes(part), `${text}: ${part}`)
  const base = 'https://github.com/rolesets/rolesets/blob/main/docs/operations.md#'
  for (const { alert, annotations } of alerts) t.is(annotations.runbook_url, base + alert.toLowerCase())
})

promtoolTest('promtool accepts the rules', async (t) => {
  const file = await rulesFile(t)
  t.regex(await promtool('check', 'rules', file), new RegExp(`SUCCESS: ${alerts.length} rules found`))
})

promtoolTest('each alert fires for its fault, and no other does; a healthy sidecar has none', async (t) => {
  t.deepEqual(Object.keys(firing).toSorted(), alerts.map(({ alert }) => alert).toSorted())
  const { sidecar } = await openTestSidecar(t, { ROLESETS_HTTP_LISTEN: '127.0.0.1:0' })
  const samples = (await scrape(sidecar.http)).metrics.flatMap((metric) => metric.samples)
  const named = samples.filter(({ name }) => spec.groups.some((group) => JSON.stringify(group).includes(name)))
  const file = await rulesFile(t, { isPlain: true })
  const tests = [
    { interval: '1m', input_series: inputOf(named, { series: {}, at: '3h' }), alert_rule_test: expecting('3h', {}) },
    ...Object.entries(firing).map(([name, fault]) => ({
      interval: '1m',
      input_series: inputOf(named, fault),
      alert_rule_test: expecting(fault.at, { [name]: fault.labels ?? target }),
    })),
  ]
  const tested = `${file}.test.yaml`
  await writeFile(tested, stringify({ rule_files: [file], tests }))
  t.regex(await promtool('test', 'rules', tested), /SUCCESS/)
})

/** What each alert must be at this time: firing with these labels and its severity, or silent. */
function expecting(time: string, fires: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  return alerts.map(({ alert, labels }) => {
    const own = fires[alert]
    const expected = own === undefined ? [] : [{ exp_labels: { ...own, severity: labels.severity } }]
    return { eval_time: time, alertname: alert, exp_alerts: expected }
  })
}

/** The rules alone, as Prometheus reads them. */
async function rulesFile(t: ExecutionContext, { isPlain = false } = {}): Promise<string> {
  const file = join(await temporaryFolder(t), 'rules.yaml')
  // The annotations are for people, and are compared elsewhere.
  const plain = { groups: spec.groups.map(({ name, rules }) => ({ name, rules: rules.map(withoutAnnotations) })) }
  await writeFile(file, stringify(isPlain ? plain : spec))
  return file
}

const withoutAnnotations = ({ annotations: _, ...rule }: Alert) => rule

/** @returns what it says, also when it finds faults */
async function promtool(...args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile('promtool', args, (_error, stdout, stderr) => resolve(stdout + stderr))
  })
}

function reasonWithoutPromtool(): string | undefined {
  if (spawnSync('promtool', ['--version']).status === 0) return undefined
  return 'skipped: the rules aren’t run, because promtool is missing (Debian has it in the package prometheus)'
}
