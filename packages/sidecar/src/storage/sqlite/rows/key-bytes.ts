/**
 * Where a page of a table ended, by the bytes of its last key in hex. A file that was edited can have keys that no text in
 * memory is equal to, and they must neither repeat nor hide a page.
 */

/** For a comparison with the columns of the key: an SQL expression for each, with one value. */
export interface KeyBound {
  readonly sql: string
  readonly values: readonly string[]
}

export function boundOf(hex: readonly string[]): KeyBound {
  const texts = hex.map((bytes) => Buffer.from(bytes, 'hex').toString('utf8'))
  // Only with plain values SQLite finds the place by all columns of an index.
  if (!texts.some((text) => text.includes('\ufffd'))) return { sql: hex.map(() => '?').join(', '), values: texts }
  return { sql: hex.map(() => 'CAST(unhex(?) AS TEXT)').join(', '), values: hex }
}
