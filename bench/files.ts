/** Writes results: those of the last run to bench/results, and recorded ones to docs/performance. */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { RecordedRatios } from './decay.ts'
import type { Circumstances } from './machine.ts'
import { plotsOf } from './plots.ts'
import { tableOf } from './report.ts'
import type { Outcome } from './runner.ts'

export interface Results extends Circumstances {
  readonly quick: boolean
  readonly rows: readonly Outcome[]
}

const latest = new URL('results/', import.meta.url)
const documentation = new URL('../docs/performance/', import.meta.url)
const recordedFile = new URL('recorded.json', import.meta.url)

/** Writes the JSON, the table and the plots of a run. */
export async function writeLatest(results: Results): Promise<void> {
  await writeAll(latest, 'latest.json', results)
}

/** Writes the same for the documentation. */
export async function writeDocumentation(results: Results): Promise<void> {
  await writeAll(documentation, 'results.json', results)
}

export async function readRecorded(): Promise<RecordedRatios> {
  const text = await readFile(recordedFile, 'utf8').catch(() => '{}')
  return JSON.parse(text) as RecordedRatios
}

/** Rows that were not run keep their recorded ratios. */
export async function writeRecorded(ratios: RecordedRatios): Promise<void> {
  await writeFile(recordedFile, json({ ...(await readRecorded()), ...ratios }))
}

async function writeAll(folder: URL, name: string, results: Results): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(new URL(name, folder), json(results))
  await writeFile(new URL('table.md', folder), tableOf(results.rows))
  for (const [file, svg] of await plotsOf(results.rows)) await writeFile(new URL(file, folder), svg)
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
