/** Lists of any length: page by page, each printed before the next is asked for. */

import type { Io } from './io.ts'
import { jsonLine } from '../output/json.ts'

const pageSize = 500

interface Pages<Item> {
  /** One document on each line. */
  readonly json: true | undefined
  readonly read: (page: { readonly pageSize: number; readonly pageToken?: string }) => Promise<Page<Item>>
  readonly textOf: (items: readonly Item[]) => string
}

interface Page<Item> {
  readonly items: readonly Item[]
  /** Empty: there is no more. */
  readonly nextPageToken: string
}

export async function printPages<Item>(io: Io, { json, read, textOf }: Pages<Item>): Promise<void> {
  let pageToken = ''
  do {
    const page: Page<Item> = await read({ pageSize, ...(pageToken === '' ? {} : { pageToken }) })
    const { items } = page
    if (items.length > 0) await io.stdout(json ? items.map(jsonLine).join('') : textOf(items))
    pageToken = page.nextPageToken
  } while (pageToken !== '' && !io.signal.aborted)
}
