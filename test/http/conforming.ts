/**
 * A sidecar with its HTTP API on a real socket, and unmodified clients of Clerk that drive it. Every answer that they or
 * `call` get is held against `/v1/openapi.json`; a test fails when one isn't as the document says.
 */

import { observe } from './observed-fetch.ts'
import test, { type ExecutionContext } from 'ava'
import { createClerkClient, type ClerkClient } from '@clerk/backend'
import { createClerkClient as createOlderClient } from 'clerk-backend-3.7'
import { openTestSidecar, secretKey, type OpenedSidecar } from '../grpc/open-sidecar.ts'
import { judgeBy } from './conformance.ts'

export interface Api extends OpenedSidecar {
  /** `http://127.0.0.1:<port>`. */
  readonly base: string
  /** One request, with the secret key unless `headers` say otherwise; a body is sent as JSON unless it is text. */
  readonly call: (method: string, path: string, init?: CallInit) => Promise<Answered>
}

export interface CallInit {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read answers as they came
  readonly body: any
}

export async function openApi(
  t: ExecutionContext,
  env: Readonly<Record<string, string>> = {},
  options: Parameters<typeof openTestSidecar>[3] = {},
): Promise<Api> {
  const opened = await openTestSidecar(t, { ROLESETS_HTTP_LISTEN: '127.0.0.1:0', ...env }, undefined, options)
  const base = `http://${opened.sidecar.http}`
  const complaints: string[] = []
  const document = await fetch(`${base}/v1/openapi.json`, { headers: { authorization: `Bearer ${secretKey}` } })
  const judge = judgeBy(await document.text())
  const stop = observe(base, (seen) => {
    if (seen.url.pathname.startsWith('/v1')) complaints.push(...judge(seen))
  })
  t.teardown(() => {
    stop()
    if (complaints.length > 0) throw new Error(complaints.join('\n'))
  })
  return { ...opened, base, call: (method, path, init) => call(`${base}${path}`, method, init) }
}

async function call(url: string, method: string, { body, headers = {} }: CallInit = {}): Promise<Answered> {
  const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${secretKey}`,
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

/** The same test with the newest client and with the oldest that speaks the present version of the API. */
export function withEachClient(
  title: string,
  run: (t: ExecutionContext, clerk: ClerkClient, api: Api) => Promise<void>,
) {
  for (const [version, create] of clients)
    test(`${title} (client ${version})`, async (t) => {
      const api = await openApi(t)
      await run(t, create({ secretKey, apiUrl: api.base, telemetry: { disabled: true } }), api)
    })
}

const clients = [
  ['newest', createClerkClient],
  // It has what these tests call; its types aren't all the same.
  ['3.7', createOlderClient as unknown as typeof createClerkClient],
] as const

/** What a client makes of an answer that isn't a success. */
export interface RefusedByApi {
  readonly status: number
  readonly code: string | undefined
  readonly message: string | undefined
  readonly paramName: string | undefined
  readonly traceId: string | undefined
}

export async function refusalOf(call: Promise<unknown>): Promise<RefusedByApi> {
  const outcome = await call.then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  )
  if ('answer' in outcome) throw new Error(`It was answered: ${JSON.stringify(outcome.answer)}`)
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as the client made it
  const { status, errors, clerkTraceId: traceId } = outcome.error as any
  const [first] = errors
  return { status, code: first?.code, message: first?.longMessage, paramName: first?.meta?.paramName, traceId }
}
