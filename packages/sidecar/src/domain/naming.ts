/** Keys, names and descriptions of permissions, roles and role sets; each of key and name can be made from the other. */

import { invalid, parseDescription, parseKey, parseName } from './fields.ts'

/** The part of an update that these things share. Undefined: it stays as it is. */
export interface NamedUpdate {
  readonly key?: string | undefined
  readonly name?: string | undefined
  readonly description?: string | undefined
}

/** The part of a new thing. The name is made from the key if it is empty or not given. */
export interface NewNamed extends NamedUpdate {
  readonly key: string
}

type KeyParser = (value: unknown) => string

export function parseNewNamed(input: NewNamed, parseOwnKey: KeyParser) {
  const key = parseOwnKey(input.key)
  return { key, name: parseNameOr(key, input.name), description: parseDescription(input.description ?? '') }
}

export function parseNamedUpdate({ key, name, description }: NamedUpdate, parseOwnKey: KeyParser): NamedUpdate {
  return {
    key: key === undefined ? undefined : parseOwnKey(key),
    name: name === undefined ? undefined : parseName(name),
    description: description === undefined ? undefined : parseDescription(description),
  }
}

/** `role_set:pro_plan` becomes `Pro plan`, `org:reports:read` becomes `Reports read`. */
function nameFromKey(key: string): string {
  const words = key.split(':').slice(1).join(' ').replace(/_+/g, ' ').trim()
  return words === '' ? key : words.charAt(0).toUpperCase() + words.slice(1)
}

/** `Pro Plan (2026)` becomes `role_set:pro_plan_2026`. */
export function roleSetKeyFromName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
  const word = plain
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 100)
  if (word === '')
    throw invalid(
      'key',
      "is missing and can't be made from the name, which has no letter a-z and no digit. Give a key of the form role_set:<name>.",
    )
  return parseKey('role_set', `role_set:${word}`)
}

/** A name that was given, or else one made from the key. Empty is the same as not given. */
export function parseNameOr(key: string, value: unknown, field = 'name'): string {
  return value === undefined || value === '' ? nameFromKey(key) : parseName(value, field)
}
