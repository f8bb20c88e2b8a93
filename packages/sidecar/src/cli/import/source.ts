/**
 * The server that an import reads: page by page, in a stable order, with the delays that the server asks for. Every
 * answer is validated before it is used, and its length is limited.
 */

import { isRoleSetsError, RoleSetsError } from '@rolesets/client'
import ky, { isHTTPError, type KyInstance } from 'ky'
import { z } from 'zod'
import { quoted } from '@rolesets/core'
import { UsageError } from '../run/failure.ts'
import { pageSchema } from './schema.ts'

const pageItemsMax = 500

/** 500 things with both of their metadata, and room. */
const answerBytesMax = 16 * 1_024 * 1_024
/** Of one list. */
const pagesMax = 40_000
const answerMs = 60_000
const retriesMaxDefault = 8
/** A source that wants more than that is asked again all the same; in the end the retries are used up. */
const retryAfterMsMax = 120_000
const backoffMsMax = 30_000

interface SourceOptions {
  /** With or without `/v1`. */
  readonly url: string
  readonly key: string
  readonly insecure: boolean
  readonly signal: AbortSignal
  /** Of one request. Default 8. */
  readonly retriesMax?: number
}

interface SourcePage<Item> {
  readonly items: readonly Item[]
  /** Of the first item. */
  readonly offset: number
  /** How many there are, in the source's own words. */
  readonly total: number
}

type Query = Readonly<Record<string, string>>
type Identified = z.ZodType<{ readonly id: string }>

export class Source {
  readonly url: string
  readonly #http: KyInstance
  readonly #signal: AbortSignal
  readonly #closing = new AbortController()

