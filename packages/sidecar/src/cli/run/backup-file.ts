/** The backup that a restore reads: a file, or standard input. What can't be a backup is refused before anything is copied. */

import { constants, createReadStream } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { UsageError } from './failure.ts'
import type { Io } from './io.ts'

interface BackupFile {
  /** Names it in messages. */
  readonly source: string
  readonly chunks: AsyncIterable<Uint8Array>
}

/** A log with nothing in it has at most this. */
const logHeaderBytes = 32
const chunkBytes = 1 << 20

/** @param database the path that the backup is for @throws UsageError */
export async function openBackupFile(path: string, io: Io, database: string): Promise<BackupFile> {
  if (path === '-') return { source: 'standard input', chunks: bytesOf(io.stdin()) }
  const found = await stat(path).catch((error: unknown) => unreadable(path, error))
  if (!found.isFile()) throw new UsageError(`${path} is not a regular file. Give a file, or - for standard input.`)
  const there = await stat(database).catch(() => undefined)
  if (there?.ino === found.ino && there.dev === found.dev)
    throw new UsageError(`${path} is the database itself. Give the path of a backup.`)
  const log = await stat(`${path}-wal`).catch(() => undefined)
  if (log !== undefined && log.size > logHeaderBytes) throw withLog(path)
  await access(path, constants.R_OK).catch((error: unknown) => unreadable(path, error))
  return { source: path, chunks: chunksOf(path, io.signal) }
}

/** Opened when it is read: a restore may be refused before. */
async function* chunksOf(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { signal, highWaterMark: chunkBytes })) yield chunk as Uint8Array
}

async function* bytesOf(chunks: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}

function unreadable(path: string, error: unknown): never {
  const reason = error instanceof Error ? error.message.replace(/,.*$/s, '') : String(error)
  throw new UsageError(`The backup ${path} can't be read (${reason}). Correct the path, or make it readable.`)
}

function withLog(path: string): UsageError {
  return new UsageError(
    `${path} has a log beside it, ${path}-wal, so it is a part of a copy of a store and not a backup: its last writes are in the log. Make a backup of it with rolesets backup <file> --database sqlite:${path}, and restore that.`,
  )
}
