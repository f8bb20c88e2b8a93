/**
 * Metadata, and the things in the history: plain JSON here, `google.protobuf.Struct` on the wire. The fields that hold it
 * are found by their names wherever they are in a message; a text of the same name is left alone.
 */

const metadataFields = ['publicMetadata', 'privateMetadata', 'before', 'after']

/** A message as it goes to gRPC. */
export function toWire(message: object): object {
  return mapFields(message, (json) => struct(json as object)) as object
}

/** A message as it came from gRPC, without the fields that aren't set. */
export function fromWire(message: unknown): unknown {
  return mapFields(message, (value) => jsonOfStruct(value))
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

function struct(json: object): object {
  return { fields: Object.fromEntries(Object.entries(json).map(([key, value]) => [key, structValue(value)])) }
}

function structValue(json: unknown): object {
  if (typeof json === 'string') return { stringValue: json }
  if (typeof json === 'number') return { numberValue: json }
  if (typeof json === 'boolean') return { boolValue: json }
  if (Array.isArray(json)) return { listValue: { values: json.map(structValue) } }
  if (typeof json === 'object' && json !== null) return { structValue: struct(json) }
  return { nullValue: 'NULL_VALUE' }
}

/** The loader's form of a `Value`: one of these, and its name as `kind`. */
interface WireValue {
  readonly kind?: string
  readonly stringValue?: string
  readonly numberValue?: number
  readonly boolValue?: boolean
  readonly listValue?: { readonly values?: readonly WireValue[] }
  readonly structValue?: unknown
}

function jsonOfStruct(value: unknown): object {
  const { fields = {} } = value as { readonly fields?: { readonly [key: string]: WireValue } }
  return Object.fromEntries(Object.entries(fields).map(([key, each]) => [key, jsonOfValue(each)]))
}

function jsonOfValue(value: WireValue): unknown {
  switch (value.kind) {
    case 'stringValue':
      return value.stringValue
    case 'numberValue':
      return value.numberValue
    case 'boolValue':
      return value.boolValue
    case 'listValue':
      return (value.listValue?.values ?? []).map(jsonOfValue)
    case 'structValue':
      return jsonOfStruct(value.structValue)
    default:
      return null
  }
}
