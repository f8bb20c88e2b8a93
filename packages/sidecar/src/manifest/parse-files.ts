/**
 * Reads several files as one manifest, for example those of a folder. Each file must be right by itself; what can only be
 * wrong between files (a thing that two of them describe, too many in all) is found in the lists of all files together.
 */

import {
  findManifestFaults,
  manifestOfFile,
  pathText,
  type ManifestFault,
  type ManifestPath,
  type ParsedManifest,
} from '@rolesets/core'
import type { FileFault, FilePlace } from './fault.ts'
import { faultsMax, readManifestText, type ReadFile } from './parse.ts'
import { faultWords } from './yaml-source.ts'

export interface ManifestText {
  readonly name: string
  readonly text: string
}

export interface NamedPlace extends FilePlace {
  /** The name of the file. */
  readonly file: string
}

export interface NamedFault extends FileFault, NamedPlace {}

export interface ParsedFiles {
  /** Undefined if there is a fault. */
  readonly manifest: ParsedManifest | undefined
  /** In the order of the files, and of their texts. */
  readonly faults: readonly NamedFault[]
  /** The same path within its own file, and the place there. Undefined: no file has it. */
  readonly find: (path: ManifestPath) => { readonly path: ManifestPath; readonly place: NamedPlace } | undefined
}

interface NamedFile extends ReadFile {
  readonly name: string
  readonly sections: Readonly<Record<string, readonly unknown[] | undefined>>
}

/** @param texts at least one, in the order in which their lists are put together */
export function parseManifestFiles(texts: readonly ManifestText[]): ParsedFiles {
  const files = texts.map(({ name, text }): NamedFile => {
    const read = readManifestText(text)
    // Without faults it is a map of lists.
    return { ...read, name, sections: read.faults.length > 0 ? {} : (read.value as NamedFile['sections']) }
  })
  const find = finderIn(files)
  const faults = files.flatMap(({ name, faults: own }) => own.map((fault): NamedFault => ({ ...fault, file: name })))
  if (faults.length > 0) return { manifest: undefined, faults, find }
  const all = together(files)
  const between = files.length === 1 ? [] : faultsBetween(all, files, find)
  return { manifest: between.length === 0 ? manifestOfFile(all) : undefined, faults: between, find }
}

function together(files: readonly NamedFile[]): NamedFile['sections'] {
  const names = new Set(files.flatMap(({ sections }) => Object.keys(sections)))
  return Object.fromEntries([...names].map((name) => [name, files.flatMap(({ sections }) => sections[name] ?? [])]))
}

function finderIn(files: readonly NamedFile[]): ParsedFiles['find'] {
  return ([section = '', index, ...rest]) => {
    let before = 0
    for (const { name, sections, placeOf } of files) {
      const { length } = sections[String(section)] ?? []
      if (typeof index === 'number' && index - before < length) {
        const path = [section, index - before, ...rest]
        return { path, place: { file: name, ...placeOf(path) } }
      }
      before += length
    }
    return undefined
  }
}

function faultsBetween(all: unknown, files: readonly NamedFile[], find: ParsedFiles['find']): readonly NamedFault[] {
  const faults: NamedFault[] = []
  for (const fault of findManifestFaults(all)) {
    faults.push(faultBetween(fault, files, find))
    if (faults.length === faultsMax) break
  }
  return faults
}

function faultBetween(
  { path, other, problem }: ManifestFault,
  files: readonly NamedFile[],
  find: ParsedFiles['find'],
): NamedFault {
  const found = find(path)
  // A list that is too long in all is told of the last file that adds to it.
  const section = String(path[0] ?? '')
  const last = files.findLast(({ sections }) => (sections[section]?.length ?? 0) > 0)
  const nowhere = { file: last?.name ?? '', line: 1, column: 1 }
  const place = found?.place ?? { ...nowhere, ...last?.placeOf([section], 'key') }
  const first = other === undefined ? undefined : find(other)
  if (first === undefined || other === undefined) return { ...place, ...faultWords(found?.path ?? path, problem) }
  const { file, line, column } = first.place
  // The problem can name the thing by its number, which is another one in its own file.
  const own = problem.replace(pathText(other.slice(0, 2)), pathText(first.path.slice(0, 2)))
  return { ...place, ...faultWords(found?.path ?? path, `${own} The other one is in ${file}:${line}:${column}.`) }
}