  constructor({ url, key, insecure, signal, retriesMax = retriesMaxDefault }: SourceOptions) {
    this.url = parseUrl(url, insecure)
    this.#signal = AbortSignal.any([signal, this.#closing.signal])
    this.#http = ky.create({
      prefixUrl: `${this.url}/v1/`,
      headers: { authorization: `Bearer ${key}`, accept: 'application/json' },
      // A key is meant for one server, and not for where that one points to.
      redirect: 'manual',
      signal: this.#signal,
      timeout: false,
      fetch: fetchWhole,
      retry: {
        limit: retriesMax,
        maxRetryAfter: retryAfterMsMax,
        backoffLimit: backoffMsMax,
        retryOnTimeout: true,
        shouldRetry: ({ error }) => (isRoleSetsError(error) ? false : undefined),
      },
    })
  }

  /** Gives up what is still under way: where one thing fails, others are waited for no longer. */
  close(): void {
    this.#closing.abort()
  }

  /** All pages of a list. One that comes again ends it with an error: it would never end. */
  async *pages<Item extends Identified>(
    path: string,
    item: Item,
    { from = 0, query = {} }: { from?: number; query?: Query } = {},
  ): AsyncGenerator<SourcePage<z.infer<Item>>, void, undefined> {
    const seen = new Set<string>()
    let pages = 0
    for (let offset = from; ;) {
      if (++pages > pagesMax) throw this.#nonsense(path, `it has more than ${pagesMax} pages`)
      const { items, total } = await this.page(path, item, { offset, query })
      const fresh = items.filter(({ id }) => !seen.has(id))
      if (fresh.length === 0 && offset < total) {
        const what = items.length === 0 ? 'an empty page' : 'the same page twice'
        throw this.#nonsense(path, `it reports ${total} items, but returned ${what} at offset ${offset}`)
      }
      for (const { id } of fresh) seen.add(id)
      if (fresh.length > 0) yield { items: fresh, offset, total }
      offset += items.length
      if (offset >= total) return
    }
  }

  async page<Item extends Identified>(
    path: string,
    item: Item,
    { offset, query = {}, limit = pageItemsMax }: { offset: number; query?: Query; limit?: number },
  ): Promise<SourcePage<z.infer<Item>>> {
    const searchParams = { order_by: 'created_at', ...query, limit: String(limit), offset: String(offset) }
    const answer = await this.#get(path, searchParams)
    const parsed = pageSchema(item, limit).safeParse(answer)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      throw this.#nonsense(path, `${issue?.path.join('.') || 'the answer'}: ${issue?.message ?? 'has another type'}`)
    }
    return { items: parsed.data.data, offset, total: parsed.data.total_count }
  }

  /** Whether the source has this thing. Only a clear answer says no: what else may come back counts as yes. */
  async has(path: string, id: string): Promise<boolean> {
    const answer = await this.#get(`${path}/${encodeURIComponent(id)}`, {}, { isAbsent: true })
    if (answer === undefined) return false
    // Clerk finds organizations by their slug, too: then the id is another one.
    const found = z.object({ id: z.string() }).safeParse(answer)
    return !found.success || found.data.id === id
  }

  /** @param may `isAbsent`: the answer may be 404, which gives undefined */
  async #get(path: string, searchParams: Query, may: { readonly isAbsent?: true } = {}): Promise<unknown> {
    let text: string
    try {
      text = await this.#http.get(path, { searchParams }).text()
    } catch (error) {
      if (may.isAbsent && isHTTPError(error) && error.response.status === 404) return undefined
      throw await this.#explained(path, error)
    }
    try {
      return JSON.parse(text)
    } catch {
      throw this.#nonsense(path, `it is not JSON; it begins with ${excerptOf(text)}`)
    }
  }

  async #explained(path: string, error: unknown): Promise<unknown> {
    if (this.#signal.aborted) return new RoleSetsError('aborted', 'The import was stopped. What was done stays done.')
    if (isRoleSetsError(error)) return error
    if (!isHTTPError(error)) {
      return this.#error(
        `can't be read: GET /v1/${path} failed (${reasonOf(error)}). Correct --url, or try again.`,
        error,
      )
    }
    const { status } = error.response
    const said = excerptOf(await error.response.text())
    if (status === 401)
      return this.#error(`does not accept the key. Give the right one with --key-file. It says ${said}`)
    if (status === 429) return this.#error('kept answering 429 (too many requests). Run it again later.')
    return this.#error(`answered ${path} with ${status}: ${said}`)
  }

  #nonsense(path: string, what: string): RoleSetsError {
    return this.#error(
      `gave an answer to ${path} that is malformed: ${what}. Check that --url leads to Clerk's Backend API.`,
    )
  }

  #error(what: string, cause?: unknown): RoleSetsError {
    return new RoleSetsError('unavailable', `The source at ${this.url} ${what}`, { cause })
  }
}

/** The body is a part of what may fail and be tried again, so it is read here. */
async function fetchWhole(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
  const given = init?.signal ?? (input instanceof Request ? input.signal : undefined)
  const signal = AbortSignal.any([AbortSignal.timeout(answerMs), ...(given ? [given] : [])])
  const response = await fetch(input, { ...init, signal })
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Node's streams can be iterated; the type of the web doesn't say so everywhere.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > answerBytesMax) {
      throw new RoleSetsError('unavailable', `The source gave an answer of more than ${answerBytesMax} bytes.`)
    }
    chunks.push(chunk)
  }
  const { status, statusText, headers } = response
  // These have no body, and a Response must not be made with one.
  const body = status === 204 || status === 205 || status === 304 ? null : Buffer.concat(chunks)
  return new Response(body, { status, statusText, headers })
}

function parseUrl(text: string, insecure: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new UsageError('--url must be an address such as https://api.clerk.com, without a query.')
  }
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)
  if (url.protocol === 'http:' && !isLocal && !insecure) {
    throw new UsageError('The key would be sent to --url without encryption. Give an https address, or --insecure.')
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/v1$/, '')
}

/** The code of the system's error, such as ECONNREFUSED: fetch itself says only that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  if (typeof code === 'string') return code
  return error.cause === undefined ? error.message : reasonOf(error.cause)
}

/** What the server sent, without what could steer the terminal. */
function excerptOf(text: string): string {
  return quoted(text.replace(/\p{Cc}+/gu, ' ').trim())
}
