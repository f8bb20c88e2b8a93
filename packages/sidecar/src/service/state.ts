/** One state of the store, whole, to answer questions about some organizations from: all of it of one revision. */

import { type Catalogue, formatRevision, wholeOf } from '@rolesets/core'
import type { Store } from '../storage/store.ts'
import type { ReadCall } from './call.ts'
import type { Assignment, ReadModel } from './read-model.ts'
import { errorOfAborted } from './service-error.ts'

export interface State {
  readonly catalogue: Catalogue
  readonly revision: string
  /** Of the organizations that the state was made for. */
  assignment(organizationId: string): Assignment
}

export interface States {
  /**
   * The present state, or one at least as new as the call asks for.
   * @throws ServiceError `deadline`, `call_cancelled`, `revision_of_another_epoch`; Refusal `invalid_revision`
   */
  at(organizationIds: readonly string[], call: ReadCall): Promise<State>
}

/** How often organizations are loaded into memory before a question is answered from the storage alone. */
const loadsMax = 4

export function createStates(store: Store, readModel: ReadModel): States {
  /** The present state with these organizations in it. Changes that come meanwhile make it look again, not guess. */
  async function at(organizationIds: readonly string[], call: ReadCall): Promise<State> {
    if (call.atLeastRevision) await readModel.reach(call.atLeastRevision, call.signal)
    for (let loads = 0; ; loads++) {
      if (call.signal.aborted) throw errorOfAborted(call.signal, 'the organization')
      const assignments = new Map<string, Assignment>()
      const missing = organizationIds.filter((id) => {
        const assignment = readModel.assignment(id)
        if (assignment !== undefined) assignments.set(id, assignment)
        return assignment === undefined
      })
      if (missing.length === 0) {
        const assignment = (id: string) => assignments.get(id) ?? null
        return { catalogue: readModel.catalogue, revision: readModel.revisionText, assignment }
      }
      if (loads === loadsMax) return storedState(organizationIds)
      await unlessAborted(readModel.load(missing), call.signal)
    }
  }

  /** The same from the storage in one read, for when writes come faster than organizations can be loaded. */
  async function storedState(organizationIds: readonly string[]): Promise<State> {
    const { revision, value } = await store.read(async (reader) => ({
      catalogue: await reader.catalogue(),
      assignments: await reader.roleSetIdsOf(organizationIds.map(wholeOf)),
    }))
    return {
      catalogue: value.catalogue,
      revision: formatRevision({ epoch: store.epoch, number: revision }),
      assignment: (id) => value.assignments.get(id) ?? null,
    }
  }

  return { at }
}

/** A caller who goes away stops waiting; what others wait for goes on. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw errorOfAborted(signal, 'the organization')
  await new Promise<void>((resolve, reject) => {
    const abort = () => reject(errorOfAborted(signal, 'the organization'))
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
