/** How the document shows a schema, where that differs from how the schema parses. */

/** For `meta`. */
export function shownAs(shown: Readonly<Record<string, unknown>>) {
  const override = ({ jsonSchema }: { readonly jsonSchema: object }) => {
    for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key)
    Object.assign(jsonSchema, shown)
  }
  return { override }
}
