/** Names of fields: `toRoleSet` in the rules and `to_role_set` in their errors can be `dest_role_set_key` on this wire. */

import { camelCase } from '@rolesets/core'

/** Names of fields on this wire, by the names that the errors of the rules have for them; only where the two differ. Empty: it has none. */
export type FieldNames = Readonly<Record<string, string>>

/** The fields of a request under the names that the rules have for them. */
export type InRulesWords<Fields, Names extends FieldNames> = {
  readonly [Name in keyof Fields as Name extends string ? CamelCase<RuleName<Name, Names>> : never]: Fields[Name]
}

type RuleName<Name extends string, Names extends FieldNames> = [Named<Name, Names>] extends [never]
  ? Name
  : Named<Name, Names>

type Named<Name extends string, Names extends FieldNames> = {
  [Rule in keyof Names & string]: Names[Rule] extends Name ? (Name extends Names[Rule] ? Rule : never) : never
}[keyof Names & string]

export type CamelCase<Text extends string> = Text extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Text

/** A field with two names in `names` is returned under both. */
export function inRulesWords<Fields extends object, const Names extends FieldNames>(
  fields: Fields,
  names: Names,
): InRulesWords<Fields, Names> {
  const renamed = Object.entries(fields).flatMap(([name, value]) => {
    const rules = Object.keys(names).filter((rule) => names[rule] === name)
    return (rules.length === 0 ? [name] : rules).map((rule) => [camelCase(rule), value] as const)
  })
  return Object.fromEntries(renamed) as InRulesWords<Fields, Names>
}
