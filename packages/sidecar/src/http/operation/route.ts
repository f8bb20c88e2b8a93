/**
 * One operation of the API, declared once: the router, the validation of requests and the OpenAPI document come from it.
 *
 * `reading`, `listing` and `writing` take the schemas of the request and of the answer, `handle` and `represent`. `handle`
 * gets the parsed request as one object, with its fields under the names that the rules have for them (`fields` says which
 * differ), and calls the service; no rule is decided here. `represent` makes the answer from what `handle` returned; with
 * `?dry_run=true` a write answers with its impact instead. A rule's error becomes the envelope, with the names of this
 * wire. Faults that only this API knows are thrown as `ClerkFailure`.
 */

import { z } from 'zod'
import type { Found, Listed, ReadCall, WriteCall, Written } from '../../service/operations/call.ts'
import type { Service } from '../../service/service.ts'
import type { ApiVersion, ClerkCode } from '@rolesets/core'
import { failure, type Words } from './envelope.ts'
import { count } from './fields.ts'
import { flag, paging } from './parameters.ts'
import { representImpact, writtenSchema } from './impact.ts'
import { inRulesWords, type FieldNames, type InRulesWords } from './names.ts'
import type { QueryValues } from './query.ts'
import { parse } from './validation.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** The parts of a request that an operation reads, before they are checked. */
export interface Given {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: QueryValues
  /** Undefined: the request has no body. */
  readonly body: unknown
}

/** What an operation works with besides its input. */
export interface Scope<Call = ReadCall> {
  readonly service: Service
  readonly apiVersion: ApiVersion
  readonly call: Call
}

export type WriteScope = Scope<WriteCall>

/** The answer. `changedAt` is the revision of the single thing in `body`: it becomes the ETag. */
export interface Representation {
  readonly body: unknown
  readonly revision: string
  readonly changedAt?: number | undefined
  /** Nothing was written: `body` is the impact. */
  readonly isDryRun?: boolean
}

/** An operation as the router and the document see it. */
export interface Operation {
  /** The name in the document and in the metrics: of a write that is an RPC, the name of the RPC. */
  readonly operation: string
  readonly method: Lowercase<Method>
  /** As in OpenAPI: `/role_sets/{key_or_id}`. */
  readonly path: string
  readonly summary: string
  readonly failures: readonly ClerkCode[]
  readonly words: Words
  readonly access: 'read' | 'secret'
  readonly writes: boolean
  /** It can be made on behalf of a user (rule 18), whom a header names. */
  readonly isOnBehalf?: boolean
  /** The body is not read. */
  readonly ignoresBody?: boolean
  readonly schemas: {
    readonly params: z.ZodObject
    readonly query: z.ZodObject
    readonly body: z.ZodType | undefined
    readonly response: z.ZodType
  }
  /** @param scope a read ignores what only writes have */
  readonly answer: (given: Given, scope: WriteScope) => Promise<Representation>
}

type Shape = Readonly<Record<string, z.ZodType>>
// An object without fields: what an operation has that declares no parameters.
type NoFields = Readonly<Record<never, never>>

interface Declared<Params extends Shape, Query extends Shape, Names extends FieldNames> {
  readonly summary: string
  readonly params?: Params
  /** All that there are: others are rejected, because a filter that is ignored shows too much, and a dry run writes. */
  readonly query?: Query
  /** Besides the failures that every operation with such a path can answer with. */
  readonly failures?: readonly ClerkCode[]
  readonly fields?: Names
  readonly codes?: Words['codes']
}

/** A body that isn't an object is a field of its own. */
type Input<Fields extends Shape, Names extends FieldNames, Body extends z.ZodType = z.ZodUndefined> = InRulesWords<
  z.output<z.ZodObject<Fields>> & (Body extends z.ZodObject ? z.output<Body> : { readonly body: z.output<Body> }),
  Names
>

/** @param route as in OpenAPI: `GET /role_sets/{key_or_id}` */
export function reading<
  Response extends z.ZodType,
  Value,
  const Params extends Shape = NoFields,
  const Query extends Shape = NoFields,
  const Names extends FieldNames = NoFields,
>(
  operation: string,
  route: Route<'GET'>,
  declared: Declared<Params, Query, Names> & {
    /** Default: any valid key. */
    readonly access?: 'read' | 'secret'
    readonly response: Response
    readonly handle: (input: Input<Params & Query, Names>, scope: Scope) => Promise<Found<Value>>
    readonly represent: (value: Value, scope: Scope) => z.input<Response>
    /** Default: the revision that the value has, if it has one. */
    readonly changedAt?: (value: Value) => number
  },
): Operation {
  const { params, query, response, fields = {}, access = 'read', handle, represent, changedAt = changedAtOf } = declared
  const schemas = { params: z.object(params ?? {}), query: z.strictObject(query ?? {}), body: undefined, response }
  const answer: Operation['answer'] = async (given, scope) => {
    const input = inputOf(given, schemas, fields) as unknown as Parameters<typeof handle>[0]
    const { value, revision } = await handle(input, scope)
    return { body: represent(value, scope), revision, changedAt: changedAt(value) }
  }
  return { ...shownOf(operation, route, declared), access, writes: false, schemas, answer }
}

/** The parameters of Clerk's lists, under the names that the service has for them. */
const listNames = { text: 'query', order: 'order_by' } as const

/** A read of a list, by offset: with `limit` and `offset` besides the parameters that it declares. */
export function listing<
  Item extends z.ZodType,
  View,
  const Params extends Shape = NoFields,
  const Query extends Shape = NoFields,
  const Names extends FieldNames = NoFields,
