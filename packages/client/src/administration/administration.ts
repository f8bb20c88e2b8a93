/**
 * `client.admin`: checks each request field by field and sends it. All later answers are at least as new as its
 * revision.
 */

import { formatRevision } from '@rolesets/core'
import { parseDurationMs, parseObject, parseSignal } from '../arguments.ts'
import { invalidArgument } from '../errors.ts'
import type { Calls } from '../wire/calls.ts'
import { objectOf, revision } from '../wire/reading.ts'
import {
  accesses,
  grantPolicies,
  invitationStatuses,
  lastAdministrators,
  roleSetTypes,
  scopeFallbackNames,
} from '../wire/resources.ts'
import type { AdminOptions, Administration } from './calls.ts'
import { callFields, describedScope, type FieldKind, type ScalarKind } from './fields.ts'

/** A write may wait for the disk, and for all members of a role. */
const deadlineMsDefault = 10_000
/** Levels of metadata in each other; the sidecar takes fewer. */
const metadataDepthMax = 32

type Fields = { readonly [field: string]: unknown }

const readRevision = objectOf('the answer', { revision })

export interface AdministrationOptions {
  readonly calls: Calls
  /** Called before a write goes out; what it returns is called with the revision that was written. */
  readonly beginWrite: () => (revision: string) => void
  readonly backup: Administration['backup']
}

/** Those with one request and one reply. */
type CallName = Exclude<keyof Administration, 'backup'>

export function createAdministration({ calls, beginWrite, backup }: AdministrationOptions): Administration {
  const call = async (name: CallName, unparsed: unknown, options: unknown): Promise<unknown> => {
    const kinds: { readonly [field: string]: FieldKind } = callFields[name]
    const request = parseFields(unparsed ?? {}, kinds, '')
    const limits = parseAdminOptions(options)
    const method = `Administration/${name.charAt(0).toUpperCase()}${name.slice(1)}`
    const isWrite = 'dryRun' in kinds
    if (!isWrite) {
      const reply = await calls.read(method, request, limits)
      readRevision(reply)
      return reply
    }
    const written = beginWrite()
    const reply = await calls.write(method, request, limits)
    const committed = formatRevision(readRevision(reply).revision)
    if (request['dryRun'] !== true) written(committed)
    return reply
  }
  const names = Object.keys(callFields) as CallName[]
  const entries = names.map((name) => [name, (request: unknown, options?: unknown) => call(name, request, options)])
  // The table has exactly the calls of the interface; the compiler has seen to it.
  return Object.freeze({ ...Object.fromEntries(entries), backup }) as Administration
}

function parseAdminOptions(value: unknown) {
  const { deadlineMs, signal, actor } = parseObject(value ?? {}, 'options') as AdminOptions
  return {
    deadlineMs: deadlineMs === undefined ? deadlineMsDefault : parseDurationMs(deadlineMs, 'deadlineMs'),
    signal: parseSignal(signal),
    actor: actor === undefined ? undefined : parseActor(actor),
  }
}

/** It travels as a header, which takes visible ASCII only. */
function parseActor(value: unknown): string {
  if (typeof value === 'string' && /^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(value)) return value
  throw invalidArgument('actor', 'must be 1 to 255 visible ASCII characters.')
}

function parseFields(value: unknown, kinds: { readonly [field: string]: FieldKind }, path: string): Fields {
  const request = parseObject(value, path === '' ? 'request' : path)
  for (const field of Object.keys(request)) {
    if (!Object.hasOwn(kinds, field)) throw invalidArgument(path + field, 'is not a field of this call.')
  }
  const parsed: { [field: string]: unknown } = {}
  for (const [field, kind] of Object.entries(kinds)) {
    const each = (request as Fields)[field]
    if (each !== undefined) parsed[field] = parseField(each, kind, path + field)
    else if (kind === 'name') throw invalidArgument(path + field, 'is missing.')
    else if (kind === 'unlessRoles' && (request as Fields)['roles'] === undefined)
      throw invalidArgument(path + field, 'is missing. Give it, or roles.')
    else if (kind === 'behalf' && field in request)
      throw invalidArgument(path + field, 'is undefined. Leave it out to make a call that is checked for no user.')
  }
  return parsed
}

function parseField(value: unknown, kind: FieldKind, path: string): unknown {
  if (typeof kind === 'string') return scalars[kind](value, path)
  return parseEach(value, kind.each, path)
}

function parseEach(value: unknown, kinds: { readonly [field: string]: FieldKind }, path: string): readonly Fields[] {
  if (!Array.isArray(value)) throw invalidArgument(path, 'must be a list.')
  return value.map((entry, at) => parseFields(entry, kinds, `${path}[${at}].`))
}

type Parser = (value: unknown, path: string) => unknown

function checked(isFit: (value: unknown) => boolean, description: string): Parser {
  return (value, path) => {
    if (isFit(value)) return value
    throw invalidArgument(path, description)
  }
}

const isWhole = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0

const scalars: { readonly [Kind in ScalarKind]: Parser } = {
  name: checked((value) => typeof value === 'string' && value !== '', 'must be a string that is not empty.'),
  text: checked((value) => typeof value === 'string', 'must be a string.'),
  unlessRoles: checked((value) => typeof value === 'string' && value !== '', 'must be a string that is not empty.'),
  behalf: checked((value) => typeof value === 'string' && value !== '', 'must be the id of a user.'),
  texts: parseTexts,
  keyList: (value, path) => ({ keys: parseTexts(value, path) }),
  flag: checked((value) => typeof value === 'boolean', 'must be true or false.'),
  count: checked((value) => isWhole(value) && (value as number) < 2 ** 31, 'must be a whole number.'),
  long: checked(isWhole, 'must be a whole number.'),
  roleSetType: oneOf(roleSetTypes),
  scopeFallback: oneOf(scopeFallbackNames),
  access: oneOf(accesses),
  grantPolicy: oneOf(grantPolicies),
  lastAdministrator: oneOf(lastAdministrators),
  invitationStatuses: (value, path) => parseTexts(value, path).map((each) => oneOf(invitationStatuses)(each, path)),
  mappings: parseMappings,
  describedScopes: (value, path) => ({ scopes: parseEach(value, describedScope, path) }),
  metadata: (value, path) => parseJson(parseObject(value, path), path, 1),
}

function oneOf(values: readonly unknown[]): Parser {
  const description = `must be ${values.slice(0, -1).join(', ')} or ${String(values.at(-1))}.`
  return checked((value) => values.includes(value), description)
}

function parseTexts(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value) && value.every((text) => typeof text === 'string')) return value
  throw invalidArgument(path, 'must be a list of strings.')
}

function parseMappings(value: unknown, path: string): object {
  const entries = Object.entries(parseObject(value, path))
  if (entries.every(([, to]) => typeof to === 'string')) return Object.fromEntries(entries)
  throw invalidArgument(path, 'must be an object from role to role.')
}

/** A copy that is nothing but JSON. */
function parseJson(value: unknown, path: string, depth: number): unknown {
  if (depth > metadataDepthMax) throw invalidArgument(path, `is more than ${metadataDepthMax} levels deep.`)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value)) return value.map((each, at) => parseJson(each, `${path}[${at}]`, depth + 1))
  if (typeof value !== 'object') throw invalidArgument(path, 'is not JSON.')
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(entries.map(([key, each]) => [key, parseJson(each, `${path}.${key}`, depth + 1)]))
}
