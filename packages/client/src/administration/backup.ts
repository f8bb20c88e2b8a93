/** `client.admin.backup`: the bytes of a backup, checked as they come, so that one that was cut off is never taken for whole. */

import { createHash } from 'node:crypto'
import { parseDurationMs, parseObject, parseSignal } from '../arguments.ts'
import { RoleSetsError } from '../errors.ts'
import type { Waiting } from '../waiting.ts'
import { fieldsOf, malformed, number, objectOf, text } from '../wire/reading.ts'
import type { Transport } from '../wire/transport.ts'

export interface BackupOptions {
  /** Milliseconds in which the sidecar sends nothing, while its next message is waited for; default 60 000. */
  readonly deadlineMs?: number
  readonly signal?: AbortSignal
  /** Called while the sidecar makes the copy: so many bytes are written, of about so many. */
  readonly onProgress?: (bytes: number, ofBytes: number) => void
}

/** A backup that is coming. It is over when `chunks` has ended without an error. */
export interface Backup {
  readonly bytes: number
  /** The last revision in it, and the seal of that revision. */
  readonly revision: string
  readonly seal: string
  /** Once. A consumer that stops early ends the backup. @throws RoleSetsError also when it isn't whole. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Of all bytes, in hexadecimal digits; undefined until `chunks` has ended. */
  readonly sha256: string | undefined
}

const silenceMsDefault = 60_000

const readProgress = objectOf('progress of a backup', { bytes: number, ofBytes: number })
const readStart = objectOf('the start of a backup', { bytes: number, revision: text, seal: text })
const readEnd = objectOf('the end of a backup', { sha256: text })

interface BackupSource {
  readonly transport: Transport
  readonly waiting: Waiting
}

/** @throws RoleSetsError */
export async function openBackup({ transport, waiting }: BackupSource, options: BackupOptions = {}): Promise<Backup> {
  const { deadlineMs = silenceMsDefault, signal, onProgress } = parseObject(options, 'options') as BackupOptions
  const limits = { deadlineMs: parseDurationMs(deadlineMs, 'deadlineMs'), signal: parseSignal(signal) }
  if (transport.openStream === undefined)
    throw new RoleSetsError('unimplemented', 'The transport of this client has no streams, so it has no backups.')
  const ended = new AbortController()
  const messages = transport.openStream('Administration/Backup', {}, { signal: ended.signal })[Symbol.asyncIterator]()
  const next = async () => {
    try {
      const result = await waiting.waitFor(() => messages.next(), limits)
      if (!result.done) return fieldsOf(result.value, 'a part of the backup')
      throw new RoleSetsError('unavailable', 'The backup was cut off.')
    } catch (error) {
      ended.abort()
      throw error
    }
  }
  for (;;) {
    const message = await next()
    if (message['start']) return new ComingBackup(readStart(message['start']), { next, end: () => ended.abort() })
    const { bytes, ofBytes } = readProgress(message['progress'])
    onProgress?.(bytes, ofBytes)
  }
}

interface Coming {
  readonly next: () => Promise<{ readonly [field: string]: unknown }>
  readonly end: () => void
}

class ComingBackup implements Backup {
  readonly bytes: number
  readonly revision: string
  readonly seal: string
  readonly chunks: AsyncIterable<Uint8Array>
  #sha256: string | undefined

  constructor({ bytes, revision, seal }: Pick<Backup, 'bytes' | 'revision' | 'seal'>, coming: Coming) {
    this.bytes = bytes
    this.revision = revision
    this.seal = seal
    this.chunks = this.#receive(coming)
  }

  get sha256(): string | undefined {
    return this.#sha256
  }

  async *#receive({ next, end }: Coming): AsyncGenerator<Uint8Array, void, undefined> {
    const hash = createHash('sha256')
    let bytes = 0
    try {
      let message = await next()
      for (; !message['end']; message = await next()) {
        const { chunk } = message
        if (!(chunk instanceof Uint8Array)) throw malformed('a part of the backup has no bytes')
        hash.update(chunk)
        bytes += chunk.length
        yield chunk
      }
      const sha256 = hash.digest('hex')
      if (bytes !== this.bytes || sha256 !== readEnd(message['end']).sha256)
        throw malformed("the bytes of the backup aren't those that were sent")
      this.#sha256 = sha256
    } finally {
      end()
    }
  }
}
