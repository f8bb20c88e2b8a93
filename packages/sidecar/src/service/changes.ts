/** The feed as callers see it: cursors are parsed, things carry their keys, failures have codes. */

import { type Catalogue, type ChangeSet, formatRevision } from '@rolesets/core'
import { ConsumerTooSlow, follow, type FeedItem, type SnapshotScope } from '../feed/follow.ts'
import { Rounds } from '../feed/rounds.ts'
import { StoreError, type Store } from '../storage/store.ts'
import { ofAnotherEpoch, type ReadModel } from './read-model.ts'
import { errorOfAborted, ServiceError } from './service-error.ts'
import {
  viewOrganization,
  viewPermission,
  viewRole,
  viewRoleSet,
  type OrganizationView,
  type PermissionView,
  type RoleSetView,
  type RoleView,
} from './views.ts'
import { parseRevisionField } from '../domain/fields.ts'

/** `revision` is `<epoch>:<number>`. */
export type FeedMessage =
  | {
      readonly kind: 'snapshot_chunk'
      readonly revision: string
      readonly permissions: readonly PermissionView[]
      readonly roles: readonly RoleView[]
      readonly roleSets: readonly RoleSetView[]
      readonly organizations: readonly OrganizationView[]
      readonly last: boolean
    }
  /** `catalogue` names the things that the changes refer to by id. */
  | {
      readonly kind: 'change_set'
      readonly revision: string
      readonly changeSet: ChangeSet
      readonly catalogue: Catalogue
    }
  /** `stalenessMs`: for how long this sidecar itself hasn't been caught up with its source. */
  | { readonly kind: 'heartbeat'; readonly revision: string; readonly stalenessMs: number }

export interface WatchRequest {
  /** `<epoch>:<number>`; empty or undefined: begin with a snapshot. */
  readonly after?: string | undefined
  readonly snapshotScope: SnapshotScope
}

export interface WatchCall {
  readonly signal: AbortSignal
  /** Called at once when the consumer is too far behind, also while it takes nothing. */
  readonly onTooSlow?: (error: ServiceError) => void
}

export interface Changes {
  /**
   * Ends by throwing: ServiceError `revision_of_another_epoch`, `cursor_compacted`, `cursor_in_the_future`,
   * `consumer_too_slow`, or what the aborted signal says; Refusal `invalid_revision`.
   */
  watch(request: WatchRequest, call: WatchCall): AsyncGenerator<FeedMessage, never, undefined>
}

interface ChangesOptions {
  readonly store: Store
  readonly heartbeatMs?: number
  readonly watcherQueueMax?: number
}

export function createChanges(options: ChangesOptions, readModel: ReadModel): Changes {
  const { store } = options
  const rounds = new Rounds()

  /** A snapshot's first catalogue names its organizations; everything later is named by the present catalogue. */
  function messageOf(item: FeedItem): FeedMessage {
    const revision = formatRevision({ epoch: store.epoch, number: item.revision })
    switch (item.kind) {
      case 'heartbeat':
        return { kind: 'heartbeat', revision, stalenessMs: 0 }
      case 'change_set':
        return { kind: 'change_set', revision, changeSet: item.changeSet, catalogue: readModel.catalogue }
      case 'snapshot_chunk':
        return { ...chunkOf(item, item.catalogue ?? readModel.catalogue), revision }
    }
  }

  async function* watch(request: WatchRequest, call: WatchCall): AsyncGenerator<FeedMessage, never, undefined> {
    const followed = follow(store, {
      after: request.after ? parseCursor(request.after, store) : undefined,
      scope: request.snapshotScope,
      heartbeatMs: options.heartbeatMs ?? 1000,
      queueMax: options.watcherQueueMax ?? 1000,
      rounds,
      signal: call.signal,
      onTooSlow: (error) => call.onTooSlow?.(serviceErrorOf(error)),
    })
    try {
      for await (const item of followed) yield messageOf(item)
    } catch (error) {
      throw error instanceof ConsumerTooSlow || error instanceof StoreError ? serviceErrorOf(error) : error
    }
    throw errorOfAborted(call.signal, 'changes')
  }

  return { watch }
}

function chunkOf(item: FeedItem & { kind: 'snapshot_chunk' }, catalogue: Catalogue) {
  const { permissions, roles, roleSets } = item.catalogue ?? {}
  return {
    kind: 'snapshot_chunk',
    permissions: [...(permissions?.values() ?? [])].map(viewPermission),
    roles: [...(roles?.values() ?? [])].map((role) => viewRole(role, catalogue)),
    roleSets: [...(roleSets?.values() ?? [])].map((roleSet) => viewRoleSet(roleSet, catalogue)),
    organizations: item.organizations.map((organization) => viewOrganization(organization, catalogue)),
    last: item.last,
  } as const
}

function parseCursor(text: string, store: Store): number {
  const { epoch, number } = parseRevisionField(text, 'after')
  if (epoch !== store.epoch) throw ofAnotherEpoch(text, store.epoch)
  if (number > store.head) {
    const head = formatRevision({ epoch: store.epoch, number: store.head })
    throw new ServiceError(
      'cursor_in_the_future',
      `The store is at ${head} and has never been at ${text}: take a snapshot.`,
    )
  }
  return number
}

function serviceErrorOf(error: ConsumerTooSlow): ServiceError
function serviceErrorOf(error: ConsumerTooSlow | StoreError): ServiceError | StoreError
function serviceErrorOf(error: ConsumerTooSlow | StoreError): ServiceError | StoreError {
  if (error instanceof ConsumerTooSlow) return new ServiceError('consumer_too_slow', error.message, { cause: error })
  if (error.code !== 'compacted') return error
  return new ServiceError('cursor_compacted', 'The changes after this cursor are no longer kept: take a snapshot.', {
    cause: error,
  })
}
