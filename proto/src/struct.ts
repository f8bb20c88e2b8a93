/** `google.protobuf.Struct`, as the loaded contract reads and writes it, from and to plain JSON. */

import type { Struct, Struct__Output } from './generated/google/protobuf/Struct.ts'
import type { Value, Value__Output } from './generated/google/protobuf/Value.ts'

/** A JSON object. */
export type JsonObject = { readonly [name: string]: unknown }

export function structOfJson(json: JsonObject): Required<Struct> {
  return { fields: Object.fromEntries(Object.entries(json).map(([name, value]) => [name, valueOfJson(value)])) }
}

/**
 * @param kindMissing what stands for a value that has none of the kinds of JSON; the protocol calls that an error, so it
 *   may throw
 */
export function jsonOfStruct(struct: Struct__Output, kindMissing: () => unknown): { [name: string]: unknown } {
  // `fromEntries` makes own properties, whatever their name is.
  return Object.fromEntries(
    Object.entries(struct.fields).map(([name, value]) => [name, jsonOfValue(value, kindMissing)]),
  )
}

/** What isn't JSON, such as `undefined`, becomes null. */
function valueOfJson(json: unknown): Value {
  if (typeof json === 'string') return { stringValue: json }
  if (typeof json === 'number') return { numberValue: json }
  if (typeof json === 'boolean') return { boolValue: json }
  if (Array.isArray(json)) return { listValue: { values: json.map(valueOfJson) } }
  if (typeof json === 'object' && json !== null) return { structValue: structOfJson(json as JsonObject) }
  return { nullValue: 'NULL_VALUE' }
}

function jsonOfValue(value: Value__Output, kindMissing: () => unknown): unknown {
  const { kind } = value
  if (kind === undefined) return kindMissing()
  switch (kind) {
    case 'nullValue':
      return null
    case 'numberValue':
    case 'stringValue':
    case 'boolValue':
      return value[kind]
    case 'structValue':
      return value.structValue ? jsonOfStruct(value.structValue, kindMissing) : {}
    case 'listValue':
      return (value.listValue?.values ?? []).map((each) => jsonOfValue(each, kindMissing))
  }
}
