/**
 * Looks once over the text of a file before it is parsed. The YAML parser takes time and memory for each sign, and for some
 * texts in the square of their length. So what no file needs is refused here, at the place where it begins to be too much.
 */

import { limits } from '@rolesets/core'
import type { FileFault } from './fault.ts'

/** Steps of indentation, and `- - - a` on one line. A file needs 4. */
const depthMax = 16
/** Brackets within each other. Texts may have some that are not closed. */
const bracketsMax = 64
/** Signs of structure, and lines. 10 000 organizations with all of their fields have half as many. */
export const signsMax = 400_000
/** A file in JSON has four for each field. */
const quotesMax = 800_000
/** Escapes that JSON doesn't have. */
const escapesMax = 1_000
const itemsMax = Math.max(
  ...[limits.manifestOrganizationsMax, limits.manifestScopesMax, limits.scopeKindsMax, limits.scopeDefaultsMax],
  ...[limits.permissionsMax, limits.rolesMax, limits.roleSetsMax],
)
const entriesMax = limits.mappingsMax

/** As many signs and lines as the search finds in a text of an export, or more. */
export function signsOf(text: string): number {
  const outsideOfQuotes = text.replace(/(?<=[-:,{[] ?)"(?:[^"\\\n]|\\.)*"/g, '')
  return outsideOfQuotes.match(/["'[\]{},\r\n#:?&*!|>%@`-]/g)?.length ?? 0
}

type Found = { readonly at: number; readonly message: string } | undefined

/** @returns the fault of the whole file, or undefined */
export function findExcessIn(text: string): FileFault | undefined {
  const found = findExcess(text)
  if (found === undefined) return undefined
  const before = text.slice(0, found.at)
  const line = before.split('\n').length
  return { line, column: found.at - before.lastIndexOf('\n'), path: '', message: found.message }
}

const tooDeep = 'The lists and maps are nested too deeply to be read.'
// What is said must help an `apply` as well as the manifest of a sidecar: several files at once are one manifest for both.
const tooManyItems = `A list has more than ${itemsMax} entries, which is the most that a manifest can have, also in several files. Describe fewer.`
const tooManySigns = `The file has more than ${signsMax} signs and lines. Divide it into several files of one folder, which are one manifest, too.`
const tooManyEntries = `A map has more than ${entriesMax} entries. Remove some of them.`

const signs = /["'[\]{},\r\n]|(?<=^|[\s"'])[#:?&*!|>%@`-]|:(?=\s)/gm

const space = /\s*/y

/** Counts signs, but not within texts in quotes. In other texts there are few. */
function findExcess(text: string): Found {
  const open: { readonly max: number; commas: number }[] = []
  const levels: Level[] = []
  let [count, quotes, escapes] = [0, 0, 0]
  let excess = lineExcess(text, 0, levels)
  // Where a text in quotes may begin, if there is only space before it.
  let begin: number | undefined = 0
  signs.lastIndex = 0
  for (let found = signs.exec(text); found !== null; found = signs.exec(text)) {
    const { 0: sign, index: at } = found
    const innermost = open.at(-1)
    if (sign === '"' || sign === "'") {
      quotes++
      if (begin !== undefined && isSpace(text, begin, at)) {
        const quoted = readQuoted(text, at)
        signs.lastIndex = quoted.end
        escapes += quoted.escapes
        count += quoted.lines
      }
      begin = undefined
    } else count++
    if ('[{,:-?'.includes(sign)) begin = at + 1
    if (sign === '[' || sign === '{') open.push({ max: sign === '[' ? itemsMax : entriesMax, commas: 0 })
    else if (sign === ']' || sign === '}') open.pop()
    else if (sign === '\n' && innermost === undefined) excess ??= lineExcess(text, at + 1, levels)
    else if (sign === ',' && innermost && ++innermost.commas > innermost.max)
      excess = innermost.max === itemsMax ? tooManyItems : tooManyEntries
    if (count > signsMax || quotes > quotesMax || escapes > escapesMax) excess ??= tooManySigns
    if (open.length > bracketsMax) excess ??= tooDeep
    if (excess !== undefined) return { at, message: excess }
  }
  return undefined
}

function isSpace(text: string, from: number, to: number): boolean {
  space.lastIndex = from
  return space.test(text) && space.lastIndex === to
}

/** @returns where the text that begins with a quote ends, and how many odd escapes and lines it has */
function readQuoted(text: string, start: number): { end: number; escapes: number; lines: number } {
  const quote = text[start]
  let [escapes, lines] = [0, 0]
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at]
    if (character === '\n') lines++
    if (character === '\\' && quote === '"') {
      if (!'"\\/bfnrtu'.includes(text[at + 1] ?? '')) escapes++
      at++
    } else if (character === quote) {
      if (quote === '"' || text[at + 1] !== quote) return { end: at + 1, escapes, lines }
      at++
    }
  }
  return { end: text.length, escapes, lines }
}

interface Level {
  readonly indent: number
  items: number
  entries: number
}

const line = /([ \t]*)((?:[-?](?:[ \t]+|(?=[\r\n]|$)))*)([^\r\n]?)/y

/** Follows the indentation of lines that stand in no brackets: how deep it is, and how many entries stand below each other. */
function lineExcess(text: string, start: number, levels: Level[]): string | undefined {
  line.lastIndex = start
  const [, space = '', leads = '', first = ''] = line.exec(text) ?? []
  if (leads === '' && (first === '' || '#[]{}'.includes(first))) return undefined
  if (leads.length > 2 * depthMax) return tooDeep
  while ((levels.at(-1)?.indent ?? -1) > space.length) levels.pop()
  if (levels.at(-1)?.indent !== space.length) levels.push({ indent: space.length, items: 0, entries: 0 })
  if (levels.length > depthMax) return tooDeep
  const level = levels.at(-1) as Level
  if (leads !== '') return ++level.items > itemsMax ? tooManyItems : undefined
  // A list may stand at the indentation of its key. The next key ends it.
  level.items = 0
  return ++level.entries > entriesMax ? tooManyEntries : undefined
}
