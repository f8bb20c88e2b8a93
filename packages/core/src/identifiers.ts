/** What keys and ids look like, and which texts can't be stored at all. */

import { limits } from './limits.ts'

export type KeyKind = 'permission' | 'role' | 'role_set'

export const keySyntax = {
  permission: { pattern: /^org:[a-z0-9_]+:[a-z0-9_]+$/, form: 'org:<feature>:<action>' },
  role: { pattern: /^org:[a-z0-9_]+$/, form: 'org:<name>' },
  role_set: { pattern: /^role_set:[a-z0-9_]+$/, form: 'role_set:<name>' },
} as const satisfies Record<KeyKind, { pattern: RegExp; form: string }>

/** Control characters would hide in logs and lists. */
const control = /\p{Cc}/u
/** A lone surrogate can't be written as UTF-8, so the text would come back changed. */
const loneSurrogate = /\p{Surrogate}/u

export type UnfitCharacters = 'control characters' | 'half of a character'

/** @returns what a text contains that no text may contain, or undefined */
export function unfitCharactersIn(text: string): UnfitCharacters | undefined {
  if (control.test(text)) return 'control characters'
  return loneSurrogate.test(text) ? 'half of a character' : undefined
}

/** Whether this can be the id or the key of a thing: 1 to 255 characters, not blank, all of them fit. */
export function isIdentifier(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.trim() !== '' &&
    countCharacters(value) <= limits.idCharactersMax &&
    unfitCharactersIn(value) === undefined
  )
}

/** Unicode characters: an emoji outside of the basic plane counts as one. */
export function countCharacters(text: string): number {
  let count = text.length
  for (let place = 0; place < text.length - 1; place++) {
    if ((text.codePointAt(place) ?? 0) <= 0xffff) continue
    count--
    place++
  }
  return count
}
