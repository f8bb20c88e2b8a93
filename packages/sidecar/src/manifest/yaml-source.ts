/**
 * Reads YAML as plain values, with the place of each in the text. Only what JSON can express is allowed: no tags, no
 * anchors, no keys other than strings, no key twice. So a file stays readable, and a small file can't expand to a huge
 * value.
 */

import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml'
import { type ManifestPath as Path, pathText } from '@rolesets/core'
import type { FileFault, FilePlace } from './fault.ts'

export interface YamlSource {
  /** Undefined where a fault was found. */
  readonly value: unknown
  readonly faults: readonly FileFault[]
  /** The place of a value, or of its key; of the nearest thing around it, where there is none. */
  readonly placeOf: (path: Path, which?: 'key' | 'value') => FilePlace
}

const depthMax = 16
const syntaxFaultsMax = 5

export function parseYaml(text: string): YamlSource {
  const lines = new LineCounter()
  // The parser's own search for double keys takes time in the square of their number.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, version: '1.2', schema: 'core' })
  const placeAt = (offset: number): FilePlace => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const placeOf = (path: Path, which: 'key' | 'value' = 'value'): FilePlace =>
    placeAt(offsetOf(document.contents, path, which))
  const syntaxFaults = document.errors.slice(0, syntaxFaultsMax).map((error): FileFault => {
    return { ...placeAt(error.pos[0]), path: '', message: wordsOfSyntaxError(error.code, error.message) }
  })
  if (syntaxFaults.length > 0) return { value: undefined, faults: withoutRepeats(syntaxFaults), placeOf }
  const faults: FileFault[] = []
  const report = (node: unknown, path: Path, message: string): undefined => {
    faults.push({ ...placeAt(startOf(node) ?? 0), ...faultWords(path, message) })
  }
  return { value: valueOf(document.contents, [], report), faults, placeOf }
}

/** The path in words, and the sentence about it; `predicate` begins with its verb. */
export function faultWords(path: Path, predicate: string): Pick<FileFault, 'path' | 'message'> {
  const text = pathText(path)
  return { path: text, message: `${text === '' ? 'The file' : text} ${predicate}` }
}

/** The other way around: a field as the sidecar names it. */
export function parsePath(text: string): Path {
  return [...text.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g)].map(([part, name, inBrackets]) => {
    return inBrackets !== undefined && /^\d+$/.test(inBrackets) ? Number(inBrackets) : (name ?? inBrackets ?? part)
  })
}

type Report = (node: unknown, path: Path, message: string) => undefined

function valueOf(node: unknown, path: Path, report: Report): unknown {
  if (node === null || node === undefined) return null
  if (path.length > depthMax) return report(node, path, 'is nested too deeply.')
  if (isAlias(node)) return report(node, path, 'is an alias (*). Write the value itself: aliases are not supported.')
  if (isTagged(node)) return report(node, path, 'has a tag (!). Take it off: tags are not supported.')
  if (isSeq(node)) return node.items.map((item, index) => valueOf(item, [...path, index], report))
  if (isMap(node)) return objectOf(node, path, report)
  return isScalar(node) ? node.value : null
}

function objectOf(map: YAMLMap, path: Path, report: Report): unknown {
  const entries = new Map<string, unknown>()
  for (const pair of map.items) {
    const key: unknown = isScalar(pair.key) ? pair.key.value : undefined
    if (typeof key !== 'string' || key === '__proto__') {
      report(
        pair.key ?? pair.value,
        path,
        'has a key that is not a string. Write the name of a field, or put the key in quotes.',
      )
    } else if (entries.has(key)) {
      report(pair.key, [...path, key], 'is given twice. Keep one of the two.')
    } else {
      entries.set(key, valueOf(pair.value, [...path, key], report))
    }
  }
  return Object.fromEntries(entries)
}

function isTagged(node: unknown): boolean {
  return (isScalar(node) || isSeq(node) || isMap(node)) && node.tag !== undefined
}

function offsetOf(node: unknown, path: Path, which: 'key' | 'value'): number {
  let offset = startOf(node) ?? 0
  let current = node
  for (const [depth, part] of path.entries()) {
    const item: unknown = isMap(current)
      ? current.items.find((pair) => isScalar(pair.key) && pair.key.value === part)
      : isSeq(current)
        ? current.items[Number(part)]
        : undefined
    if (item === undefined) return offset
    const isLast = depth === path.length - 1
    const key: unknown = isPair(item) ? item.key : undefined
    current = isPair(item) ? item.value : item
    offset = (isLast && which === 'key' ? startOf(key) : startOf(current)) ?? startOf(key) ?? offset
  }
  return offset
}

function startOf(node: unknown): number | undefined {
  if (!isAlias(node) && !isScalar(node) && !isMap(node) && !isSeq(node)) return undefined
  return node.range?.[0]
}

const sentenceCharactersMax = 150

function wordsOfSyntaxError(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'A second document begins here (---). Put everything into one document.'
  if (code === 'RESOURCE_EXHAUSTION') return 'The lists and maps are nested too deeply to be read.'
  const [whole = message] = message.split(/ at line \d+|\n/)
  // Some quote the text, which can be as long as the file.
  const sentence = whole.length > sentenceCharactersMax ? `${whole.slice(0, sentenceCharactersMax)}…` : whole
  return `The YAML is malformed: ${sentence.replace(/\.$/, '')}. Check the indentation and the quotes of this line.`
}

function withoutRepeats(faults: readonly FileFault[]): readonly FileFault[] {
  return faults.filter((fault, index) => {
    return index === faults.findIndex(({ line, message }) => line === fault.line && message === fault.message)
  })
}
