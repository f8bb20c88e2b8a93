/** Makes the table of measures as Markdown, for a terminal and for the documentation. */

import type { Comparison, Reading, Stat } from './row.ts'
import type { Outcome } from './runner.ts'

const heads = ['#', 'measure', 'against', 'ours', 'theirs', 'ratio (min–max)', 'goal', 'met']

export function tableOf(outcomes: readonly Outcome[]): string {
  const lines = [heads, heads.map(() => '---'), ...outcomes.flatMap(linesOf)]
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}

/** The notes of the rows, and why some have no result. */
export function notesOf(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap(({ id, result, error }) => [
    ...(result?.notes ?? []).map((note) => `${id}: ${note}`),
    ...(error === undefined ? [] : [`${id}: no result: ${firstLine(error)}`]),
  ])
}

export function isMet({ ratio, goal }: Comparison): boolean | undefined {
  return goal && within(ratio.median, goal)
}

function linesOf({ id, title, goal, result }: Outcome): readonly (readonly string[])[] {
  if (result === undefined) return [[id, escaped(title), '', '', '', '', goal, 'no result']]
  const lines = [
    ...result.comparisons.map((each) => comparisonCells(each)),
    ...(result.readings ?? []).map((each) => readingCells(each)),
    ...(result.latencies ?? []).map(({ name, quantiles, failed, dropped }) => {
      const lost = failed + dropped > 0 ? `, ${failed} failed, ${dropped} dropped` : ''
      return [name, '', `p50 ${figure(quantiles.p50)}, p99 ${figure(quantiles.p99)} ms${lost}`, '', '', '', '']
    }),
  ]
  return lines.map((cells) => [id, ...cells.map(escaped)])
}

function comparisonCells(comparison: Comparison): readonly string[] {
  const { name, against, unit, ours, theirs, ratio, goal } = comparison
  const range = `**${figure(ratio.median)}** (${figure(ratio.min)}–${figure(ratio.max)})`
  return [
    name,
    against,
    measured(ours, unit),
    measured(theirs, unit),
    range,
    boundsOf(goal),
    verdict(isMet(comparison)),
  ]
}

function readingCells({ name, value, unit, goal }: Reading): readonly string[] {
  return [name, '', `${figure(value)} ${unit}`, '', '', boundsOf(goal, unit), verdict(goal && within(value, goal))]
}

interface Bounds {
  readonly atLeast?: number
  readonly atMost?: number
}

/** NaN is never within bounds. */
function within(value: number | null, { atLeast = -Infinity, atMost = Infinity }: Bounds): boolean {
  return value !== null && value >= atLeast && value <= atMost
}

function boundsOf(goal: Bounds | undefined, unit = '×'): string {
  const bounds = [
    ...(goal?.atLeast === undefined ? [] : [`≥ ${figure(goal.atLeast)} ${unit}`]),
    ...(goal?.atMost === undefined ? [] : [`≤ ${figure(goal.atMost)} ${unit}`]),
  ]
  return bounds.join(', ')
}

function verdict(met: boolean | undefined): string {
  return met === undefined ? '' : met ? 'yes' : '**no**'
}

function measured({ median }: Stat, unit: string): string {
  return `${figure(median)} ${unit}`
}

/** Three digits, because more would be noise, and thousands separated. NaN has become null in JSON. */
function figure(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '?'
  const rounded = Number(value.toPrecision(3))
  return Math.abs(rounded) >= 1000 ? rounded.toLocaleString('en-US').replaceAll(',', '\u202f') : String(rounded)
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|')
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
