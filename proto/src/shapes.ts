/**
 * What the bytes of a message may look like, as plain data: which fields repeat, and which hold messages. A message can be
 * examined with it before it is decoded (`scan.ts`).
 */

import protobuf, { type Field, type Type } from 'protobufjs/light.js'
import { loadTypes } from './contract.ts'

export interface MessageShape {
  /** Without the package: `BatchCheckRequest`, `Struct`. */
  readonly name: string
  /** By their numbers. */
  readonly fields: ReadonlyMap<number, FieldShape>
  /** Whether one of its fields is a list or a map. */
  readonly repeats: boolean
}

export interface FieldShape {
  /** As in the proto file: `role_sets`. */
  readonly name: string
  /** A list or a map. */
  readonly repeats: boolean
  /** Of one element. */
  readonly wireType: number
  /** A list of numbers can come as one field with all of them. */
  readonly packable: boolean
  /** Its bytes must be UTF-8. */
  readonly isText: boolean
  /** The type of an element; undefined: it isn't a message. An entry of a map is a message of a key and a value. */
  readonly message: MessageShape | undefined
}

export interface CallShapes {
  readonly request: MessageShape
  readonly reply: MessageShape
}

let loaded: ReadonlyMap<string, CallShapes> | undefined

/** By the paths of the calls, as in `/rolesets.v1.Decisions/Check`. */
export function loadShapes(): ReadonlyMap<string, CallShapes> {
  return (loaded ??= new Map(['Decisions', 'Administration', 'Changes'].flatMap((name) => shapesOf(name))))
}

function shapesOf(name: string): [string, CallShapes][] {
  const service = loadTypes().lookupService(`rolesets.v1.${name}`)
  return service.methodsArray.map((method) => {
    const { resolvedRequestType, resolvedResponseType } = method
    if (resolvedRequestType === null || resolvedResponseType === null) throw new Error(`${name} has no types.`)
    const shapes = { request: shapeOf(resolvedRequestType), reply: shapeOf(resolvedResponseType) }
    return [`/rolesets.v1.${name}/${method.name}`, shapes]
  })
}

const known = new Map<Type, MessageShape>()

/** Types can contain themselves, so a shape is known before its fields are. */
function shapeOf(type: Type): MessageShape {
  const found = known.get(type)
  if (found !== undefined) return found
  const fields = new Map<number, FieldShape>()
  const shape = { name: type.name, fields, repeats: type.fieldsArray.some(({ repeated, map }) => repeated || map) }
  known.set(type, shape)
  for (const field of type.fieldsArray) fields.set(field.id, fieldShapeOf(field, type.name))
  return shape
}

const lengthDelimited = 2

function fieldShapeOf(field: Field, message: string): FieldShape {
  const name = snakeCase(field.name)
  const value = { name, repeats: field.repeated, ...valueShapeOf(field) }
  if (!(field instanceof protobuf.MapField)) return { ...value, packable: field.repeated && isNumber(value) }
  const entryFields: [number, FieldShape][] = [
    [1, { name: 'key', repeats: false, packable: false, ...plainShapeOf(field.keyType) }],
    [2, { ...value, name: 'value', repeats: false, packable: false }],
  ]
  const entry = { name: `${message}.${name}`, fields: new Map(entryFields), repeats: false }
  return { name, repeats: true, packable: false, isText: false, wireType: lengthDelimited, message: entry }
}

type ValueShape = Pick<FieldShape, 'message' | 'wireType' | 'isText'>

function valueShapeOf({ resolvedType, type }: Field): ValueShape {
  if (!(resolvedType instanceof protobuf.Type)) return plainShapeOf(resolvedType === null ? type : 'int32')
  return { message: shapeOf(resolvedType), wireType: lengthDelimited, isText: false }
}

function plainShapeOf(type: string): ValueShape {
  return { message: undefined, wireType: wireTypeOf(type), isText: type === 'string' }
}

function isNumber({ wireType }: Pick<FieldShape, 'wireType'>): boolean {
  return wireType !== lengthDelimited
}

function wireTypeOf(type: string): number {
  const wireType = (protobuf.types.basic as Readonly<Record<string, number>>)[type]
  if (wireType === undefined) throw new Error(`${type} is not a type of a field.`)
  return wireType
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
