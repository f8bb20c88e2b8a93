/**
 * One operation of the API, declared once: router, validation of requests and the OpenAPI document come from it.
 *
 * `reading({ operation, method: 'get', path, params?, query?, response, handle })` answers what `handle` represents;
 * `writing({ …, body?, handle, represent })` answers `represent(value)` of what `handle` wrote, or, with `?dry_run=true`,
 * the impact. Handlers get parsed input and a scope; they translate and call the service, and no rule lives in them. What
 * they throw becomes the envelope; `fields` gives the rules' names of fields their names on this wire. A fault that no
 * rule knows is a `ClerkFailure`.
 */

import { z } from 'zod'
import type { ReadCall, WriteCall, Written } from '../../service/call.ts'
import type { Service } from '../../service/service.ts'
import type { ClerkCode } from './codes.ts'
import { ClerkFailure, clerkError, type FieldNames } from './envelope.ts'
import { flag } from './fields.ts'
import { impactSchema, representImpact } from './impact.ts'
import { parse } from './validation.ts'
import type { ApiVersion } from './version.ts'

/** What of a request an operation reads, not yet checked. */
export interface Given {
  readonly params: Readonly<Record<string, unknown>>
  /** One value, or all when there are several. */
  readonly query: Readonly<Record<string, string | readonly string[]>>
  /** Undefined: there was none. */
  readonly body: unknown
}

/** What a handler works with besides its input. */
export interface Scope {
  readonly service: Service
  readonly apiVersion: ApiVersion
}

export interface ReadScope extends Scope {
  readonly call: ReadCall
}

export interface WriteScope extends Scope {
  readonly call: WriteCall
}

/** What is sent. `changedAt` is the revision of the single thing that `body` is: it becomes the ETag. */
export interface Representation<Body = unknown> {
  readonly body: Body
  readonly revision: string
  readonly changedAt?: number | undefined
}

/** An operation as the router and the document see it. */
export interface Operation {
  readonly operation: string
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** As in OpenAPI: `/role_sets/{key_or_id}`. */
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly failures: readonly ClerkCode[]
  readonly fields: FieldNames
  readonly access: 'read' | 'secret'
  readonly writes: boolean
  /** Whatever the body is, it is passed over. */
  readonly ignoresBody?: true
  readonly schemas: {
    readonly params: z.ZodObject
    readonly query: z.ZodObject
    readonly body: z.ZodType | undefined
    readonly response: z.ZodType
  }
  /** @param call a read ignores what only writes have */
  readonly answer: (given: Given, scope: WriteScope) => Promise<Representation>
}

type Nothing = z.ZodObject<Record<never, never>>

interface Declared<Params extends z.ZodObject, Query extends z.ZodObject, Response extends z.ZodType> {
  /** The name in the document and in the metrics: of a write that is an RPC, the name of that. */
  readonly operation: string
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly params?: Params
  /** Unknown parameters of a read are ignored, those of a write refused: a mistyped `dry_run` must not write. */
  readonly query?: Query
  readonly response: Response
  /** Besides those that every operation can answer. */
  readonly failures?: readonly ClerkCode[]
  /** Rules' names of fields to names on this wire, where they differ. */
  readonly fields?: FieldNames
}

export interface Reading<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Response extends z.ZodType,
> extends Declared<Params, Query, Response> {
  /** Default: any key that is known. */
  readonly access?: 'read' | 'secret'
  readonly handle: (
    input: { readonly params: z.output<Params>; readonly query: z.output<Query> },
    scope: ReadScope,
  ) => Promise<Representation<z.input<Response>>>
}

export interface Writing<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Response extends z.ZodType,
  Body extends z.ZodType,
  Value,
> extends Declared<Params, Query, Response> {
  readonly method: 'post' | 'put' | 'patch' | 'delete'
  /** An empty body is the same as `{}`. */
  readonly body?: Body
  readonly ignoresBody?: true
  readonly handle: (input: Input<Params, Query, Body>, scope: WriteScope) => Promise<Written<Value>>
  readonly represent: (
    value: Value,
    given: { readonly input: Input<Params, Query, Body>; readonly scope: WriteScope },
  ) => z.input<Response> | Promise<z.input<Response>>
}

interface Input<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly params: z.output<Params>
  readonly query: z.output<Query>
  readonly body: z.output<Body>
}

export function reading<
  Response extends z.ZodType,
  Params extends z.ZodObject = Nothing,
  Query extends z.ZodObject = Nothing,
>(declared: Reading<Params, Query, Response>): Operation {
  const { params, query, response, access = 'read', fields = {}, failures = [], handle, ...rest } = declared
  const schemas = schemasOf({ params, query, response })
  return {
    ...rest,
    method: 'get',
    access,
    fields,
    failures,
    writes: false,
    schemas: { ...schemas, body: undefined },
    answer: async (given, scope) => {
      const input = { params: parse(schemas.params, given.params), query: parse(schemas.query, given.query) }
      return handle(input as Parameters<typeof handle>[0], scope)
    },
  }
}

export function writing<
  Response extends z.ZodType,
  Value,
  Params extends z.ZodObject = Nothing,
  Query extends z.ZodObject = Nothing,
  Body extends z.ZodType = z.ZodUndefined,
>(declared: Writing<Params, Query, Response, Body, Value>): Operation {
  const { params, query, response, body, fields = {}, failures = [], handle, represent, ...rest } = declared
  const schemas = schemasOf({ params, query, response })
  const accepted = z.strictObject({ ...schemas.query.shape, dry_run: flag })
  return {
    ...rest,
    access: 'secret',
    fields,
    failures,
    writes: true,
    schemas: { ...schemas, query: accepted, body, response: z.union([response, impactSchema(response)]) },
    answer: async (given, scope) => {
      const { dry_run: dryRun, ...asked } = parse<z.ZodType<{ readonly dry_run: boolean }>>(accepted, given.query)
      const read = { params: parse(schemas.params, given.params), query: asked, body: bodyOf(body, given.body) }
      const input = read as Input<Params, Query, Body>
      const own = { ...scope, call: { ...scope.call, dryRun } }
      const { value, impact, revision } = await handle(input, own)
      const resource = value === undefined ? null : await represent(value, { input, scope: own })
      if (dryRun) return { body: representImpact(impact, { resource, revision, fields }), revision }
      return { body: resource, revision, changedAt: rest.method === 'delete' ? undefined : changedAtOf(value) }
    },
  }
}

function schemasOf<Params extends z.ZodObject, Query extends z.ZodObject, Response extends z.ZodType>(given: {
  params: Params | undefined
  query: Query | undefined
  response: Response
}) {
  const { params = z.object({}), query = z.object({}), response } = given
  return { params, query, response }
}

function bodyOf(schema: z.ZodType | undefined, body: unknown): unknown {
  if (schema === undefined) return undefined
  if (body !== undefined) return parse(schema, body)
  if (schema instanceof z.ZodArray)
    throw new ClerkFailure(clerkError('request_body_invalid', 'The body is missing. Give a list.'))
  return parse(schema, {})
}

function changedAtOf(value: unknown): number | undefined {
  const isThing = typeof value === 'object' && value !== null && 'revision' in value
  return isThing && typeof value.revision === 'number' ? value.revision : undefined
}
