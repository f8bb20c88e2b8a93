/**
 * P6: the first request with a token that was not verified before. Every round creates new middleware, so that the
 * tokens are new to it. The signature check is the same work on both sides.
 */

import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { authenticate } from '@rolesets/express'
import { jwtVerify } from 'jose'
import { compare } from '../compare.ts'
import type { Comparison, Row, RunOptions } from '../row.ts'
import { audience, issuer, makeTokenSource } from '../tokens.ts'

type Middleware = ReturnType<typeof authenticate>

export const row: Row = {
  id: 'P6',
  title: 'first request with a new token',
  goal: '≤ 1.1 × the time of jose.jwtVerify alone',
  quick: true,
  async run(options) {
    return { comparisons: [await contest('RS256', options), await contest('ES256', options)] }
  },
}

async function contest(alg: 'RS256' | 'ES256', { quick, rounds }: RunOptions): Promise<Comparison> {
  const { jwks, publicKey, tokenOf } = await makeTokenSource(alg)
  const count = quick ? 200 : 500
  const tokens: string[] = []
  for (let index = 0; index < count; index += 1) tokens.push(await tokenOf(`user_${index}`, `org_${index}`))
  const first = requestWith(await tokenOf('user_first', 'org_first'))
  const others = tokens.map(requestWith)
  const response = new ServerResponse(new IncomingMessage(new Socket()))

  return compare({
    name: `authenticate, ${alg}`,
    against: 'jose.jwtVerify, key at hand',
    unit: 'µs',
    better: 'lower',
    goal: { atMost: 1.1 },
    // Many short rounds: each mostly waits for another thread, while the machine may be busy.
    rounds: rounds * (quick ? 3 : 5),
    ours: async () => {
      const middleware = authenticate({ issuer, audience, jwks })
      // The first token imports the keys. This happens once, not for each token.
      await passed(middleware, first, response)
      return eachUs(others, (request) => passed(middleware, request, response))
    },
    // The key is loaded, the algorithm is known, and the same claims are checked.
    theirs: () =>
      eachUs(tokens, (token) => jwtVerify(token, publicKey, { issuer, audience, algorithms: [alg], typ: 'JWT' })),
  })
}

/** One after the other, because the first request of each user waits only for its own token. */
async function eachUs<Each>(all: readonly Each[], verify: (each: Each) => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now()
  for (const each of all) await verify(each)
  return ((performance.now() - startedAtMs) * 1000) / all.length
}

function passed(middleware: Middleware, request: IncomingMessage, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    middleware(request, response, (error?: unknown) => {
      if (error === undefined) resolve()
      else reject(error instanceof Error ? error : new Error('The token was refused.', { cause: error }))
    })
  })
}

function requestWith(token: string): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  request.headers.authorization = `Bearer ${token}`
  return request
}
