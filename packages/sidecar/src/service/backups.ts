/** Backups of the running store, one at a time: each takes as much of the disk as the store, while it is made. */

import { createHash } from 'node:crypto'
import type { StoreCopy } from '../storage/backup.ts'
import type { Store } from '../storage/store.ts'
import { errorOfAborted, ServiceError } from './service-error.ts'

/** Progress while the copy is made, then one start, the chunks, and one end. */
export type BackupPart =
  | { readonly kind: 'progress'; readonly bytes: number; readonly ofBytes: number }
  | { readonly kind: 'start'; readonly bytes: number; readonly revision: string; readonly seal: string }
  | { readonly kind: 'chunk'; readonly chunk: Uint8Array }
  | { readonly kind: 'end'; readonly sha256: string }

/** So that a caller can tell a long backup from a sidecar that is gone. */
const progressEveryMs = 1_000

/** @returns makes a backup; when its consumer stops, or the signal aborts, nothing of it is left */
export function createBackups(store: Store) {
  let isRunning = false
  return async function* backup(call: { readonly signal: AbortSignal }): AsyncGenerator<BackupPart, void, undefined> {
    if (isRunning) throw running()
    isRunning = true
    const stopped = new AbortController()
    const making = new Making(store, AbortSignal.any([call.signal, stopped.signal]))
    try {
      yield* making.progress()
      const copy = await making.copy
      const revision = store.lineage.textOf(copy.revision)
      yield { kind: 'start', bytes: copy.bytes, revision, seal: copy.seal }
      yield* sent(copy)
    } catch (error) {
      throw call.signal.aborted ? errorOfAborted(call.signal, 'the backup') : error
    } finally {
      stopped.abort()
      await making.dispose()
      isRunning = false
    }
  }
}

async function* sent(copy: StoreCopy): AsyncGenerator<BackupPart, void, undefined> {
  const hash = createHash('sha256')
  for await (const chunk of copy.chunks()) {
    hash.update(chunk)
    yield { kind: 'chunk', chunk }
  }
  yield { kind: 'end', sha256: hash.digest('hex') }
}

class Making {
  readonly copy: Promise<StoreCopy>
  #written = { bytes: 0, ofBytes: 0 }
  #isOver = false

  constructor(store: Store, signal: AbortSignal) {
    const report = (bytes: number, ofBytes: number) => void (this.#written = { bytes, ofBytes })
    this.copy = store.copy({ signal, report })
    const end = () => void (this.#isOver = true)
    this.copy.then(end, end)
  }

  /** Until the copy is made, or can't be made. */
  async *progress(): AsyncGenerator<BackupPart, void, undefined> {
    while (!this.#isOver) {
      await this.#settledWithin(progressEveryMs)
      if (!this.#isOver) yield { kind: 'progress', ...this.#written }
    }
  }

  async dispose(): Promise<void> {
    const [made] = await Promise.allSettled([this.copy])
    if (made.status === 'fulfilled') await made.value[Symbol.asyncDispose]()
  }

  async #settledWithin(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      const end = () => (clearTimeout(timer), resolve())
      this.copy.then(end, end)
    })
  }
}

function running(): ServiceError {
  return new ServiceError('backup_running', 'Another backup is being made or sent. Try again when it has ended.')
}
