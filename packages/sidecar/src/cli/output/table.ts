/** Rows of text in columns, for people. */

/** Columns as wide as their widest cell, two spaces apart; nothing at the end of a line. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<readonly number[]>(
    (before, row) => row.map((cell, column) => Math.max(cell.length, before[column] ?? 0)),
    [],
  )
  return rows
    .map((row) => `${row.map((cell, column) => cell.padEnd((widths[column] ?? 0) + 2)).join('')}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('')
}
