/** Opens the asker that a load process needs, and imports only its client. */

import type { Asker } from '../load.ts'
import type { OpenAsker } from './asker.ts'

export async function openAsker(asker: Asker): Promise<OpenAsker> {
  switch (asker.kind) {
    case 'check':
      return (await import('./check.ts')).open(asker)
    case 'batch':
      return (await import('./batch.ts')).open(asker)
    case 'client':
      return (await import('./client.ts')).open(asker)
    case 'cerbos':
      return (await import('./cerbos.ts')).open(asker)
    case 'postgres':
      return (await import('./postgres.ts')).open(asker)
  }
}
