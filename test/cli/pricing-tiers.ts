/** A sidecar with the pricing tiers for tests of the command line, and an operator's client beside it. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { type, type Outcome, type Surroundings } from './command-line.ts'

export const secretKey = 'secret-key-of-the-command-line-0123456789'
export const pricingTiers = fileURLToPath(new URL('../../examples/pricing-tiers/rolesets.yaml', import.meta.url))

interface Teardown {
  teardown(undo: () => unknown): void
}

export interface Place {
  readonly target: string
  readonly operator: RoleSetsClient
  /** Types a command, with the target and the key in the environment. */
  readonly type: (args: readonly string[], surroundings?: Surroundings) => Promise<Outcome>
  /** Writes a file for `apply -f`. @returns its path */
  readonly file: (text: string) => Promise<string>
}

/** A sidecar whose store is in memory. */
export async function openPlace(t: Teardown): Promise<Place> {
  const sidecar = await startSidecar(t, {
    env: { ROLESETS_DATABASE: 'sqlite::memory:', ROLESETS_SECRET_KEY: secretKey },
  })
  const { target } = sidecar
  const operator = createRoleSetsClient({ target, key: secretKey, deadlineMs: 10_000 })
  t.teardown(() => operator.close())
  const folder = await temporaryFolder(t)
  let files = 0
  const env = { ROLESETS_TARGET: target, ROLESETS_KEY: secretKey }
  return {
    target,
    operator,
    type: (args, surroundings = {}) => type(args, { ...surroundings, env: { ...env, ...surroundings.env } }),
    file: async (text) => {
      const path = join(folder, `rolesets-${++files}.yaml`)
      await writeFile(path, text)
      return path
    },
  }
}

/** For resources that all tests of a file share: undone after the last one. */
export function sharedTeardown(): Teardown & { undoAll(): Promise<void> } {
  const undos: (() => unknown)[] = []
  return {
    teardown: (undo) => void undos.push(undo),
    undoAll: async () => {
      for (const undo of undos.reverse()) await undo()
    },
  }
}
