/**
 * Reads requests strictly: a request that has too many elements, can't be decoded, or has text that isn't valid UTF-8, becomes
 * an `UnreadableRequest`, which the handlers reject as the caller's fault. The library alone would decode the first, report
 * the second as an internal failure, and silently change the third.
 */

import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js'
import { elementLimitOf } from '@rolesets/core'
import { scanMessage, type ScanProblem } from '@rolesets/proto'
import { Refusal } from '../domain/refusal.ts'
import { decodedElementsMax, type RequestBounds } from './request-bounds.ts'

export type RpcMethod = MethodDefinition<object, object>

/** Stands for a request that is refused as a whole. */
export class UnreadableRequest {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    this.refusal = refusal
  }
}

/** The same service, whose requests arrive as they came. `incoming-calls.ts` unpacks, counts and decodes them. */
export function undecoded<Definition extends ServiceDefinition>(service: Definition): Definition {
  const methods = Object.entries<RpcMethod>(service).map(([name, method]) => {
    // The library passes on what the deserializer returns.
    return [name, { ...method, requestDeserialize: (bytes: Buffer) => bytes }]
  })
  return Object.fromEntries(methods) as Definition
}

/** A method whose proto file is loaded with its first call, so that the sidecar starts quickly. */
export function methodOnDemand(path: string, load: () => RpcMethod): RpcMethod {
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: (request) => load().requestSerialize(request),
    requestDeserialize: (bytes) => load().requestDeserialize(bytes),
    responseSerialize: (response) => load().responseSerialize(response),
    responseDeserialize: (bytes) => load().responseDeserialize(bytes),
  }
}

interface Reading {
  readonly bounds: RequestBounds
  readonly decode: RpcMethod['requestDeserialize']
  /** How many there were on the network. */
  readonly sentBytes: number
}

/** A compressed request, too, must be sent by whoever wants it decoded. A plain one never has more than one in two bytes. */
const fieldsPerSentByteMax = 4
/** More than the largest batch of equal questions has, which becomes very small. */
const fieldsAlwaysAllowed = 50_000

/** The request, or an `UnreadableRequest`. */
export function readRequest(bytes: Buffer, { bounds, decode, sentBytes }: Reading): object {
  const { shape } = bounds
  const fieldsMax = Math.min(bounds.fieldsMax, Math.max(sentBytes * fieldsPerSentByteMax, fieldsAlwaysAllowed))
  const problem =
    shape === undefined ? undefined : scanMessage(bytes, shape, { fieldsMax, elementsMax: decodedElementsMax })
  if (problem !== undefined) return new UnreadableRequest(refusalOf(problem))
  try {
    return decode(bytes)
  } catch {
    return new UnreadableRequest(refusalOf({ kind: 'malformed' }))
  }
}

function refusalOf(problem: ScanProblem): Refusal {
  switch (problem.kind) {
    case 'malformed': {
      const remedy = 'Send the message type that the proto file names for this call.'
      return new Refusal('invalid_field', `The request can't be decoded. ${remedy}`)
    }
    case 'broken_text': {
      const { path: field } = problem
      return new Refusal('invalid_field', `${field} must be valid UTF-8.`, { field })
    }
    case 'too_many_fields': {
      const message = `The request has more than ${problem.max} fields. Send less at once.`
      return new Refusal('limit_exceeded', message, { facts: { max: String(problem.max) } })
    }
    case 'too_many_elements': {
      const { path: field, name } = problem
      const { max, limit } = elementLimitOf(name)
      const called = limit === undefined ? 'the limit' : `the limit ${limit}`
      const message = `${field} has more than ${problem.max} elements; ${called} is ${max}. Remove some, or send fewer.`
      const facts = { max: String(max), ...(limit === undefined ? {} : { limit }) }
      return new Refusal('limit_exceeded', message, { field, facts })
    }
  }
}
