/** What questions are answered from: the catalogue and the assignments of some places, all at one revision. */

import { keyOfPlace, type Catalogue, type Place } from '@rolesets/core'
import type { Store } from '../../storage/store.ts'
import type { ReadCall } from '../operations/call.ts'
import type { Freshness } from '../freshness.ts'
import { readRoleSetIds, type ReadModel, type RoleSetId } from './read-model.ts'
import { errorOfAborted } from '../service-error.ts'

/** The read model is one, at the present revision and until the end of the tick. */
export interface Basis {
  readonly catalogue: Catalogue
  /** `<epoch>:<number>`. */
  readonly revisionText: string
  /** Undefined: it isn't in this basis, and the store must be asked. */
  roleSetIdOf(place: Place): RoleSetId | undefined
}

export interface LoadedBasis extends Basis {
  /** Whether the place wasn't in memory, so that it was read from the store. */
  wasRead(place: Place): boolean
}

/**
 * Loads these places.
 * @returns the present state, or one at least as new as the call asks for
 * @throws ServiceError `not_serving`, `deadline`, `call_cancelled`, `revision_of_another_epoch`; Refusal `invalid_revision`
 */
export type LoadBasis = (places: readonly Place[], call: ReadCall) => Promise<LoadedBasis>

/** How often places are loaded into memory before a question is answered from the storage alone. */
const loadsMax = 4

interface BasisOptions {
  readonly store: Store
  readonly freshness: Freshness
}

export function createLoadBasis({ store, freshness }: BasisOptions, readModel: ReadModel): LoadBasis {
  /** When changes arrive during the load, it looks again instead of guessing. */
  async function load(places: readonly Place[], { atLeastRevision, signal }: ReadCall): Promise<LoadedBasis> {
    const read = new Set<string>()
    const wasRead = (place: Place) => read.has(keyOfPlace(place))
    if (atLeastRevision) await readModel.reach(atLeastRevision, signal)
    for (let loads = 0; ; loads++) {
      if (signal.aborted) throw errorOfAborted(signal, 'the organization')
      const found = new Map<string, RoleSetId | undefined>(
        places.map((place) => [keyOfPlace(place), readModel.roleSetIdOf(place)]),
      )
      const missing = places.filter((place) => found.get(keyOfPlace(place)) === undefined)
      if (missing.length === 0) {
        const { catalogue, revisionText } = readModel
        return { catalogue, revisionText, roleSetIdOf: (place) => found.get(keyOfPlace(place)), wasRead }
      }
      for (const place of missing) read.add(keyOfPlace(place))
      if (loads === loadsMax) return { ...(await fromStore(places)), wasRead }
      await unlessAborted(readModel.load(missing), signal)
    }
  }

  /** One read in the storage, for when writes come faster than places can be loaded. */
  async function fromStore(places: readonly Place[]): Promise<Basis> {
    const { revision, value } = await store.read(async (reader) => ({
      catalogue: await reader.catalogue(),
      roleSetIds: await readRoleSetIds(reader, places),
    }))
    return {
      catalogue: value.catalogue,
      revisionText: store.lineage.textOf(revision),
      roleSetIdOf: (place) => value.roleSetIds.get(keyOfPlace(place)) ?? null,
    }
  }

  return async (places, call) => {
    const basis = await load(places, call)
    // The source can be lost during the wait.
    freshness.check()
    return basis
  }
}

/** A call that is cancelled stops waiting. The work goes on for the others. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const abort = () => reject(errorOfAborted(signal, 'the organization'))
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
