/**
 * Writes values as YAML that every parser reads as the same texts. Texts that need quotes are on one line in double ones: the
 * other forms change some line ends.
 */

import { stringify } from 'yaml'

export function yamlText(value: unknown): string {
  return stringify(value, {
    compat: 'yaml-1.1',
    version: '1.2',
    schema: 'core',
    aliasDuplicateObjects: false,
    lineWidth: 0,
    blockQuote: false,
    singleQuote: false,
    doubleQuotedMinMultiLineLength: 1_000_000,
  })
}
