/** Lists of any length: page by page, each printed before the next is asked for. */

import { counted } from '@rolesets/core'
import type { Io } from './io.ts'
import { jsonLine } from '../output/json.ts'
import { withProgress } from './progress.ts'

const pageSize = 500

type Read<Item> = (page: { readonly pageSize: number; readonly pageToken?: string }) => Promise<{
  readonly items: readonly Item[]
  /** Empty: there is no more. */
  readonly nextPageToken: string
}>

export async function* pagesOf<Item>(read: Read<Item>): AsyncGenerator<readonly Item[], void, undefined> {
  let pageToken = ''
  do {
    const page = await read({ pageSize, ...(pageToken === '' ? {} : { pageToken }) })
    yield page.items
    pageToken = page.nextPageToken
  } while (pageToken !== '')
}

interface Pages<Item> {
  /** One document on each line. */
  readonly json: true | undefined
  readonly read: Read<Item>
  readonly textOf: (items: readonly Item[]) => string
  /** What is said, on standard error, of a list that is empty. */
  readonly none?: string
  /** Asked about an empty list: throws where what the list is about doesn't exist. */
  readonly ifNone?: () => Promise<unknown>
}

export async function printPages<Item>(
  io: Io,
  { json, read, textOf, none = 'There are none.', ifNone }: Pages<Item>,
): Promise<void> {
  const count = await withProgress(io, { json }, async (report, hide) => {
    let listed = 0
    for await (const items of pagesOf(read)) {
      hide()
      if (items.length > 0) await io.stdout(json ? items.map(jsonLine).join('') : textOf(items))
      listed += items.length
      if (io.signal.aborted) break
      report(`${counted(listed, 'line')} printed`)
    }
    return listed
  })
  if (count === 0 && !io.signal.aborted) await ifNone?.()
  if (count === 0 && !json && !io.signal.aborted) io.stderr(`rolesets: ${none}\n`)
}
