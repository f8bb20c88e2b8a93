/** Rows of text in columns, for people. */

import { onOneLine } from '@rolesets/core'

/** Columns as wide as their widest cell, two spaces apart; nothing at the end of a line. */
export function tableText(rows: readonly (readonly string[])[]): string {
  // Escapes have a width of their own, so they come first.
  const shown = rows.map((row) => row.map(onOneLine))
  const widths = shown.reduce<readonly number[]>(
    (before, row) => row.map((cell, column) => Math.max(cell.length, before[column] ?? 0)),
    [],
  )
  return shown
    .map((row) => row.map((cell, column) => cell.padEnd((widths[column] ?? 0) + 2)).join(''))
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}
