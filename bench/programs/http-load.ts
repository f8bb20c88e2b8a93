/**
 * HTTP load over keep-alive connections, from a separate process. It reads a line of JSON from stdin for each round,
 * and writes one with the result to stdout. Autocannon sends the next request on a connection after the answer to the
 * one before.
 */

import { createInterface } from 'node:readline'
import autocannon from 'autocannon'

export interface HttpLoad {
  readonly url: string
  readonly requests: readonly { readonly path: string; readonly authorization: string }[]
  readonly connections: number
  readonly durationMs: number
}

for await (const line of createInterface({ input: process.stdin })) {
  const { url, requests, connections, durationMs } = JSON.parse(line) as HttpLoad
  const result = await autocannon({
    url,
    connections,
    duration: durationMs / 1000,
    requests: requests.map(({ path, authorization }) => ({ method: 'GET', path, headers: { authorization } })),
  })
  const refused = result.non2xx + result.errors + result.timeouts
  if (refused > 0) process.stdout.write(`${JSON.stringify({ refused })}\n`)
  else process.stdout.write(`${JSON.stringify({ perSecond: result['2xx'] / result.duration })}\n`)
}
