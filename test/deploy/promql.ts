/** Reads a PromQL expression, and finds what in it doesn't fit the metrics that a sidecar serves. */

import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'

/** A series as a sidecar serves it, with the values that its labels have. */
export interface Series {
  /** Of a part of a histogram: `bucket`, `sum`, `count`. */
  readonly type: 'counter' | 'gauge' | 'bucket' | 'sum' | 'count'
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>
}

export type Served = ReadonlyMap<string, Series>

/** What Prometheus adds to each sample of a target that a ServiceMonitor or a PodMonitor found. */
export const targetLabels: readonly string[] = [
  ...['job', 'instance', 'namespace', 'pod', 'container', 'endpoint', 'service'],
]

const ratesOfCounters = ['rate', 'irate', 'increase', 'resets']
const changesOfGauges = ['changes', 'delta', 'deriv', 'idelta', 'predict_linear', 'max_over_time', 'min_over_time']

/** @returns a sentence for each fault; Grafana's variables count as values */
export function queryProblems(query: string, served: Served): readonly string[] {
  const text = query.replaceAll(/\$__(rate_interval|interval|range)/g, '5m')
  const nodes = nodesOf(text)
  const broken = nodes.find(({ node }) => node.type.isError)
  if (broken !== undefined) return [`it does not parse at character ${broken.node.from + 1}`]
  const selectors = nodes.filter(({ node }) => node.name === 'VectorSelector')
  const known = new Set([...targetLabels])
  for (const { node } of selectors)
    for (const label of served.get(nameOf(node, text))?.labels.keys() ?? []) known.add(label)
  return [
    ...(selectors.length === 0 ? ['it names no metric'] : []),
    ...selectors.flatMap((selector) => selectorProblems(selector, { text, served })),
    ...nodes
      .filter(({ node }) => node.name === 'LabelName' && node.parent?.name === 'GroupingLabels')
      .map(({ node }) => textOf(node, text))
      .filter((label) => !known.has(label))
      .map((label) => `none of its metrics has the label ${label}, by which it groups`),
    ...nodes
      .filter(({ node }) => node.name === 'HistogramQuantile')
      .flatMap(({ node }) => quantileProblems(node, text)),
  ]
}

interface Found {
  readonly node: SyntaxNode
  /** The functions around it, the innermost first. */
  readonly functions: readonly string[]
}

interface Reading {
  readonly text: string
  readonly served: Served
}

function nodesOf(text: string): readonly Found[] {
  const found: Found[] = []
  parser.parse(text).iterate({
    enter: ({ node }) => {
      const functions: string[] = []
      for (let at = node.parent; at !== null; at = at.parent)
        if (at.name === 'FunctionCall') functions.push(textOf(at.getChild('FunctionIdentifier'), text))
      found.push({ node, functions })
    },
  })
  return found
}

function selectorProblems({ node, functions }: Found, { text, served }: Reading): readonly string[] {
  const name = nameOf(node, text)
  const series = served.get(name)
  if (series === undefined) return [`no sidecar serves ${name}`]
  const isCounted = series.type !== 'gauge'
  const isRated = functions.some((each) => ratesOfCounters.includes(each))
  const isChange = functions.some((each) => changesOfGauges.includes(each))
  return [
    ...(isCounted && !isRated ? [`${name} only grows, so it needs a rate or an increase`] : []),
    ...(!isCounted && isRated ? [`${name} is a gauge, and has no rate`] : []),
    ...(isCounted && isChange ? [`${name} is no gauge`] : []),
    ...(node.parent?.name === 'MatrixSelector' || !isRated ? [] : [`${name} needs a range`]),
    ...matchersOf(node, text).flatMap(({ label, values }) => matcherProblems(name, { label, values, series })),
  ]
}

interface Matcher {
  readonly label: string
  /** Undefined: a variable of Grafana. */
  readonly values: readonly string[] | undefined
}

function matcherProblems(name: string, { label, values, series }: Matcher & { series: Series }): readonly string[] {
  if (targetLabels.includes(label)) return []
  const known = series.labels.get(label)
  if (known === undefined) return [`${name} has no label ${label}`]
  const wrong = (values ?? []).filter((value) => known.size > 0 && !known.has(value))
  return wrong.map((value) => `the label ${label} of ${name} is never ${value}`)
}

function matchersOf(selector: SyntaxNode, text: string): readonly Matcher[] {
  const matchers = selector.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []
  return matchers.map((matcher) => {
    const value = textOf(matcher.getChild('StringLiteral'), text).slice(1, -1)
    const values = value.includes('$') ? undefined : value.split('|')
    return { label: textOf(matcher.getChild('LabelName'), text), values }
  })
}

/** A quantile is made of the rates of buckets, which keep their bounds. */
function quantileProblems(node: SyntaxNode, text: string): readonly string[] {
  const body = node.parent?.parent?.getChild('FunctionCallBody')
  const inner = body === null || body === undefined ? '' : textOf(body, text)
  const groupings = [...inner.matchAll(/\bby\s*\(([^)]*)\)/g)].map(([, labels = '']) => labels.split(/[\s,]+/))
  return [
    ...(/\w_bucket\b/.test(inner) ? [] : ['histogram_quantile is not of buckets']),
    ...(groupings.every((labels) => labels.includes('le')) ? [] : ['histogram_quantile needs the label le']),
  ]
}

function nameOf(selector: SyntaxNode, text: string): string {
  return textOf(selector.getChild('Identifier'), text)
}

function textOf(node: SyntaxNode | null, text: string): string {
  return node === null ? '' : text.slice(node.from, node.to)
}
