/** Single things that are known without the storage, by their keys. A thing can also be known to be absent. */

import { keyOfPlace, type ThingName, type Things } from '@rolesets/core'
import type { Where } from '../store.ts'

/** Undefined where nothing is known; the value is undefined for a thing that is absent. */
export type Known<T> = { readonly value: T | undefined } | undefined

/** Things that are read one by one. */
export type RowName = 'organization' | 'assignment' | 'membership' | 'invitation'

/** By which key each is found. */
const keys: { readonly [Name in RowName]: (thing: Things[Name]) => string } = {
  organization: ({ id }) => id,
  assignment: keyOfPlace,
  membership: ({ userId, ...place }) => keyOfMember(place, userId),
  invitation: ({ id }) => id,
}

export const rowNames: readonly RowName[] = ['organization', 'assignment', 'membership', 'invitation']

export function keyOfMember({ organizationId, scope = '' }: Where, userId: string): string {
  return JSON.stringify([organizationId, scope, userId])
}

export class KnownThings {
  readonly #things = new Map<ThingName, Map<string, unknown>>(rowNames.map((name) => [name, new Map()]))

  find<Name extends RowName>(name: Name, key: string): Known<Things[Name]> {
    const things = this.#things.get(name)
    // Each map has the things of its name.
    return things?.has(key) === true ? { value: things.get(key) as Things[Name] | undefined } : undefined
  }

  /** @param isThere false: it is known to be absent */
  note<Name extends RowName>(name: Name, thing: Things[Name], isThere = true): void {
    this.#things.get(name)?.set(keys[name](thing), isThere ? thing : undefined)
  }

  setAbsent(name: RowName, key: string): void {
    this.#things.get(name)?.set(key, undefined)
  }

  clear(): void {
    for (const things of this.#things.values()) things.clear()
  }
}
