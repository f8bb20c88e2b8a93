/**
 * Inspects a file of a former version: on a private copy that is brought to this version as a start would do it. The file itself
 * stays as it is.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Finding, Inspection } from '../../inspection.ts'
import { StoreError } from '../../store.ts'
import { copyFileOfStore } from '../backup/file-copy.ts'
import { openConnections } from '../connections.ts'
import { makePrivate } from '../file/private.ts'
import { FormerSchema, openSqliteInspection } from './inspection.ts'

/** A file of this version or of a former one. @throws StoreError when the file doesn't exist, or this version can't read it */
export async function openAnyInspection(path: string): Promise<Inspection> {
  try {
    return await openSqliteInspection(path)
  } catch (error) {
    if (error instanceof FormerSchema) return inspectCopy(resolve(path), error)
    throw error
  }
}

/** As a start does it, but that nothing is compared: that is what the inspection is for. */
const examined = { whole: 0, rows: 0 }

async function inspectCopy(file: string, { findings }: FormerSchema): Promise<Inspection> {
  const folder = await mkdtemp(join(tmpdir(), 'rolesets-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const copy = join(folder, 'former.db')
    await makePrivate(copy)
    await copyFileOfStore(file, copy, { signal: new AbortController().signal })
    const { release } = await openConnections(copy, { examined })
    await release()
    const inspection = await openSqliteInspection(copy)
    return asOf(file, inspection, { findings, remove })
  } catch (error) {
    await remove()
    throw error instanceof StoreError && error.code === 'corrupt' ? damaged(file, error) : error
  }
}

/** What is found in the copy is said of the file. */
function asOf(
  file: string,
  copy: Inspection,
  { findings, remove }: { readonly findings: readonly Finding[]; readonly remove: () => Promise<void> },
): Inspection {
  return {
    file,
    head: copy.head,
    seal: copy.seal,
    unverified: copy.unverified,
    integrity: async function* () {
      yield* findings
      yield* copy.integrity()
    },
    history: () => copy.history(),
    things: () => copy.things(),
    contents: () => copy.contents(),
    committedAt: () => copy.committedAt(),
    catalogue: () => copy.catalogue(),
    organizations: () => copy.organizations(),
    assignments: () => copy.assignments(),
    memberships: () => copy.memberships(),
    memberKeys: () => copy.memberKeys(),
    invitations: () => copy.invitations(),
    provenances: () => copy.provenances(),
    isUndisturbed: async () => true,
    isCopy: () => copy.isCopy(),
    [Symbol.asyncDispose]: async () => {
      await copy[Symbol.asyncDispose]()
      await remove()
    },
  }
}

function damaged(file: string, cause: StoreError): StoreError {
  return new StoreError('corrupt', `${file} is damaged, and of a former version. Restore a backup.`, { cause })
}
