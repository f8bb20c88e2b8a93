/**
 * Reads requests strictly: a request that can't be decoded, or has text that isn't valid UTF-8, becomes an `UnreadableRequest`,
 * which the handlers reject as the caller's fault. The library alone would report the first as an internal failure, and
 * would silently change the second.
 */

import { isAscii } from 'node:buffer'
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js'
import { snakeCase } from '@rolesets/core'

export type RpcMethod = MethodDefinition<object, object>

/** Stands for a request that is malformed. */
export class UnreadableRequest {
  readonly problem: string
  /** The field at fault, where one is known. */
  readonly field: string | undefined

  constructor(problem: string, field?: string) {
    this.problem = problem
    this.field = field
  }
}

/** The same service, whose requests may be `UnreadableRequest`. The handlers of `handler.ts` look for it. */
export function strictly<Definition extends ServiceDefinition>(service: Definition): Definition {
  const methods = Object.entries<RpcMethod>(service).map(([name, method]) => {
    const requestDeserialize = (bytes: Buffer) => readStrictly(bytes, method.requestDeserialize)
    return [name, { ...method, requestDeserialize }]
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

function readStrictly(bytes: Buffer, read: (bytes: Buffer) => object): object {
  let request: object
  try {
    request = read(bytes)
  } catch {
    return new UnreadableRequest(
      "The request can't be decoded. Send the message type that the proto file names for this call.",
    )
  }
  if (isAscii(bytes)) return request
  const field = brokenTextIn(request, bytes)
  return field === undefined ? request : new UnreadableRequest(`${field} must be valid UTF-8.`, field)
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
