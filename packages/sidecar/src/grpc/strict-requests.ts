/**
 * Reads requests strictly: a request that has too many elements, can't be decoded, or has text that isn't valid UTF-8, becomes
 * an `UnreadableRequest`, which the handlers reject as the caller's fault. The library alone would decode the first, report
 * the second as an internal failure, and silently change the third.
 */

import { isAscii } from 'node:buffer'
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js'
import { elementLimitOf, snakeCase } from '@rolesets/core'
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

/** The request, or an `UnreadableRequest`. */
export function readRequest(
  bytes: Buffer,
  { bounds, decode }: { readonly bounds: RequestBounds; readonly decode: RpcMethod['requestDeserialize'] },
): object {
  const { shape, fieldsMax } = bounds
  const problem =
    shape === undefined ? undefined : scanMessage(bytes, shape, { fieldsMax, elementsMax: decodedElementsMax })
  if (problem !== undefined) return new UnreadableRequest(refusalOf(problem))
  let request: object
  try {
    request = decode(bytes)
  } catch {
    return new UnreadableRequest(refusalOf({ kind: 'malformed' }))
  }
  if (isAscii(bytes)) return request
  const field = brokenTextIn(request, bytes)
  if (field === undefined) return request
  return new UnreadableRequest(new Refusal('invalid_field', `${field} must be valid UTF-8.`, { field }))
}

function refusalOf(problem: ScanProblem): Refusal {
  switch (problem.kind) {
    case 'malformed': {
      const remedy = 'Send the message type that the proto file names for this call.'
      return new Refusal('invalid_field', `The request can't be decoded. ${remedy}`)
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

const replacement = '\uFFFD'
const replacementBytes = Buffer.from(replacement)

/**
 * The decoder writes U+FFFD for bytes that aren't UTF-8. The caller may also have sent that character. So text is broken
 * only if the message has more of them than its bytes.
 */
function brokenTextIn(request: object, bytes: Buffer): string | undefined {
  const found = textsWithReplacement(request, '')
  if (found.length === 0) return undefined
  const sent = countOf(bytes, replacementBytes)
  const read = found.reduce((sum, { text }) => sum + text.split(replacement).length - 1, 0)
  return read > sent ? found[0]?.path : undefined
}

/** The paths are as in the proto file: `role_set`, `checks[3].role`. The name of a oneof is skipped. */
function textsWithReplacement(value: unknown, path: string): { path: string; text: string }[] {
  if (typeof value === 'string') return value.includes(replacement) ? [{ path, text: value }] : []
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((item, place) => textsWithReplacement(item, `${path}[${place}]`))
  return Object.entries(value).flatMap(([name, item]) => {
    const at = path === '' ? snakeCase(name) : `${path}.${snakeCase(name)}`
    return [...textsWithReplacement(name, `${path} key`), ...textsWithReplacement(item, at)]
  })
}

function countOf(bytes: Buffer, part: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(part); at !== -1; at = bytes.indexOf(part, at + part.length)) count++
  return count
}
