/** The call `Backup`: sent no faster than the caller takes it, and ended when the caller takes nothing for a minute. */

import type { BackupResponse } from '@rolesets/proto'
import type { Administration } from '../service/administration.ts'
import type { BackupPart } from '../service/backups.ts'
import { ServiceError } from '../service/service-error.ts'
import { actorOf } from './authenticate.ts'
import { serverStream, type Endpoint, type StreamCall } from './handler.ts'

/** A caller that stands still would keep others from their backup, and its copy on the disk. */
const stillMaxMs = 60_000

export function backupHandler({ backup }: Pick<Administration, 'backup'>, endpoint: Endpoint) {
  return serverStream(endpoint, 'confidential', async function* (_request: object, call) {
    const actor = actorOf(call)
    let started: { revision: string; bytes: number } | undefined
    for await (const part of backup({ signal: call.signal })) {
      if (part.kind === 'start') started = part
      const taken = endingIfStill(call)
      try {
        yield messageOf(part)
      } finally {
        taken()
      }
    }
    if (started !== undefined) {
      const { revision, bytes } = started
      endpoint.observer.backupSent({ actor, revision, bytes })
    }
  })
}

function endingIfStill(call: StreamCall): () => void {
  const timer = setTimeout(() => {
    const seconds = stillMaxMs / 1_000
    call.end(new ServiceError('consumer_too_slow', `The backup was ended: nothing of it was taken for ${seconds} s.`))
  }, stillMaxMs)
  return () => clearTimeout(timer)
}

function messageOf(part: BackupPart): BackupResponse {
  switch (part.kind) {
    case 'progress':
      return { progress: { bytes: part.bytes, ofBytes: part.ofBytes } }
    case 'start':
      return { start: { bytes: part.bytes, revision: part.revision, seal: part.seal } }
    case 'chunk':
      // The encoder takes only what Node itself makes.
      return { chunk: Buffer.from(part.chunk.buffer, part.chunk.byteOffset, part.chunk.byteLength) }
    case 'end':
      return { end: { sha256: part.sha256 } }
  }
}
