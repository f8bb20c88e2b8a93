/**
 * The progress of an import in a file, so that the next run continues there. It is only a hint: without it, or if it no
 * longer fits, a run begins at the start and finds most things already correct.
 */

import { open, readFile, rename, rm } from 'node:fs/promises'
import { z } from 'zod'
import { UsageError } from '../run/failure.ts'

const schema = z.object({
  format: z.literal('rolesets-import-1'),
  /** Of a checkpoint of another import, nothing is used. */
  source: z.string(),
  target: z.string(),
  /** How many organizations of the source's list are done, from its beginning. */
  organizations: z.number().int().min(0),
  /** Id of the last one of them: if another one stands there now, the list is not the same any more. */
  last: z.string(),
  /** How many things were skipped so far: the import is not complete. */
  skipped: z.number().int().min(0),
})

type Checkpoint = z.infer<typeof schema>
export type ImportPosition = Omit<Checkpoint, 'format'>

/** @returns undefined if there is none. */
export async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new UsageError(`The file of --checkpoint, ${path}, cannot be read. Correct the path, or make it readable.`)
  })
  if (text === undefined) return undefined
  const parsed = schema.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  throw new UsageError(
    `The file of --checkpoint, ${path}, is not a checkpoint of an import. Delete it, or give another one.`,
  )
}

/** Whole or not at all, also when the machine stops in the middle of it. */
export async function writeCheckpoint(path: string, place: ImportPosition): Promise<void> {
  const temporary = `${path}.new`
  const file = await open(temporary, 'w', 0o600).catch(() => {
    throw new UsageError(`The file of --checkpoint, ${path}, cannot be written. Correct the path, or make room for it.`)
  })
  try {
    await file.writeFile(`${JSON.stringify({ format: 'rolesets-import-1', ...place } satisfies Checkpoint)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

/** After the last organization there is nothing to go on with. */
export async function removeCheckpoint(path: string): Promise<void> {
  await rm(path, { force: true })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
