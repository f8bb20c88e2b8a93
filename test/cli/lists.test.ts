/** Lists of any length: page by page, in columns or one document a line. */

import test from 'ava'
import { stoppedClock } from './command-line.ts'
import { cleanIo, type ProcessIo } from '../../packages/sidecar/src/cli/run/io.ts'
import { Redaction } from '../../packages/sidecar/src/redaction.ts'
import { printPages } from '../../packages/sidecar/src/cli/run/pages.ts'
import { tableText } from '../../packages/sidecar/src/cli/output/table.ts'

const pages = new Map([
  ['', { items: [{ itemId: 1 }, { itemId: 2 }], nextPageToken: 'two' }],
  ['two', { items: [], nextPageToken: 'three' }],
  ['three', { items: [{ itemId: 3 }], nextPageToken: '' }],
])

/** What was printed, and which pages were asked for, in the order in which it happened. */
async function print({ json, signal }: { json?: true; signal?: AbortSignal }): Promise<readonly string[]> {
  const events: string[] = []
  const process: ProcessIo = {
    signal: signal ?? new AbortController().signal,
    stdout: (text: string) => void events.push(text),
    bytes: async () => undefined,
    stderr: () => undefined,
    args: [],
    env: {},
    stdin: async function* () {},
    setExitCode: () => undefined,
    isTerminal: false,
    clock: stoppedClock,
  }
  await printPages(cleanIo(process, new Redaction()), {
    json,
    read: ({ pageSize, pageToken = '' }) => {
      events.push(`read ${pageSize} ${pageToken}`.trim())
      return Promise.resolve(pages.get(pageToken) ?? { items: [], nextPageToken: '' })
    },
    textOf: (items) => items.map(({ itemId }) => `item ${itemId}\n`).join(''),
  })
  return events
}

test('each page is printed before the next one is asked for, and an empty one ends nothing', async (t) => {
  t.deepEqual(await print({}), ['read 500', 'item 1\nitem 2\n', 'read 500 two', 'read 500 three', 'item 3\n'])
})

test('programs get one document a line, in the names of the contract', async (t) => {
  const printed = (await print({ json: true })).filter((event) => !event.startsWith('read'))
  t.deepEqual(printed, ['{"item_id":1}\n{"item_id":2}\n', '{"item_id":3}\n'])
})

test('whoever has seen enough gets no further page', async (t) => {
  t.deepEqual(await print({ signal: AbortSignal.abort() }), ['read 500', 'item 1\nitem 2\n'])
})

test('columns are as wide as their widest cell, and no line ends in space', (t) => {
  const rows = [
    ['a', 'longer', ''],
    ['bbb', 'x', 'y'],
  ]
  t.is(tableText(rows), 'a    longer\nbbb  x       y\n')
  t.is(tableText([]), '')
})
