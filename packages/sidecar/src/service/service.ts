/**
 * All operations, for every API alike: gRPC and HTTP translate, and call these. Refusals of the rules are thrown as
 * `Refusal`, failures of the storage as `StoreError`, deadlines and waits as `ServiceError`.
 */

import type { UnknownOrganizations } from '@rolesets/core'
import type { IdPrefix } from '../domain/decided.ts'
import type { Store } from '../storage/store.ts'
import { createAdministration, seed, type Administration } from './administration.ts'
import { createChanges, type Changes } from './changes.ts'
import { createDecisions, type Decisions } from './decisions/decisions.ts'
import { createMemberDecisions, type MemberDecisions } from './decisions/members.ts'
import { createDirectory, type Directory } from './operations/directory.ts'
import { authority, Freshness, type DataSource } from './freshness.ts'
import { createOperations } from './operations/operation.ts'
import type { CheckWritable, ReadOnly } from './operations/read-only.ts'
import { openReadModel, type ReadModel } from './decisions/read-model.ts'

export interface ServiceOptions {
  readonly store: Store
  readonly unknownOrganizations: UnknownOrganizations
  /** Unix milliseconds. */
  readonly now: () => number
  readonly newId: (prefix: IdPrefix) => string
  /** How often idle watchers receive a heartbeat. Default 1000. */
  readonly heartbeatMs?: number
  /** Change sets that a watcher may be behind before it is ended. Default 1000. */
  readonly watcherQueueMax?: number
  /** Organizations whose role set is kept in memory. Default 200 000. */
  readonly organizationsMax?: number
  /** Default: every write is taken. */
  readonly readOnly?: ReadOnly | undefined
  /** What the store follows. Default: nothing, it is the authority. */
  readonly source?: DataSource
  /** Decisions are made only while the store is at most this far behind its source. Default 5000. */
  readonly maxStalenessMs?: number
}

export interface Service {
  readonly decisions: Decisions
  readonly memberDecisions: MemberDecisions
  readonly administration: Administration
  /** Lists by offset, with search and order. */
  readonly directory: Directory
  readonly changes: Changes
  readonly freshness: Freshness
  readonly readModel: ReadModel
  readonly unknownOrganizations: UnknownOrganizations
  /** Every write is checked by its operation; a border asks earlier, so that this refusal comes before those of its own. */
  readonly checkWritable: CheckWritable
  /** Stops following the store. The store itself stays open. */
  close(): void
}

/** Seeds an empty store, loads the catalogue, and is ready to answer. */
export async function openService(options: ServiceOptions): Promise<Service> {
  // A replica's store has what its authority has.
  if (options.source?.role !== 'replica') await seed(options)
  const readModel = await openReadModel(options.store, { organizationsMax: options.organizationsMax ?? 200_000 })
  const operations = createOperations(options, readModel)
  const freshness = new Freshness(options.source ?? authority, options.maxStalenessMs ?? 5_000)
  return {
    administration: createAdministration(operations, options),
    directory: createDirectory(operations),
    decisions: createDecisions({ ...options, freshness }, readModel),
    memberDecisions: createMemberDecisions({ ...options, freshness }, readModel),
    changes: createChanges({ ...options, freshness }, readModel),
    freshness,
    readModel,
    unknownOrganizations: options.unknownOrganizations,
    checkWritable: operations.checkWritable,
    close: () => {
      freshness.close()
      readModel.close()
    },
  }
}
