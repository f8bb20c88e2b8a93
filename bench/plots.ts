/** Draws the figures as SVG, with Vega and without a browser. */

import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import type { Outcome } from './runner.ts'

/** The files by their names. A plot without data is left out. */
export async function plotsOf(outcomes: readonly Outcome[]): Promise<ReadonlyMap<string, string>> {
  const plots: [string, TopLevelSpec | undefined][] = [
    ['ratios.svg', ratiosPlot(outcomes)],
    ['latencies.svg', latenciesPlot(outcomes)],
    ['growth.svg', growthPlot(outcomes)],
  ]
  const drawn = new Map<string, string>()
  for (const [file, spec] of plots) if (spec) drawn.set(file, await draw(spec))
  return drawn
}

async function draw(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none' })
  try {
    return `${await view.toSVG()}\n`
  } finally {
    view.finalize()
  }
}

const config = {
  background: 'white',
  font: 'sans-serif',
  axis: { labelLimit: 420, titleFontWeight: 'normal' },
  header: { labelLimit: 420, title: null },
} as const

/** How many times better our figure is. Above 1 it is better, whether high or low figures are good. */
function ratiosPlot(outcomes: readonly Outcome[]): TopLevelSpec | undefined {
  const values = outcomes.flatMap(({ id, result }) =>
    (result?.comparisons ?? []).map(({ name, against, better, ratio, goal }) => {
      const advantage = (value: number) => (better === 'higher' ? value : 1 / value)
      const bound = goal?.atLeast ?? goal?.atMost
      const label = `${id}  ${name} / ${against}`
      const ends = [advantage(ratio.min), advantage(ratio.max)].sort((one, other) => one - other)
      return { label, median: advantage(ratio.median), low: ends[0], high: ends[1], goal: bound && advantage(bound) }
    }),
  )
  if (values.length === 0) return undefined
  const y = { field: 'label', type: 'nominal', sort: null, title: null } as const
  const scale = { type: 'log' } as const
  return {
    config,
    title: 'times better than what it is compared with (line: min–max, tick: goal)',
    width: 480,
    height: { step: 22 },
    data: { values },
    layer: [
      { mark: { type: 'rule', color: '#999', strokeDash: [4, 4] }, encoding: { x: { datum: 1, scale } } },
      {
        mark: { type: 'rule', color: '#4c78a8' },
        encoding: { y, x: { field: 'low', type: 'quantitative', scale }, x2: { field: 'high' } },
      },
      {
        mark: { type: 'point', filled: true, size: 60, color: '#4c78a8', opacity: 1 },
        encoding: { y, x: { field: 'median', type: 'quantitative', scale, title: 'times better' } },
      },
      {
        mark: { type: 'tick', color: '#e45756', thickness: 2 },
        encoding: { y, x: { field: 'goal', type: 'quantitative', scale } },
      },
    ],
  }
}

/** The share of calls that were answered within a time. Dropped and failed calls count as never answered. */
function latenciesPlot(outcomes: readonly Outcome[]): TopLevelSpec | undefined {
  const values = outcomes.flatMap(({ id, result }) =>
    (result?.latencies ?? []).flatMap(({ name, count, failed, dropped, histogram }) => {
      const all = count + failed + dropped
      let answered = 0
      return histogram.map(({ upTo, count: within }) => {
        answered += within
        return { row: id, name, ms: upTo, share: (100 * answered) / all }
      })
    }),
  )
  if (values.length === 0) return undefined
  return {
    config,
    title: 'latency at a fixed rate of arrival',
    data: { values },
    facet: { row: { field: 'row', type: 'nominal' } },
    spec: {
      width: 480,
      height: 180,
      mark: { type: 'line', interpolate: 'step-after' },
      encoding: {
        x: { field: 'ms', type: 'quantitative', scale: { type: 'log' }, title: 'ms' },
        y: { field: 'share', type: 'quantitative', title: '% answered within' },
        color: { field: 'name', type: 'nominal', title: null, legend: { labelLimit: 320 } },
      },
    },
    resolve: { scale: { x: 'independent', color: 'independent' } },
  }
}

function growthPlot(outcomes: readonly Outcome[]): TopLevelSpec | undefined {
  const series = outcomes.flatMap(({ id, result }) => (result?.series ?? []).map((each) => ({ id, ...each })))
  if (series.length === 0) return undefined
  return {
    config,
    columns: 2,
    concat: series.map(({ id, name, x, y, points }) => ({
      title: `${id}  ${name}`,
      width: 300,
      height: 160,
      data: { values: [...points] },
      mark: { type: 'line', point: true },
      encoding: {
        x: {
          field: 'x',
          type: 'quantitative',
          scale: { type: points.every((each) => each.x > 0) ? 'log' : 'linear' },
          title: x,
        },
        y: { field: 'y', type: 'quantitative', title: y },
      },
    })),
  }
}
