/** Keys that open the API. The rules see only what is kept of a key: its name, what it opens, and a digest. */

import { type AccessKey, type Change, quoted, put } from '@rolesets/core'
import { amend, stampNew } from './amend.ts'
import { noImpact, type Context, type Decided } from './decided.ts'
import { invalid, parseAccessKeyName, parseRef } from './fields.ts'
import { Refusal } from './refusal.ts'
import { checkLimit } from './check-limit.ts'

/** Whom the audit names when a key of the configuration was used, or none. Keys of the store are called otherwise. */
const reservedNames: readonly string[] = ['admin', 'read', 'rolesets']

export interface CreateAccessKey {
  readonly name: string
  /** Not given: secret, which opens everything. */
  readonly access?: AccessKey['access'] | undefined
}

export interface RevokeAccessKey {
  /** Name or id. */
  readonly accessKey: string
}

/** @param facts `existing`: the key that has the name; `count`: how many there are, revoked ones too; `digest`: of the new key */
export function createAccessKey(
  input: CreateAccessKey,
  facts: { readonly existing: AccessKey | undefined; readonly count: number; readonly digest: string },
  context: Context,
): Decided<AccessKey> {
  const name = parseAccessKeyName(input.name)
  const access = parseAccess(input.access)
  const owner = reservedNames.includes(name) ? 'the configuration' : facts.existing?.id
  if (owner !== undefined) throw accessKeyExists(name, owner)
  const count = facts.count + 1
  checkLimit('accessKeysMax', count, { subject: 'The store would hold', unit: 'access keys', field: 'name' })
  const content = { id: context.newId('key'), name, access, digest: facts.digest, revokedAt: null }
  const accessKey: AccessKey = { ...content, ...stampNew(context) }
  return { changes: [put('access_key', accessKey, null)], impact: noImpact, value: accessKey }
}

/** Revoking what is revoked changes nothing, so that a call can be repeated. */
export function revokeAccessKey(
  input: RevokeAccessKey,
  facts: { readonly accessKey: AccessKey | undefined },
  context: Context,
): Decided<AccessKey> {
  const ref = parseRef(input.accessKey, 'access_key')
  const before = facts.accessKey
  if (before === undefined) throw accessKeyNotFound(ref)
  const accessKey = before.revokedAt === null ? amend(before, { revokedAt: context.now }, context) : before
  const changes: Change[] = accessKey === before ? [] : [put('access_key', accessKey, before)]
  return { changes, impact: noImpact, value: accessKey }
}

function parseAccess(value: unknown): AccessKey['access'] {
  if (value === undefined || value === 'secret') return 'secret'
  if (value === 'read') return value
  throw invalid('access', 'is neither secret nor read.')
}

function accessKeyExists(name: string, owner: string): Refusal {
  const message = `The name ${quoted(name)} is taken by ${owner}. Choose another one; the name of a revoked key stays taken.`
  return new Refusal('access_key_exists', message, { field: 'name', facts: { access_key: name } })
}

function accessKeyNotFound(ref: string): Refusal {
  const message = `There is no access key ${quoted(ref)}. Name one that exists by name or id.`
  return new Refusal('access_key_not_found', message, { field: 'access_key', facts: { access_key: ref } })
}
