/**
 * P5: what a guarded route costs an application when the token is known and the role is checked from memory. The
 * application with the guards, the one without, the sidecar and the load are separate processes.
 */

import { compare } from '../compare.ts'
import { startProgram, startSidecar, type Process } from '../processes.ts'
import type { HttpLoad } from '../programs/http-load.ts'
import type { Row } from '../row.ts'
import { makeTokenSource, type TokenSource } from '../tokens.ts'

const callersCount = 200
const connections = 32

export const row: Row = {
  id: 'P5',
  title: 'guarded Express route, token known and role checked',
  goal: '≥ 0.9 × the throughput of the same route with neither',
  quick: true,
  async run({ quick, rounds, signal, folder }) {
    const tokens = await makeTokenSource('RS256')
    const requests = await callersRequests(tokens)
    const sidecar = await startSidecar({
      env: { ROLESETS_DATABASE: `sqlite:${folder}/guarded.db`, ROLESETS_GRPC_LISTEN: `unix:${folder}/s.sock` },
      signal,
    })
    const guarded = startProgram('express-server', [sidecar.target, JSON.stringify(tokens.jwks)], signal)
    const bare = startProgram('express-server', [], signal)
    const load = startProgram('http-load', [], signal)
    const [ourUrl, theirUrl] = [await urlOf(guarded), await urlOf(bare)]
    const throughput = (url: string, durationMs: number) => () =>
      perSecond(load, { url, requests, connections, durationMs })
    // A server gets faster during its first thousands of requests, and the more code it runs, the longer this takes.
    for (const url of [ourUrl, theirUrl]) await throughput(url, quick ? 2000 : 6000)()
    const durationMs = quick ? 700 : 4000
    const comparison = await compare({
      name: `guarded route, ${connections} connections, ${callersCount} callers`,
      against: 'the same route unguarded',
      unit: 'requests/s',
      better: 'higher',
      goal: { atLeast: 0.9 },
      rounds,
      ours: throughput(ourUrl, durationMs),
      theirs: throughput(theirUrl, durationMs),
    })
    return { comparisons: [comparison] }
  },
}

async function callersRequests({ tokenOf }: TokenSource): Promise<HttpLoad['requests']> {
  const callers = Array.from({ length: callersCount }, (_, index) => [`user_${index}`, `org_${index % 50}`] as const)
  const requests = callers.map(async ([userId, organizationId]) => ({
    path: `/organizations/${organizationId}/reports`,
    authorization: `Bearer ${await tokenOf(userId, organizationId)}`,
  }))
  return Promise.all(requests)
}

async function urlOf(server: Process): Promise<string> {
  return `http://127.0.0.1:${await server.nextLine()}`
}

async function perSecond(load: Process, order: HttpLoad): Promise<number> {
  load.send(JSON.stringify(order))
  const answer = JSON.parse(await load.nextLine()) as { perSecond?: number; refused?: number }
  if (answer.perSecond === undefined) throw new Error(`${answer.refused} requests failed.`)
  return answer.perSecond
}
