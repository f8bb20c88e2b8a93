/** Reads a described state from YAML: either all of it is right, or all that is wrong is told, with its places. */

import { closestMatch } from 'leven'
import { z } from 'zod'
import { quoted } from '@rolesets/core'
import { findInconsistencies } from './manifest-consistency.ts'
import { manifestSchema, type Manifest } from './manifest-schema.ts'
import { faultWords, parseYaml, type Fault, type Path, type YamlSource } from './yaml-source.ts'

/** Larger files are not read. The wire takes 4 MiB, too. */
export const manifestBytesMax = 4 * 1024 * 1024

/** Who has made more faults than that has made one of them again and again. */
const faultsMax = 100

export interface ParsedManifest {
  /** Undefined if there is a fault. */
  readonly manifest: Manifest | undefined
  /** In the order of the text; the first hundred at least. */
  readonly faults: readonly Fault[]
  /** The place of what the sidecar names as `roles[2].permissions[0]`, if it is in the file. */
  readonly placeOf: YamlSource['placeOf']
}

export function parseManifest(text: string): ParsedManifest {
  const source = parseYaml(text)
  const faults = [...source.faults]
  const { value, placeOf } = source
  if (faults.length === 0) faults.push(...findFaults(value, placeOf))
  faults.sort((a, b) => a.line - b.line || a.column - b.column)
  const manifest = faults.length === 0 ? manifestSchema.parse(value) : undefined
  return { manifest, faults, placeOf }
}

function findFaults(value: unknown, placeOf: YamlSource['placeOf']): readonly Fault[] {
  if (describesNothing(value)) {
    const message =
      'The file describes nothing. List what shall be under permissions, roles, role_sets or organizations.'
    return [{ line: 1, column: 1, path: '', message }]
  }
  const { error } = manifestSchema.safeParse(value)
  return [
    ...(error?.issues ?? []).slice(0, faultsMax).flatMap((issue) => faultsOfIssue(issue, value, placeOf)),
    ...findInconsistencies(value)
      .slice(0, faultsMax)
      .map(({ path, problem }) => ({ ...placeOf(path), ...faultWords(path, problem) })),
  ]
}

/** An empty file is rather an accident than a wish, and with `--prune` it would delete everything. */
function describesNothing(value: unknown): boolean {
  if (value === null) return true
  if (typeof value !== 'object' || Array.isArray(value)) return false
  return Object.values(value).every((section) => Array.isArray(section) && section.length === 0)
}

function faultsOfIssue(issue: z.core.$ZodIssue, value: unknown, placeOf: YamlSource['placeOf']): readonly Fault[] {
  const fault = (path: Path, problem: string, which: 'key' | 'value' = 'value'): Fault => {
    return { ...placeOf(path, which), ...faultWords(path, problem) }
  }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .slice(0, faultsMax)
      .map((key) => fault([...issue.path, key], wordsOfUnknownField(key, issue.path), 'key'))
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map(({ message }) => fault(issue.path, message, 'key'))
  }
  return [fault(issue.path, wordsOfIssue(issue, valueAt(value, issue.path)))]
}

function wordsOfIssue(issue: z.core.$ZodIssue, given: unknown): string {
  if (issue.code === 'too_small') return 'is empty. Name at least one.'
  if (issue.code !== 'invalid_type') return issue.message
  const wanted = wordsOfType[issue.expected] ?? issue.expected
  if (given === undefined) return `is missing. Give ${wanted}.`
  if (given === null) return `is empty. Give ${wanted}${isOptional(issue.path) ? ', or take the line out' : ''}.`
  const hint = issue.expected === 'string' && typeof given !== 'object' ? ' Put it in quotes.' : ''
  return `is ${wordsOfValue(given)}. Give ${wanted}.${hint}`
}

const wordsOfType: Readonly<Record<string, string>> = {
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'fields with values',
  record: 'a map from role to role',
}

function wordsOfValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return `the text ${quoted(value)}`
  return typeof value === 'number' || typeof value === 'boolean' ? `the ${typeof value} ${value}` : 'a map'
}

function wordsOfUnknownField(key: string, path: Path): string {
  const known = fieldsAt(path)
  const meant = closestMatch(key.slice(0, 64), known, { maxDistance: 3 })
  const remedy = meant === undefined ? `The fields here are ${known.join(', ')}.` : `Did you mean ${meant}?`
  return `is not a field. ${remedy}`
}

/** The names of the fields that the schema has at a path. */
function fieldsAt(path: Path): readonly string[] {
  const schema = unwrap(schemaAt(path))
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

function isOptional(path: Path): boolean {
  return schemaAt(path) instanceof z.ZodOptional
}

function schemaAt(path: Path): unknown {
  return path.reduce<unknown>((schema, part) => {
    const outer = unwrap(schema)
    if (outer instanceof z.ZodArray) return outer.element
    return outer instanceof z.ZodObject ? outer.shape[String(part)] : undefined
  }, manifestSchema)
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : schema
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((current, part) => {
    return typeof current === 'object' && current !== null ? (current as Record<PropertyKey, unknown>)[part] : undefined
  }, value)
}
