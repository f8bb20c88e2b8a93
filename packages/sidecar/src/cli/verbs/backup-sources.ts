/** Where a backup comes from: the file of a store, which is copied here, or a sidecar, which sends a copy. */

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { parseRevision, RoleSetsError } from '@rolesets/client'
import { bytesText } from '../output/sizes.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import type { Io } from '../run/io.ts'
import type { ReportProgress } from '../run/progress.ts'
import { withClient } from '../run/verb.ts'

export type Source =
  { readonly kind: 'file'; readonly url: string } | { readonly kind: 'sidecar'; readonly connection: ConnectionOptions }

/** What was copied. `from` names the store. */
export interface Copied {
  readonly from: string
  readonly revision: number
  readonly seal: string
  readonly bytes: number
  readonly sha256: string
}

/** An empty file that is to be filled, or something that takes bytes. */
export type Target = { readonly path: string } | { readonly write: (chunk: Uint8Array) => Promise<void> }

interface How<To> {
  readonly to: To
  readonly report: ReportProgress
}

/** Beside a sidecar that may be running. @throws UnreadableFile */
export async function copyFromFile(
  io: Io,
  { url }: { readonly url: string },
  { to, report }: How<{ readonly path: string }>,
): Promise<Copied> {
  const { copyOfStore } = await import('../../backup.ts')
  const state = await copyOfStore(url, to.path, {
    signal: io.signal,
    report: (bytes, ofBytes) => report(`copied ${bytesText(bytes)} of about ${bytesText(ofBytes)}`),
  })
  report('reading the copy')
  return { from: url, ...state, sha256: await digestOf(to.path, io.signal) }
}

/** @throws RoleSetsError */
export async function copyFromSidecar(
  io: Io,
  { connection }: { readonly connection: ConnectionOptions },
  { to, report }: How<Target>,
): Promise<Copied> {
  return withClient(io, { options: connection, needsKey: true }, async ({ admin }) => {
    report('waiting for the sidecar')
    const onProgress = (bytes: number, ofBytes: number) =>
      report(`the sidecar has copied ${bytesText(bytes)} of about ${bytesText(ofBytes)}`)
    const deadlineMs = connection.timeout * 1_000
    const backup = await admin.backup({ deadlineMs, signal: io.signal, onProgress })
    const { bytes, seal, revision } = backup
    await sendTo(to, counted(backup.chunks, { report, bytes, what: 'received' }))
    const { number = 0 } = parseRevision(revision) ?? {}
    return { from: connection.target, revision: number, seal, bytes, sha256: backup.sha256 ?? '' }
  })
}

/** A whole file, to something that takes bytes. */
export async function sendFile(io: Io, { path, bytes }: { path: string; bytes: number }, how: How<Target>) {
  const chunks = createReadStream(path, { signal: io.signal })
  await sendTo(how.to, counted(chunks, { ...how, bytes, what: 'written' }))
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  { report, bytes, what }: { readonly report: ReportProgress; readonly bytes: number; readonly what: string },
): AsyncGenerator<Uint8Array> {
  let done = 0
  for await (const chunk of chunks) {
    yield chunk
    done += chunk.length
    report(`${what} ${bytesText(done)} of ${bytesText(bytes)}`)
  }
}

/** @throws RoleSetsError where the bytes can't be written */
async function sendTo(to: Target, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  if ('write' in to) {
    for await (const chunk of chunks) await to.write(chunk).catch(outputClosed)
    return
  }
  const file = await open(to.path, 'r+')
  try {
    for await (const chunk of chunks) await file.writeFile(chunk).catch((error: unknown) => notWritten(to.path, error))
  } finally {
    await file.close()
  }
}

async function digestOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}

function outputClosed(cause: unknown): never {
  const message = `Standard output took no more before the backup was complete (${codeOf(cause)}). What it has is not a backup.`
  throw new RoleSetsError('internal', message, { cause })
}

function notWritten(path: string, cause: unknown): never {
  const code = codeOf(cause)
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  const message = isFull
    ? `The disk is full, so the backup couldn't be written to ${path}. Free some space, then try again.`
    : `The backup can't be written to ${path} (${code}).`
  throw new RoleSetsError(isFull ? 'disk_full' : 'internal', message, { cause })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
