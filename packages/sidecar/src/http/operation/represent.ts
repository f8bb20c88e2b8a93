/** From a view to an object of the API, field by field as its schema declares them. */

import { z } from 'zod'
import { camelCase } from '@rolesets/core'
import type { CamelCase } from './names.ts'

type Shape = Readonly<Record<string, z.ZodType>>
type Shown<Fields extends Shape> = z.input<z.ZodObject<Fields>>

/** An object that the document describes once, under this name. */
export function component<Fields extends Shape>(id: string, fields: Fields) {
  return z.object(fields).meta({ id })
}

/** The fields that need no word: constants, and those that the view has under the same name in camelCase. */
type Known<Fields extends Shape, View> = {
  [Name in keyof Fields & string]: Fields[Name] extends z.ZodLiteral | z.ZodNull
    ? Name
    : CamelCase<Name> extends keyof View
      ? View[CamelCase<Name>] extends z.input<Fields[Name]>
        ? Name
        : never
      : never
}[keyof Fields & string]

type Others<Fields extends Shape, View> = Omit<Shown<Fields>, Known<Fields, View>> & Partial<Shown<Fields>>

/**
 * The function that makes the object of a schema. It takes a constant from the schema, and every other field from the
 * view, where its name is in camelCase; `others` are the fields for which that isn't so.
 */
export function representing<Fields extends Shape>({ shape }: z.ZodObject<Fields>) {
  const fields = Object.entries<z.ZodType>(shape).map(([name, schema]) => ({ name, source: camelCase(name), schema }))
  return <View extends object>(view: View, others: Others<Fields, View>): Shown<Fields> => {
    const given: Readonly<Record<string, unknown>> = { ...others }
    const valueOf = ({ name, source, schema }: (typeof fields)[number]): unknown => {
      if (name in given) return given[name]
      if (schema instanceof z.ZodLiteral) return schema.value
      return schema instanceof z.ZodNull ? null : Reflect.get(view, source)
    }
    return Object.fromEntries(fields.map((field) => [field.name, valueOf(field)])) as Shown<Fields>
  }
}

/** `role_set`: `RoleSet`. */
function pascalCase(text: string): string {
  return text
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}

/**
 * `response` and `represent` of an operation that deletes a thing of this kind. Only deleted things have a field
 * `deleted`: Clerk's clients treat a thing that has it as deleted.
 */
export function deletionOf<const Kind extends string>(kind: Kind) {
  const response = z
    .object({
      object: z.literal(kind),
      id: z.string(),
      deleted: z.literal(true),
      slug: z.string().nullable().optional(),
    })
    .meta({ id: `Deleted${pascalCase(kind)}` })
  const represent = ({ id, slug }: { readonly id: string; readonly slug?: string | null }) =>
    ({ object: kind, id, deleted: true, slug: slug ?? undefined }) as z.input<typeof response>
  return { response, represent }
}
