/** The files of an export: all of them come into place when the last one is complete, or none does. */

import { randomUUID } from 'node:crypto'
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { parse } from 'node:path'
import { UsageError } from '../run/failure.ts'

export class ExportFiles {
  readonly #path: string
  readonly #written: { readonly path: string; readonly temporary: string }[] = []

  private constructor(path: string) {
    this.#path = path
  }

  /** @throws UsageError where no file can be written */
  static async at(path: string): Promise<ExportFiles> {
    const found = await stat(path).catch(() => undefined)
    if (found === undefined) return new ExportFiles(path)
    // A device or a pipe must not be replaced by a file.
    if (!found.isFile())
      throw new UsageError(
        `${path} is not a regular file. Give another path, or leave -o out to write to standard output.`,
      )
    return new ExportFiles(await realpath(path))
  }

  async write(text: string): Promise<void> {
    const number = this.#written.length + 1
    const { dir, name, ext } = parse(this.#path)
    const path =
      number === 1 ? this.#path : `${dir === '' || dir.endsWith('/') ? dir : `${dir}/`}${name}-${number}${ext}`
    const temporary = `${path}.${randomUUID()}.tmp`
    this.#written.push({ path, temporary })
    try {
      await writeFile(temporary, text, { flag: 'wx' })
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/,.*$/s, '') : String(error)
      throw new UsageError(`The file ${path} can't be written (${reason}). Correct the path, or make it writable.`)
    }
  }

  /** @returns the paths of the files, in the order in which they are to be applied */
  async commit(): Promise<readonly string[]> {
    for (const { path, temporary } of this.#written) await rename(temporary, path)
    return this.#written.map(({ path }) => path)
  }

  async discard(): Promise<void> {
    for (const { temporary } of this.#written.splice(0)) await rm(temporary, { force: true })
  }
}
