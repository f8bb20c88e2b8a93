/** The operations of the document, as tests walk through them. */

import type { Api } from '../conforming.ts'

export interface FieldSchema {
  readonly type?: string | readonly string[]
  readonly anyOf?: readonly FieldSchema[]
  readonly pattern?: string
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly enum?: readonly string[]
  readonly items?: FieldSchema
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly additionalProperties?: boolean
  readonly default?: unknown
}

export interface Described {
  readonly operationId: string
  readonly method: string
  readonly path: string
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: FieldSchema }[]
  /** Undefined: it takes no body. */
  readonly body: FieldSchema | undefined
  readonly writes: boolean
}

export async function describedOperations(api: Api): Promise<Described[]> {
  const { body } = await api.call('GET', '/v1/openapi.json')
  return Object.entries(body.paths).flatMap(([path, methods]) =>
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as it came
    Object.entries(methods as Record<string, any>).map(([method, { operationId, parameters = [], requestBody }]) => ({
      ...{ operationId, path, parameters, method: method.toUpperCase() },
      body: requestBody?.content['application/json'].schema,
      writes: method !== 'get',
    })),
  )
}

/** The fields of a body, or of each item of it. */
export function fieldsOf(body: FieldSchema | undefined): [string, FieldSchema][] {
  return Object.entries(body?.properties ?? body?.items?.properties ?? {}).map(([name, schema]) => [
    name,
    // A field that may be null.
    schema.anyOf?.find(({ type }) => type !== 'null') ?? schema,
  ])
}

export function isNullable({ type, anyOf }: FieldSchema): boolean {
  return [type].flat().includes('null') || (anyOf?.some(isNullable) ?? false)
}

/** A path with what each of its parameters names. */
export function filled(path: string, values: Readonly<Record<string, string>> = {}): string {
  return `/v1${path.replace(/\{(\w+)\}/g, (_place, name: string) => encodeURIComponent(values[name] ?? 'none'))}`
}
