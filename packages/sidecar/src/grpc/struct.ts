/** google.protobuf.Struct and plain JSON. How deep and how large metadata may be is for the rules to say. */

import type { CreateOrganizationRequest__Output, Organization } from '@rolesets/proto'
import type { Metadata } from '@rolesets/core'
import { Refusal } from '../domain/refusal.ts'

export type StructAsRead = NonNullable<CreateOrganizationRequest__Output['publicMetadata']>
type ValueAsRead = StructAsRead['fields'][string]
type Struct = Required<NonNullable<Organization['publicMetadata']>>
type Value = Struct['fields'][string]

/** @throws Refusal when something in it is no JSON */
export function jsonOfStruct(struct: StructAsRead, field: string): Metadata {
  return Object.fromEntries(Object.entries(struct.fields).map(([name, value]) => [name, jsonOfValue(value, field)]))
}

export function structOfJson(json: Metadata): Struct {
  return { fields: Object.fromEntries(Object.entries(json).map(([name, value]) => [name, valueOfJson(value)])) }
}

function jsonOfValue(value: ValueAsRead, field: string): unknown {
  switch (value.kind) {
    case 'nullValue':
      return null
    case 'numberValue':
      return value.numberValue
    case 'stringValue':
      return value.stringValue
    case 'boolValue':
      return value.boolValue
    case 'structValue':
      return value.structValue ? jsonOfStruct(value.structValue, field) : {}
    case 'listValue':
      return (value.listValue?.values ?? []).map((item) => jsonOfValue(item, field))
    default:
      throw invalid(field, 'has a value of no kind. Set one of null, number, string, bool, struct and list.')
  }
}

/** Everything that was stored went through the rules, so it is JSON. */
function valueOfJson(json: unknown): Value {
  if (typeof json === 'string') return { stringValue: json }
  if (typeof json === 'number') return { numberValue: json }
  if (typeof json === 'boolean') return { boolValue: json }
  if (Array.isArray(json)) return { listValue: { values: json.map(valueOfJson) } }
  if (typeof json === 'object' && json !== null) return { structValue: structOfJson(json as Metadata) }
  return { nullValue: 'NULL_VALUE' }
}

function invalid(field: string, problem: string): Refusal {
  return new Refusal('invalid_field', `${field} ${problem}`, { field })
}
