/**
 * Calls that a replica passes on to its authority, as bytes. The caller is admitted here first, and there again: a caller's
 * key is sent on as it came.
 */

import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js'
import type { PassedCall, Passing } from '../service/passing.ts'
import type { Access } from './authenticate.ts'
import { serverStream, unary, type Call, type Endpoint } from './handler.ts'

/** What a replica answers itself: decisions, the feed, and the catalogue and organizations as they are in its store. */
const answeredHere: ReadonlySet<string> = new Set([
  'Check',
  'BatchCheck',
  'ListAvailableRoles',
  'GetPermission',
  'ListPermissions',
  'GetRole',
  'ListRoles',
  'GetRoleSet',
  'ListRoleSets',
  'ListScopeKinds',
  'GetOrganization',
  'ListOrganizations',
  'GetSettings',
  'ListAccessKeys',
])

const headerNames = [
  'authorization',
  'x-rolesets-actor',
  'x-rolesets-acting-user',
  'traceparent',
  'tracestate',
] as const

interface Service<Definition> {
  readonly definition: Definition
  readonly handlers: object
}

/** The same service, of which most calls are passed on. */
export function passedOn<Definition extends ServiceDefinition>(
  { definition, handlers }: Service<Definition>,
  passing: Passing,
  endpoint: Endpoint,
): Service<Definition> {
  const methods: Record<string, unknown> = {}
  const passed: Record<string, unknown> = { ...handlers }
  for (const [name, method] of Object.entries<MethodDefinition<unknown, unknown>>(definition)) {
    if (answeredHere.has(name)) {
      methods[name] = method
      continue
    }
    methods[name] = { ...method, requestDeserialize: asItIs, responseSerialize: asItIs }
    const { access } = (handlers as Readonly<Record<string, { readonly access: Access }>>)[name] ?? {}
    if (access === undefined) throw new Error(`${method.path} has no access.`)
    passed[name] = handlerOf(method, { access, passing, endpoint })
  }
  // Each method has the name and the path that it had.
  return { definition: methods as unknown as Definition, handlers: passed }
}

const asItIs = (bytes: Buffer) => bytes

interface Handling {
  readonly access: Access
  readonly passing: Passing
  readonly endpoint: Endpoint
}

function handlerOf({ path, responseStream }: MethodDefinition<unknown, unknown>, handling: Handling): object {
  const { access, passing, endpoint } = handling
  const passedCall = (
    request: Buffer,
    call: Pick<Call, 'metadata' | 'identity' | 'signal' | 'deadline'>,
  ): PassedCall => ({
    ...{ path, request, signal: call.signal, deadline: call.deadline },
    headers: headersOf(call, access === 'member' ? passing.ownKey : undefined),
  })
  if (responseStream)
    return serverStream(endpoint, access, (request: Buffer, call) => passing.passStream(passedCall(request, call)))
  return unary(endpoint, access, async (request: Buffer, call) => passing.pass(passedCall(request, call)))
}

/** @param ownKey for a caller who was admitted without a key */
function headersOf({ metadata, identity }: Pick<Call, 'metadata' | 'identity'>, ownKey: string | undefined) {
  const headers: Record<string, string> = {}
  for (const name of headerNames) {
    const [value] = metadata.get(name)
    if (value !== undefined) headers[name] = String(value)
  }
  if (identity === undefined && ownKey !== undefined) headers['authorization'] = `Bearer ${ownKey}`
  return headers
}
