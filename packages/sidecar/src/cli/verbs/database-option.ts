/** `--database`: the file that a verb reads directly. */

import { Option } from 'commander'
import { settings } from '../../config.ts'
import { shown } from '../../redaction.ts'
import { UsageError } from '../run/failure.ts'
import type { Io } from '../run/io.ts'

export const databaseOption = new Option('--database <url>', 'sqlite:<path>, or a path (ROLESETS_DATABASE)')

/** @param verb for the message @throws UsageError where it is no file */
export function databaseOf({ database }: { readonly database?: string }, io: Io, verb: string): string {
  const standard = settings.find(({ name }) => name === 'database')?.default ?? ''
  const url = database ?? (io.env['ROLESETS_DATABASE'] || standard)
  // Paths are mostly completed by a shell, which knows no scheme.
  if (database !== undefined && /[./]/.test(database) && !/^[a-z]+:/i.test(database)) return `sqlite:${database}`
  if (/^sqlite:./.test(url) && url !== 'sqlite::memory:') return url
  const source = database === undefined ? 'ROLESETS_DATABASE' : '--database'
  throw new UsageError(`${source} is ${shown(url)}, which ${verb} can't use. Give --database sqlite:<path>.`)
}

/** The path of `sqlite:<path>`. */
export function fileOf(url: string): string {
  return url.replace(/^sqlite:/, '')
}
