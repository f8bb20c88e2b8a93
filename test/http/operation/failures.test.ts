/** What the caller receives when the service fails, and what the service learns when the caller leaves. */

import { request } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { refusalCodes } from '@rolesets/core'
import { Refusal } from '../../../packages/sidecar/src/domain/refusal.ts'
import { Measurements } from '../../../packages/sidecar/src/http/measurements.ts'
import { MetricsPage } from '../../../packages/sidecar/src/http/metrics-page.ts'
import { openHttpServer } from '../../../packages/sidecar/src/http/server.ts'
import { Readiness } from '../../../packages/sidecar/src/readiness.ts'
import type { ReadCall } from '../../../packages/sidecar/src/service/operations/call.ts'
import { ServiceError, StoreError } from '../../../packages/sidecar/src/service/service-error.ts'
import type { Service } from '../../../packages/sidecar/src/service/service.ts'
import { quietState } from '../quiet-state.ts'

/** A server whose permissions are read by `read`. */
async function openFailing(t: ExecutionContext, read: (ref: string, call: ReadCall) => Promise<never>) {
  const noted: { error: unknown; method: string }[] = []
  const server = await openHttpServer({
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0, isLoopback: true },
    certificates: undefined,
    furtherHosts: [],
    passedOnTo: undefined,
    identify: () => ({ name: 'admin', access: 'secret', revoked: undefined }),
    defaultVersion: '2026-05-12',
    readiness: new Readiness(),
    measurements: new Measurements(),
    metrics: new MetricsPage(new Measurements(), quietState),
    failed: (error, method) => noted.push({ error, method }),
    service: { readModel: { revisionText: 'e:1' }, administration: { getPermission: read } } as unknown as Service,
  })
  t.teardown(() => server.close())
  const url = `http://${server.address}/v1/organization_permissions/perm_1`
  const get = () => fetch(url, { headers: { authorization: 'Bearer any' } })
  return { url, get, noted }
}

test('an unexpected failure is answered without details, and logged with all of them', async (t) => {
  const cause = new Error('SELECT secret FROM somewhere')
  const { get, noted } = await openFailing(t, () => Promise.reject(cause))
  const response = await get()
  t.is(response.status, 500)
  t.is(response.headers.get('content-type'), 'application/json')
  const text = await response.text()
  t.like(JSON.parse(text).errors[0], { code: 'internal_clerk_error' })
  t.notRegex(text, /SELECT/)
  t.deepEqual(noted, [{ error: cause, method: 'GET /v1/organization_permissions/{permission_id}' }])
})

test('temporary failures say when to retry, and a damaged store shows nothing of itself', async (t) => {
  const cases = [
    [new StoreError('overloaded', 'Too much waits.'), 429, 'too_many_requests', '1'],
    [new ServiceError('not_serving', 'It stops.'), 503, 'not_serving', '1'],
    [new StoreError('closed', 'It stops.'), 503, 'not_serving', '1'],
    [new StoreError('disk_full', 'No room.'), 503, 'disk_full', null],
    [new ServiceError('deadline', 'Out of time.'), 504, 'deadline', null],
    [new StoreError('corrupt', '/data/secret-path is corrupt.'), 503, 'store_damaged', null],
  ] as const
  let failure: Error = new Error()
  const { get } = await openFailing(t, () => Promise.reject(failure))
  for (const [error, status, code, retryAfter] of cases) {
    failure = error
    const response = await get()
    const text = await response.text()
    t.is(response.status, status, code)
    t.is(JSON.parse(text).errors[0].code, code)
    t.is(response.headers.get('retry-after'), retryAfter, code)
    t.notRegex(text, /secret-path/)
  }
})

test('an error of the rules is never a failure of the server', async (t) => {
  let failure: Error = new Error()
  const { get, noted } = await openFailing(t, () => Promise.reject(failure))
  for (const code of refusalCodes) {
    failure = new Refusal(code, `No: ${code}.`, { field: 'role', facts: { role: 'org:a', limit: 'nameCharactersMax' } })
    const response = await get()
    const { errors } = (await response.json()) as { errors: { long_message: string }[] }
    t.true(response.status >= 400 && response.status < 500, code)
    t.is(errors[0]?.long_message, `No: ${code}.`)
  }
  t.deepEqual(noted, [])
})

test('when the caller leaves, the call is aborted', async (t) => {
  let begun: (() => void) | undefined
  const waiting = new Promise<void>((resolve) => (begun = resolve))
  let told: ((reason: unknown) => void) | undefined
  const aborted = new Promise<unknown>((resolve) => (told = resolve))
  const { url, noted } = await openFailing(t, (_ref, { signal }) => {
    begun?.()
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        told?.(signal.reason)
        reject(signal.reason as Error)
      })
    })
  })
  const call = request(url, { headers: { authorization: 'Bearer any' } }).on('error', () => undefined)
  call.end()
  await waiting
  call.destroy()
  t.like(await aborted, { name: 'ServiceError', code: 'call_cancelled' })
  t.deepEqual(noted, [])
})
