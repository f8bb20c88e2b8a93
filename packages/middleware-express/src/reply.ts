/** Writes JSON answers with Node's own response, so that they are the same in Express 4 and 5. */

import type { ServerResponse } from 'node:http'

interface Reply {
  readonly status: number
  readonly contentType: string
  readonly cacheControl: string
  /** JSON. */
  readonly body: string
}

export function reply(res: ServerResponse, { status, contentType, cacheControl, body }: Reply): void {
  res.statusCode = status
  res.setHeader('Content-Type', contentType)
  res.setHeader('Content-Length', Buffer.byteLength(body))
  res.setHeader('Cache-Control', cacheControl)
  res.end(body)
}
