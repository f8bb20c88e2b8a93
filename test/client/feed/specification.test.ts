/** docs/design/feed.md and the code: the table of states and events, and the rules and the tests that cite them. */

import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import type { RoleSetsErrorCode } from '@rolesets/client'
import {
  transition,
  transitions,
  type FollowerEvent,
  type FollowerState,
  type FollowerStateName,
} from '../../../packages/client/src/feed/machine.ts'
import { error, failed, message } from './machine-world.ts'

const page = readFileSync(new URL('../../../docs/design/feed.md', import.meta.url), 'utf8')
const stateNames = Object.keys(transitions) as FollowerStateName[]
const eventKinds = Object.keys(transitions.paused) as FollowerEvent['kind'][]

/** The cells of the page's tables whose first row begins with a word, by row. */
function tableAfter(heading: string): readonly (readonly string[])[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`)
  const [text = ''] = section.split('\n## ')
  const rows = text.split('\n').filter((line) => line.startsWith('|'))
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
}

/** Each state in all the ways that make a difference. */
function statesNamed(name: FollowerStateName): readonly FollowerState[] {
  const at = { epoch: 'e', number: 10 }
  const base = { name, failures: 0, isConnected: true, lastError: undefined }
  const hasCursor = { paused: [true, false], connecting: [true, false], closed: [true, false], snapshot: [false] }
  const ways: readonly boolean[] = (hasCursor as { [name: string]: boolean[] | undefined })[name] ?? [true]
  const parts = name === 'snapshot' ? [undefined, at] : [undefined]
  return ways.flatMap((has) =>
    [undefined, 10].flatMap((gapAfter) =>
      parts.map((partsAt) => ({ ...base, gapAfter, partsAt, cursor: has ? at : undefined })),
    ),
  )
}

function eventsOf(kind: FollowerEvent['kind']): readonly FollowerEvent[] {
  const revisions = [9, 10, 11, 12].map((number) => ({ epoch: 'e', number }))
  const all = [...revisions, { epoch: 'f', number: 11 }]
  const chunk = { permissions: [], roles: [], roleSets: [], unknownOrganizationsDenied: false }
  const changeSet = { revision: '', committedAtMs: 0, actor: '', operation: '', changes: [] }
  const codes: readonly RoleSetsErrorCode[] = ['unavailable', 'aborted', 'cursor_compacted', 'cursor_in_the_future']
  switch (kind) {
    case 'snapshot_chunk':
      return all.flatMap((at) => [true, false].map((last) => message(at, { kind, chunk: { ...chunk, last } })))
    case 'change_set':
      return all.map((at) => message(at, { kind, changeSet }))
    case 'heartbeat':
      return all.map((at) => message(at, { kind, heartbeat: { stalenessMs: 0 } }))
    case 'failed':
      return [...codes, 'out_of_range' as const, 'revision_of_another_epoch' as const].map(failed)
    case 'start_over':
      return [{ kind, error: error('revision_of_another_epoch') }]
    case 'called':
    case 'renewal_due':
    case 'pause_over':
    case 'close':
      return [{ kind }]
  }
}

/** Where an event leads to; `–`: it is ignored. */
function cell(name: FollowerStateName, kind: FollowerEvent['kind']): string {
  const order = ['–', ...stateNames]
  const found = statesNamed(name).flatMap((state) =>
    eventsOf(kind).map((event) => {
      const next = transition(state, event)
      return next.state === state ? '–' : next.state.name
    }),
  )
  return order.filter((each) => found.includes(each as FollowerStateName)).join(', ')
}

test('the table of the page is the table of the code', (t) => {
  const rows = stateNames.map((name) => [`\`${name}\``, ...eventKinds.map((kind) => cell(name, kind))])
  const table = [['', ...eventKinds.map((kind) => `\`${kind}\``)], ...rows]
  const [head, , ...body] = tableAfter('Transitions')
  t.deepEqual([head, ...body], table)
})

test('each rule of the page names tests that exist, and each test that cites a rule is named by it', (t) => {
  const folder = new URL('../', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'))
  const titles = files.flatMap((file) => {
    const source = readFileSync(new URL(file, folder), 'utf8')
    return [...source.matchAll(/\btest\(\s*(['"`])(.+?)\1,/g)].map(([, , title = '']) =>
      title.replace(/\$\{[^}]*\}/g, '…'),
    )
  })
  const cited = titles.flatMap((title) => {
    const rules = /\(((?:F\d+(?:, )?)+)\)$/.exec(title)?.[1]?.split(', ') ?? []
    return rules.map((rule) => `${rule} ${title}`)
  })
  const rules = [...page.matchAll(/^- \*\*(F\d+)\*\*/gm)].map(([, rule = '']) => rule)
  t.deepEqual(
    rules,
    [...rules.keys()].map((at) => `F${at + 1}`),
    'rules are numbered without gaps',
  )
  const [, , ...rows] = tableAfter('Rules and tests')
  const named = rows.flatMap(([rule = '', tests = '']) =>
    [...tests.matchAll(/`([^`]+)`/g)].map(([, title = '']) => `${rule} ${title}`),
  )
  t.deepEqual([...named].sort(), [...cited].sort())
  t.deepEqual([...new Set(rows.map(([rule = '']) => rule))], rules, 'each rule has a test')
})
