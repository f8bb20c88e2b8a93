/** Serves a real application of Express 4 or 5 on a free port, and sends HTTP requests to it. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express5 from 'express'
import express4 from 'express4'

/** All tests run with both versions. The types that they use are the same, but the compiler can't know this. */
export const expresses: readonly (readonly [string, typeof express5])[] = [
  ['Express 5', express5],
  ['Express 4', express4 as unknown as typeof express5],
]

export type Express = ReturnType<typeof express5>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Parsed if it is any kind of JSON. */
  readonly body: any // eslint-disable-line @typescript-eslint/no-explicit-any -- The tests check its members.
}

export type Ask = (path: string, init?: AskInit) => Promise<Answer>

export interface AskInit {
  readonly method?: string
  readonly token?: string | undefined
  readonly headers?: Record<string, string>
  /** Sent as JSON. A string is sent unchanged. */
  readonly body?: unknown
}

export interface Teardown {
  teardown(undo: () => unknown): void
}

/** Serves the application until the test ends. */
export async function serve(t: Teardown, app: Express): Promise<Ask> {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return async (path, { method, token, headers = {}, body } = {}) => {
    const response = await fetch(origin + path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      redirect: 'manual',
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== ''
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }
}
