/**
 * Metadata, and the things in the history: plain JSON here, `google.protobuf.Struct` on the wire. The fields that hold it
 * are found by their names at any depth of a message; a string of the same name is left alone.
 */

import { jsonOfStruct, structOfJson, type JsonObject } from '@rolesets/proto'

type StructMessage = Parameters<typeof jsonOfStruct>[0]

const metadataFields = ['publicMetadata', 'privateMetadata', 'before', 'after']

/** A message as it goes to gRPC. */
export function toWire(message: object): object {
  return mapFields(message, (json) => structOfJson(json as JsonObject)) as object
}

/** A message as it came from gRPC, without the fields that aren't set. */
export function fromWire(message: unknown): unknown {
  return mapFields(message, (value) => jsonOfStruct(value as StructMessage, () => null))
}

/** Every message of the feed comes through here, so it makes no more objects than it must. */
function mapFields(value: unknown, mapMetadata: (value: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each) => mapFields(each, mapMetadata))
  const mapped: { [field: string]: unknown } = {}
  for (const [field, each] of Object.entries(value)) {
    if (each === null || each === undefined) continue
    const isMetadata = typeof each === 'object' && metadataFields.includes(field)
    const put = isMetadata ? mapMetadata(each) : mapFields(each, mapMetadata)
    // A key of a map can be this name, and assigned to it would be something else than a field.
    if (field === '__proto__') Object.defineProperty(mapped, field, { ...ownField, value: put })
    else mapped[field] = put
  }
  return mapped
}

const ownField = { enumerable: true, configurable: true, writable: true } as const