>(
  operation: string,
  route: Route<'GET'>,
  declared: Declared<Params, Query, Names> & {
    /** Of one item. */
    readonly response: Item
    readonly handle: (
      input: Input<Params & Query & typeof paging, Names & typeof listNames>,
      scope: Scope,
    ) => Promise<Listed<View>>
    readonly represent: (view: View, scope: Scope) => z.input<Item>
  },
): Operation {
  const { response, query, fields, handle, represent, ...rest } = declared
  return reading(operation, route, {
    ...rest,
    query: { ...paging, ...query },
    fields: { ...listNames, ...fields },
    response: listObject(response),
    handle: async (input, scope) => {
      const { revision, ...value } = await handle(input as unknown as Parameters<typeof handle>[0], scope)
      return { value, revision }
    },
    represent: ({ items, total }, scope) => ({ data: items.map((view) => represent(view, scope)), total_count: total }),
  })
}

/** A page of a list. Without `total_count` Clerk's clients return a bare array. */
export function listObject<Item extends z.ZodType>(item: Item) {
  return z.object({ data: z.array(item), total_count: count })
}

export function writing<
  Response extends z.ZodType,
  Value,
  const Params extends Shape = NoFields,
  const Query extends Shape = NoFields,
  const Names extends FieldNames = NoFields,
  Body extends z.ZodType = z.ZodUndefined,
>(
  operation: string,
  route: Route<Exclude<Method, 'GET'>>,
  declared: Declared<Params, Query, Names> & {
    /** It can end an organization's last administrator, so it takes `allow_no_administrator` (rule 19). */
    readonly endsAdministrators?: true
    /** It gives or takes roles, so that it can be made on behalf of a user (rule 18). */
    readonly onBehalf?: true
    /** A strict object, or a list of such. An empty body is the same as `{}`. */
    readonly body?: Body
    readonly ignoresBody?: true
    readonly response: Response
    readonly handle: (input: Input<Params & Query, Names, Body>, scope: WriteScope) => Promise<Written<Value>>
    readonly represent: (value: Value, scope: WriteScope) => z.input<Response> | Promise<z.input<Response>>
    /** Default: the revision that the value has, if it has one. */
    readonly changedAt?: (value: Value) => number
  },
): Operation {
  const { params, query, body, response, fields = {}, handle, represent, changedAt = changedAtOf } = declared
  const { endsAdministrators, onBehalf } = declared
  const schemas = {
    params: z.object(params ?? {}),
    query: z.strictObject({ ...query, ...(endsAdministrators && { allow_no_administrator: flag }), dry_run: flag }),
    body,
    response: writtenSchema(response),
  }
  const failures = [...(declared.failures ?? []), ...(onBehalf ? failuresOnBehalf : [])]
  const flags = { ignoresBody: declared.ignoresBody ?? false, isOnBehalf: onBehalf ?? false }
  const shown = { ...shownOf(operation, route, { ...declared, failures }), ...flags }
  const answer: Operation['answer'] = async (given, scope) => {
    const { dryRun, allowNoAdministrator, ...input } = inputOf(given, schemas, fields)
    const how = { dryRun: dryRun === true, allowNoAdministrator: allowNoAdministrator === true }
    const own = { ...scope, call: { ...scope.call, ...how } }
    const { value, impact, revision } = await handle(input as unknown as Parameters<typeof handle>[0], own)
    const resource = value === undefined ? null : await represent(value, own)
    if (own.call.dryRun)
      return { body: representImpact(impact, { resource, revision, words: shown.words }), revision, isDryRun: true }
    const isThing = value !== undefined && shown.method !== 'delete'
    return { body: resource, revision, changedAt: isThing ? changedAt(value) : undefined }
  }
  return { ...shown, access: 'secret', writes: true, schemas, answer }
}

const failuresOnBehalf = ['missing_organization_permission', 'grant_exceeds_own'] as const

/** Whether the query of a write asks for a dry run. @throws ClerkFailure */
export function isDryRun(query: QueryValues): boolean {
  return parse(z.looseObject({ dry_run: flag }), query).dry_run === true
}

type Route<Allowed extends Method> = `${Allowed} /${string}`

function shownOf(operation: string, route: Route<Method>, declared: Declared<Shape, Shape, FieldNames>) {
  const { summary, failures = [], fields = {}, codes = {} } = declared
  const [method = '', path = ''] = route.split(' ')
  return {
    operation,
    method: method.toLowerCase() as Lowercase<Method>,
    path,
    summary,
    failures,
    words: { fields, codes },
  }
}

function inputOf(given: Given, { params, query, body }: Operation['schemas'], fields: FieldNames) {
  const [fromQuery, fromParams] = [parse(query, given.query), parse(params, given.params)]
  return inRulesWords<Readonly<Record<string, unknown>>, FieldNames>(
    { ...fromParams, ...fromQuery, ...parseBody(body, given.body) },
    fields,
  )
}

const noFields = z.strictObject({})

/** A write without a body accepts an empty one only: with a field that isn't read it must not write. */
function parseBody(schema: z.ZodType | undefined, body: unknown): object {
  if (schema === undefined) return parse(noFields, body === undefined ? {} : body)
  if (schema instanceof z.ZodObject) return parse(schema, body === undefined ? {} : body)
  if (body === undefined) throw failure('request_body_invalid', 'The body is missing. Send a list.')
  return { body: parse(schema, body) }
}

function changedAtOf(value: unknown): number | undefined {
  const isThing = typeof value === 'object' && value !== null && 'revision' in value
  return isThing && typeof value.revision === 'number' ? value.revision : undefined
}
