/** Reads a manifest from YAML: either all of it is right, or every fault is reported, with its place. */

import { closestMatch } from 'leven'
import { type ManifestFault, type ParsedManifest, findManifestFaults, manifestOfFile } from '@rolesets/core'
import type { FileFault } from './fault.ts'
import { findExcessIn } from './scan.ts'
import { faultWords, parseYaml, type YamlSource } from './yaml-source.ts'

/** Larger files are not read. The wire takes 4 MiB, too. */
export const manifestBytesMax = 4 * 1024 * 1024

/** More faults than that are the same mistake again and again. */
export const faultsMax = 100

export interface ReadFile {
  /** With the names of a file. Undefined if there is a fault. */
  readonly value: unknown
  /** In the order of the text; at most a hundred. */
  readonly faults: readonly FileFault[]
  /** The place of what the sidecar names as `roles[2].permissions[0]`, if it is in the file. */
  readonly placeOf: YamlSource['placeOf']
}

export interface ParsedFile extends Omit<ReadFile, 'value'> {
  /** Undefined if there is a fault. */
  readonly manifest: ParsedManifest | undefined
}

export function parseManifestFile(text: string): ParsedFile {
  const { value, faults, placeOf } = readManifestText(text)
  return { manifest: faults.length === 0 ? manifestOfFile(value) : undefined, faults, placeOf }
}

export function readManifestText(text: string): ReadFile {
  const excess = findExcessIn(text)
  if (excess !== undefined) {
    const { line, column } = excess
    return { value: undefined, faults: [excess], placeOf: () => ({ line, column }) }
  }
  const { value, faults: yamlFaults, placeOf } = parseYaml(text)
  const faults = yamlFaults.length > 0 ? [...yamlFaults] : findFaults(value, placeOf)
  faults.sort((a, b) => a.line - b.line || a.column - b.column)
  return { value, faults, placeOf }
}

function findFaults(value: unknown, placeOf: YamlSource['placeOf']): FileFault[] {
  if (describesNothing(value)) {
    const message = 'The file describes nothing. Add permissions, roles, role_sets or organizations.'
    return [{ line: 1, column: 1, path: '', message }]
  }
  const faults: FileFault[] = []
  for (const fault of findManifestFaults(value)) {
    const { path, fields } = fault
    faults.push({ ...placeOf(path, fields ? 'key' : 'value'), ...faultWords(path, problemOf(fault)) })
    if (faults.length === faultsMax) break
  }
  return faults
}

/** An empty file is more likely an accident than a wish, and with `--prune` it would delete everything. */
function describesNothing(value: unknown): boolean {
  if (value === null) return true
  if (typeof value !== 'object' || Array.isArray(value)) return false
  return Object.values(value).every((section) => Array.isArray(section) && section.length === 0)
}

function problemOf({ path, problem, fields }: ManifestFault): string {
  if (fields === undefined) return problem
  const meant = closestMatch(String(path.at(-1)).slice(0, 64), [...fields], { maxDistance: 3 })
  return meant === undefined ? problem : `is not a field. Did you mean ${meant}?`
}
