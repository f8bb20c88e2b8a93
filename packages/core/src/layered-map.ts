/**
 * A map that differs from another one in a few entries. A change set of many steps makes one after each step, and copies the
 * whole map only now and then: a copy at every step would cost the square of their number.
 */

/** What things become, by their key; undefined: they go. */
export type Edits<Thing> = ReadonlyMap<string, Thing | undefined>

/** Immutable, and in the order that the same edits give a `Map`. */
class LayeredMap<Thing> implements ReadonlyMap<string, Thing> {
  readonly base: ReadonlyMap<string, Thing>
  readonly recent: Edits<Thing>
  readonly size: number

  constructor(base: ReadonlyMap<string, Thing>, recent: Edits<Thing>, size: number) {
    this.base = base
    this.recent = recent
    this.size = size
  }

  get(key: string): Thing | undefined {
    return this.recent.has(key) ? this.recent.get(key) : this.base.get(key)
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  *entries(): MapIterator<[string, Thing]> {
    for (const [key, thing] of this.base) {
      const now = this.recent.has(key) ? this.recent.get(key) : thing
      if (now !== undefined) yield [key, now]
    }
    for (const [key, thing] of this.recent) if (thing !== undefined && !this.base.has(key)) yield [key, thing]
  }

  *keys(): MapIterator<string> {
    for (const [key] of this.entries()) yield key
  }

  *values(): MapIterator<Thing> {
    for (const [, thing] of this.entries()) yield thing
  }

  [Symbol.iterator](): MapIterator<[string, Thing]> {
    return this.entries()
  }

  forEach(work: (thing: Thing, key: string, map: ReadonlyMap<string, Thing>) => void): void {
    for (const [key, thing] of this.entries()) work(thing, key, this)
  }
}

/** The map with these edits, as a `Map`: one copy, however many things change. */
export function edited<Thing>(things: ReadonlyMap<string, Thing>, edits: Edits<Thing>): ReadonlyMap<string, Thing> {
  if (edits.size === 0) return things
  const after = new Map(things)
  for (const [key, thing] of edits) {
    if (thing === undefined) after.delete(key)
    else after.set(key, thing)
  }
  return after
}

/** The map with these edits, for one step of many. Each copies about as many entries as the square root of all. */
export function layered<Thing>(things: ReadonlyMap<string, Thing>, edits: Edits<Thing>): ReadonlyMap<string, Thing> {
  if (edits.size === 0) return things
  const base = isLayered(things) ? things.base : things
  const recent = new Map(isLayered(things) ? things.recent : [])
  let { size } = things
  for (const [key, thing] of edits) {
    const was = recent.has(key) ? recent.get(key) : base.get(key)
    // What goes and comes back has its place at the end then, which the layers don't show.
    if (was === undefined && thing !== undefined && recent.has(key)) return edited(things, edits)
    size += Number(thing !== undefined) - Number(was !== undefined)
    recent.set(key, thing)
  }
  const isLarge = recent.size * recent.size > base.size
  return isLarge ? edited(things, edits) : new LayeredMap(base, recent, size)
}

/** The same entries as a `Map`, which is the quickest to ask: for a map that stays. */
export function settled<Thing>(things: ReadonlyMap<string, Thing>): ReadonlyMap<string, Thing> {
  return isLayered(things) ? new Map(things) : things
}

function isLayered<Thing>(things: ReadonlyMap<string, Thing>): things is LayeredMap<Thing> {
  return things instanceof LayeredMap
}
