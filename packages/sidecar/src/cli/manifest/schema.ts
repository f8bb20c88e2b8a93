/** The JSON Schema of a manifest, for editors and other programs: derived from the table that finds the faults. */

import {
  type FieldRule,
  type LimitName,
  type SectionRule,
  type TextKind,
  type TextRule,
  limits,
  manifestSections,
  scopePatterns,
  textRules,
} from '@rolesets/core'

type Schema = Readonly<Record<string, unknown>>

export function manifestJsonSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Rolesets',
    description: 'Permissions, roles, role sets, scopes and organizations as they should be, for `rolesets apply`.',
    ...objectOf(mapValues<SectionRule>(manifestSections, sectionSchema)),
  }
}

function sectionSchema({ about, fields, limit }: SectionRule): Schema {
  const required = Object.keys(fields).filter((name) => fields[name]?.required)
  const items = { ...objectOf(mapValues(fields, fieldSchema)), required, description: about }
  return { type: 'array', items, maxItems: limits[limit] }
}

function fieldSchema(rule: FieldRule): Schema {
  return { ...valueSchema(rule), description: rule.about }
}

function valueSchema(rule: FieldRule): Schema {
  switch (rule.holds) {
    case 'text':
      return textSchema(rule.text)
    case 'scope':
      return { ...textOf('scopeCharactersMax'), pattern: scopePatterns.key.source }
    case 'scope kind':
      return { ...textOf('scopeKindCharactersMax'), pattern: scopePatterns.kind.source }
    case 'choice':
      return { type: 'string', enum: rule.of }
    case 'parts':
      return sectionSchema(rule.of)
    case 'flag':
      return { type: 'boolean' }
    case 'keys': {
      const items = { description: `Key of a ${rule.of}.`, ...textSchema(rule.of) }
      return { type: 'array', ...(rule.min ? { minItems: rule.min } : {}), maxItems: limits[rule.limit], items }
    }
    case 'role map': {
      const role = { description: 'Key of a role.', ...textSchema('role') }
      return { type: 'object', maxProperties: limits.mappingsMax, propertyNames: role, additionalProperties: role }
    }
  }
}

function textSchema(kind: TextKind): Schema {
  const { limit, minLength, pattern }: TextRule = textRules[kind]
  return {
    ...(minLength ? textOf(limit) : { type: 'string', maxLength: limits[limit] }),
    ...(pattern ? { pattern: pattern.source } : {}),
  }
}

function textOf(limit: LimitName): Schema {
  return { type: 'string', minLength: 1, maxLength: limits[limit] }
}

function objectOf(properties: Schema): Schema {
  return { type: 'object', properties, additionalProperties: false }
}

function mapValues<T>(fields: Readonly<Record<string, T>>, map: (value: T) => Schema): Schema {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, map(value)]))
}
