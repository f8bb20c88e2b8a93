/** The access keys of the API. The rules see only the stored part of a key: its name, its access and a digest. */

import { quoted, type AccessKey } from '@rolesets/core'
import { amend, stampNew } from './amend.ts'
import { checkLimit } from './check-limit.ts'
import { decidedTo, type Context, type Decided } from './decided.ts'
import { invalid, parseAccessKeyName, parseRef } from './fields.ts'
import { Refusal } from './refusal.ts'

/** Names of actors in the audit: the keys of the configuration, and the sidecar itself. Stored keys can't have them, in any case. */
const reservedNames: readonly string[] = ['admin', 'read', 'rolesets']

export interface CreateAccessKeyInput {
  readonly name: string
  /** Not given: secret, which opens everything. */
  readonly access?: AccessKey['access'] | undefined
}

export interface RevokeAccessKeyInput {
  /** Name or id. */
  readonly accessKey: string
}

/** @param facts `existing`: the key that has the name; `count`: the number of keys, revoked ones included; `digest`: of the new key */
export function createAccessKey(
  input: CreateAccessKeyInput,
  facts: { readonly existing: AccessKey | undefined; readonly count: number; readonly digest: string },
  context: Context,
): Decided<AccessKey> {
  const name = parseAccessKeyName(input.name)
  const access = parseAccess(input.access)
  if (reservedNames.includes(name.toLowerCase()))
    throw accessKeyExists(name, 'is reserved for the keys of the configuration')
  if (facts.existing !== undefined) throw accessKeyExists(name, `belongs to the access key ${facts.existing.id}`)
  const count = facts.count + 1
  checkLimit('accessKeysMax', count, { subject: 'The store would hold', unit: 'access keys', field: 'name' })
  const content = { id: context.newId('key'), name, access, digest: facts.digest, revokedAt: null }
  return decidedTo('access_key', null, { ...content, ...stampNew(context) })
}

/** Revoking a revoked key changes nothing, so the call can be repeated. */
export function revokeAccessKey(
  input: RevokeAccessKeyInput,
  { accessKey: before }: { readonly accessKey: AccessKey | undefined },
  context: Context,
): Decided<AccessKey> {
  const ref = parseRef(input.accessKey, 'access_key')
  if (before === undefined) throw accessKeyNotFound(ref)
  return decidedTo('access_key', before, amend(before, { revokedAt: before.revokedAt ?? context.now }, context))
}

/** Names are compared without case: `CI` and `ci` in a history would look like one actor. What is no text names none. */
export function accessKeyNamed(accessKeys: readonly AccessKey[], name: unknown): AccessKey | undefined {
  if (typeof name !== 'string') return undefined
  const wanted = name.toLowerCase()
  return accessKeys.find((key) => key.name.toLowerCase() === wanted)
}

/** The id comes first, so that a name that looks like an id can't take its place. A store of an earlier version can have `CI` beside `ci`. */
export function accessKeyOf(accessKeys: readonly AccessKey[], ref: string): AccessKey | undefined {
  const exact = accessKeys.find(({ id }) => id === ref) ?? accessKeys.find(({ name }) => name === ref)
  return exact ?? accessKeyNamed(accessKeys, ref)
}

function parseAccess(value: unknown): AccessKey['access'] {
  if (value === undefined || value === 'secret') return 'secret'
  if (value === 'read') return value
  throw invalid('access', 'must be secret or read.')
}

function accessKeyExists(name: string, problem: string): Refusal {
  const message = `The name ${quoted(name)} ${problem}. Choose another name. The name of a revoked key can't be used again.`
  return new Refusal('access_key_exists', message, { field: 'name', facts: { access_key: name } })
}

function accessKeyNotFound(ref: string): Refusal {
  const message = `There is no access key ${quoted(ref)}. Use the name or id of an existing key.`
  return new Refusal('access_key_not_found', message, { field: 'access_key', facts: { access_key: ref } })
}
