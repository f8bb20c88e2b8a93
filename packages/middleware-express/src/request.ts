/**
 * What we read of Express's request. The middlewares are typed with Node's own request and response, so that they fit
 * Express 4 and 5 and leave the types that Express infers for a route alone.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'

/** A middleware, for Express 4 and 5 alike. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void

/** What an extractor gets: Express's request. */
export interface ExtractorRequest extends IncomingMessage {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
}

/**
 * A function of the application's that finds something in a request. What it returns comes from outside, so that its type
 * promises nothing. Taken from a method, because methods also accept a parameter of type `express.Request`.
 */
export type Extractor = { extract(this: void, req: ExtractorRequest): unknown }['extract']

/** Calls the extractor, with the request that Express has made of Node's. */
export function extractFrom(req: IncomingMessage, extractor: Extractor): unknown {
  return extractor(req as ExtractorRequest)
}

/** The parsed body, or undefined where no parser has run. */
export function bodyOf(req: IncomingMessage): unknown {
  // Express's body parsers put it there; Node's type doesn't know.
  return (req as { readonly body?: unknown }).body
}

/** A parameter of the route, whatever type it has: Express 5 gives a list for a wildcard. */
export function paramOf(req: IncomingMessage, name: string): unknown {
  const { params } = req as { readonly params?: unknown }
  if (typeof params !== 'object' || params === null || !Object.hasOwn(params, name)) return undefined
  return (params as Readonly<Record<string, unknown>>)[name]
}
