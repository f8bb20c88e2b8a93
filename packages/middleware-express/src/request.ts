/**
 * What the middlewares read of Express's request. Their types are Node's own request and response, so that they fit Express
 * 4 and 5 and do not change the types that Express infers for a route.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'

/** A middleware for Express 4 and 5. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void

/** The request that an extractor receives: Express's. */
export interface ExtractorRequest extends IncomingMessage {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
}

/**
 * A function of the application that finds something in a request. Its result comes from outside, so its type is unknown.
 * The type is taken from a method, because methods also accept a parameter of type `express.Request`.
 */
export type Extractor = { extract(this: void, req: ExtractorRequest): unknown }['extract']

/** Calls the extractor. At run time the request is Express's. */
export function extractFrom(req: IncomingMessage, extractor: Extractor): unknown {
  return extractor(req as ExtractorRequest)
}

/** The parsed body, or undefined if no body parser has run. */
export function bodyOf(req: IncomingMessage): unknown {
  // Express's body parsers set it. Node's type does not have it.
  return (req as { readonly body?: unknown }).body
}

/** A parameter of the route, of any type: in Express 5 a wildcard is a list. */
export function paramOf(req: IncomingMessage, name: string): unknown {
  const { params } = req as { readonly params?: unknown }
  if (typeof params !== 'object' || params === null || !Object.hasOwn(params, name)) return undefined
  return (params as Readonly<Record<string, unknown>>)[name]
}
