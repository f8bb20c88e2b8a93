/**
 * How large a request may be, for each call: its bytes, its fields and the elements of its lists. All follow from the type of
 * the request and from core's limits, so a new field or call has its bounds at once.
 */

import { elementLimitOf } from '@rolesets/core'
import { loadShapes, type FieldShape, type MessageShape } from '@rolesets/proto'

export interface RequestBounds {
  /** Undefined: the call has no lists, and its type isn't in our contract (health, reflection). */
  readonly shape: MessageShape | undefined
  /** Of the message, also once it is unpacked. */
  readonly bytesMax: number
  /** Of the message with all messages in it. */
  readonly fieldsMax: number
}

/** The limit of a message in either direction. It is part of the contract: docs/configuration.md. */
export const messageBytesMax = 8 * 1024 * 1024

/** A text that is only a little too long still gets the error of its field. */
const requestBytesMin = 64 * 1024
/** Four bytes for each character of the longest field but an address, which is longer and always one of few. */
const textBytesMax = 4_096
/** 8192 bytes of JSON become up to seven times as many; and metadata that is too large gets the error of its field. */
const metadataBytesMax = 512 * 1024
/** An entry of a map with its key, value and kind. */
const fieldsOfMetadataElement = 4
/** More fields than any described state of real use has. */
const fieldsMax = 500_000
/** For fields of newer clients. */
const spareFields = 100

/** Of a call that isn't in our contract: health and reflection take a name. */
const smallBounds: RequestBounds = { shape: undefined, bytesMax: requestBytesMin, fieldsMax: spareFields }

const made = new Map<string, RequestBounds>()

/** @param path as in `/rolesets.v1.Decisions/Check` */
export function requestBoundsOf(path: string): RequestBounds {
  const known = made.get(path)
  if (known !== undefined) return known
  const shape = loadShapes().get(path)?.request
  const bounds = shape === undefined ? smallBounds : boundsOf(shape)
  made.set(path, bounds)
  return bounds
}

/**
 * How many elements of a list are decoded: a tenth more than the limit, so that a caller who exceeds it by a few gets the
 * rule's own error with the exact count.
 */
export function decodedElementsMax(name: string): number {
  return Math.ceil(elementLimitOf(name).max * 1.1)
}

function boundsOf(shape: MessageShape): RequestBounds {
  const { fields, bytes } = sizeOf(shape)
  return {
    shape,
    bytesMax: Math.min(Math.max(bytes, requestBytesMin), messageBytesMax),
    // Twice, because a newer client may send as many fields again that this version doesn't know.
    fieldsMax: Math.min(2 * fields + spareFields, fieldsMax),
  }
}

interface Size {
  readonly fields: number
  readonly bytes: number
}

function sizeOf(shape: MessageShape): Size {
  let [fields, bytes] = [0, 0]
  for (const field of shape.fields.values()) {
    const element = elementSizeOf(field)
    const count = field.repeats ? decodedElementsMax(`${shape.name}.${field.name}`) : 1
    fields += count * (1 + element.fields)
    bytes += count * element.bytes
  }
  return { fields, bytes }
}

/** Metadata contains itself, so its size comes from its limit. */
function elementSizeOf({ message }: FieldShape): Size {
  if (message === undefined) return { fields: 0, bytes: textBytesMax }
  if (message.name !== 'Struct') return sizeOf(message)
  return { fields: fieldsOfMetadataElement * decodedElementsMax('Struct.fields'), bytes: metadataBytesMax }
}
