/** Text for people is made of lines. What stands in a line can't begin another one, wherever it came from. */

import { onOneLine } from '@rolesets/core'

export function linesText(lines: readonly string[]): string {
  return lines.map((line) => `${onOneLine(line)}\n`).join('')
}
