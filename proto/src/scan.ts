/**
 * Counts what is in the bytes of a message without decoding it. Decoding makes an object of each element, also of one that
 * takes two bytes, so a small message could cost seconds and a gigabyte. The scan makes nothing, and it stops at the first
 * excess. It is stricter than the decoder: what it can't follow is malformed, so the decoder never sees it.
 */

import { isAscii, isUtf8 } from 'node:buffer'
import type { FieldShape, MessageShape } from './shapes.ts'

export interface ScanLimits {
  /** How many elements a list or a map may have. @param name `<message>.<field>`, as in the proto file */
  readonly elementsMax: (name: string) => number
  /** How many fields the message may have, with those of the messages in it. An element is a field. */
  readonly fieldsMax: number
}

/** Why a message must not be decoded. */
export type ScanProblem =
  | { readonly kind: 'malformed' }
  /** `path` as in the request: `checks`, `roles[3].permissions`. */
  | { readonly kind: 'too_many_elements'; readonly path: string; readonly name: string; readonly max: number }
  | { readonly kind: 'too_many_fields'; readonly max: number }
  /** The decoder would change the text at this path. */
  | { readonly kind: 'broken_text'; readonly path: string }

/** Messages in messages; an entry of a map is one, too. Metadata of the greatest depth has some 70. */
const depthMax = 150

/** @returns undefined: the message is within the limits */
export function scanMessage(bytes: Uint8Array, shape: MessageShape, limits: ScanLimits): ScanProblem | undefined {
  try {
    new Scan(bytes, limits).message(shape, bytes.length, 0)
    return undefined
  } catch (error) {
    if (error instanceof Stop) return error.problem
    throw error
  }
}

/** Ends the scan. The path of the problem grows on its way out. */
class Stop extends Error {
  problem: ScanProblem

  constructor(problem: ScanProblem) {
    super(problem.kind)
    this.problem = problem
  }

  within(name: string): void {
    if ('path' in this.problem) this.problem = { ...this.problem, path: `${name}.${this.problem.path}` }
  }
}

/** How often each repeated field of one message has come so far. */
type Counts = Map<FieldShape, number>

interface Inside {
  readonly shape: MessageShape
  readonly end: number
  readonly depth: number
  readonly counts: Counts
}

class Scan {
  readonly #bytes: Uint8Array
  readonly #limits: ScanLimits
  /** Every text is then valid. */
  readonly #isAscii: boolean
  #at = 0
  #fieldsLeft: number

  constructor(bytes: Uint8Array, limits: ScanLimits) {
    this.#bytes = bytes
    this.#limits = limits
    this.#isAscii = isAscii(bytes)
    this.#fieldsLeft = limits.fieldsMax
  }

  /** Reads the fields of one message. @throws Stop */
  message(shape: MessageShape, end: number, depth: number): void {
    if (depth > depthMax) throw malformed()
    const inside = { shape, end, depth, counts: shape.repeats ? (new Map() as Counts) : noCounts }
    while (this.#at < end) {
      const tag = this.#varint(end)
      if (tag > 0xffff_ffff) throw malformed()
      this.#spend(1)
      const field = shape.fields.get(tag >>> 3)
      const wireType = tag & 7
      if (field === undefined) this.#skip(wireType, end)
      else if (field.repeats) this.#repeated(field, wireType, inside)
      else if (wireType !== field.wireType) throw malformed()
      else if (field.message === undefined) this.#plain(field, field.name, end)
      else this.#nested(field.message, field.name, inside)
    }
  }

  #nested(shape: MessageShape, name: string, { end, depth }: Inside): void {
    try {
      this.message(shape, this.#length(end), depth + 1)
    } catch (error) {
      if (error instanceof Stop) error.within(name)
      throw error
    }
  }

  #repeated(field: FieldShape, wireType: number, inside: Inside): void {
    const { shape, end, counts } = inside
    const isPacked = field.packable && wireType === lengthDelimited
    if (wireType !== field.wireType && !isPacked) throw malformed()
    const before = counts.get(field) ?? 0
    const count = before + (isPacked ? this.#packed(field.wireType, this.#length(end)) : 1)
    counts.set(field, count)
    if (count > 1) this.#checkCount(`${shape.name}.${field.name}`, count, field.name)
    if (isPacked) return
    const name = `${field.name}[${before}]`
    if (field.message === undefined) this.#plain(field, name, end)
    else this.#nested(field.message, name, inside)
  }

  #plain({ wireType, isText }: FieldShape, name: string, end: number): void {
    if (!isText || this.#isAscii) return this.#skip(wireType, end)
    const until = this.#length(end)
    if (!isUtf8(this.#bytes.subarray(this.#at, until))) throw new Stop({ kind: 'broken_text', path: name })
    this.#at = until
  }

  #checkCount(name: string, count: number, path: string): void {
    const max = this.#limits.elementsMax(name)
    if (count > max) throw new Stop({ kind: 'too_many_elements', path, name, max })
  }

  /** @returns how many numbers are in a packed list */
  #packed(wireType: number, until: number): number {
    let count = 0
    if (wireType !== 0) count = Math.ceil((until - this.#at) / (wireType === 1 ? 8 : 4))
    else for (let at = this.#at; at < until; at++) if ((this.#bytes[at] ?? 0) < 128) count++
    this.#at = until
    this.#spend(count)
    return count
  }

  #spend(fields: number): void {
    this.#fieldsLeft -= fields
    if (this.#fieldsLeft < 0) throw new Stop({ kind: 'too_many_fields', max: this.#limits.fieldsMax })
  }

  #skip(wireType: number, end: number): void {
    if (wireType === 0) this.#varint(end)
    else if (wireType === lengthDelimited) this.#at = this.#length(end)
    else if (wireType === 1 || wireType === 5) this.#at += wireType === 1 ? 8 : 4
    // Groups (3 and 4) are not in the contract, and they nest.
    else throw malformed()
    if (this.#at > end) throw malformed()
  }

  /** @returns where the value ends */
  #length(end: number): number {
    const length = this.#varint(end)
    if (this.#at + length > end) throw malformed()
    return this.#at + length
  }

  /** Exact up to 2^53. Larger numbers are no tags and no lengths, so only their bytes count. */
  #varint(end: number): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < 10; count++) {
      if (this.#at >= end) throw malformed()
      const byte = this.#bytes[this.#at++] ?? 0
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    throw malformed()
  }
}

/** Of messages in which nothing repeats. */
const noCounts: Counts = new Map()

const lengthDelimited = 2

function malformed(): Stop {
  return new Stop({ kind: 'malformed' })
}
