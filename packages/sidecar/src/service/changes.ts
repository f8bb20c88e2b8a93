/** The feed as callers see it: cursors are parsed, things carry their keys, failures have codes. */

import { type Catalogue, formatRevision } from '@rolesets/core'
import { ConsumerTooSlow, follow, type FeedItem, type SnapshotScope } from '../feed/follow.ts'
import { Turns } from '../feed/turns.ts'
import { StoreError, type KeptChangeSet, type Store } from '../storage/store.ts'
import type { Freshness } from './freshness.ts'
import { ofAnotherEpoch, type ReadModel } from './read-model.ts'
import { errorOfAborted, ServiceError } from './service-error.ts'
import {
  viewOrganization,
  viewPermission,
  viewRole,
  viewRoleSet,
  viewSettings,
  type OrganizationView,
  type PermissionView,
  type RoleSetView,
  type RoleView,
  type SettingsView,
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
      /** This and the next one: in the first chunk only. */
      readonly settings: SettingsView | undefined
      /** Of the last change set before the snapshot. */
      readonly seal: string | undefined
      readonly last: boolean
    }
  /** `catalogue` names the things that the changes refer to by id. */
  | {
      readonly kind: 'change_set'
      readonly revision: string
      readonly changeSet: KeptChangeSet
      readonly catalogue: Catalogue
    }
  /** `stalenessMs`: for how long this sidecar hasn't been up to date with what it follows. */
  | { readonly kind: 'heartbeat'; readonly revision: string; readonly stalenessMs: number }

export interface WatchRequest {
  /** `<epoch>:<number>`; empty or undefined: begin with a snapshot. */
  readonly after?: string | undefined
  readonly snapshotScope: SnapshotScope
}

export interface WatchCall {
  readonly signal: AbortSignal
  /** Called at once when the consumer is too far behind, even if it doesn't read. */
  readonly onTooSlow?: (error: ServiceError) => void
}

export interface Changes {
  /**
   * Always ends by throwing: ServiceError `revision_of_another_epoch`, `cursor_compacted`, `cursor_in_the_future`,
   * `consumer_too_slow`, or what the aborted signal says; Refusal `invalid_revision`.
   */
  watch(request: WatchRequest, call: WatchCall): AsyncGenerator<FeedMessage, never, undefined>
}

interface ChangesOptions {
  readonly store: Store
  readonly freshness: Freshness
  readonly heartbeatMs?: number
  readonly watcherQueueMax?: number
}

export function createChanges(options: ChangesOptions, readModel: ReadModel): Changes {
  const { store } = options
  const turns = new Turns()

  /** A snapshot's first catalogue names its organizations; everything later is named by the present catalogue. */
  function messageOf(item: FeedItem): FeedMessage {
    const revision = formatRevision({ epoch: store.epoch, number: item.revision })
    switch (item.kind) {
      case 'heartbeat':
        return { kind: 'heartbeat', revision, stalenessMs: options.freshness.stalenessMs }
      case 'change_set':
        return { kind: 'change_set', revision, changeSet: item.changeSet, catalogue: readModel.catalogue }
      case 'snapshot_chunk':
        return { ...chunkOf(item, item.first?.catalogue ?? readModel.catalogue), revision }
    }
  }

  async function* watch(request: WatchRequest, call: WatchCall): AsyncGenerator<FeedMessage, never, undefined> {
    const followed = follow(store, {
      after: request.after ? parseCursor(request.after, store) : undefined,
      scope: request.snapshotScope,
      heartbeatMs: options.heartbeatMs ?? 1000,
      queueMax: options.watcherQueueMax ?? 1000,
      turns,
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
  const { permissions, roles, roleSets, settings } = item.first?.catalogue ?? {}
  return {
    kind: 'snapshot_chunk',
    permissions: [...(permissions?.values() ?? [])].map(viewPermission),
    roles: [...(roles?.values() ?? [])].map((role) => viewRole(role, catalogue)),
    roleSets: [...(roleSets?.values() ?? [])].map((roleSet) => viewRoleSet(roleSet, catalogue)),
    organizations: item.organizations.map((organization) => viewOrganization(organization, catalogue)),
    settings: settings && viewSettings(settings, catalogue),
    seal: item.first?.seal,
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
      `Revision ${text} is newer than the store, which is at ${head}. Take a snapshot.`,
    )
  }
  return number
}

function serviceErrorOf(error: ConsumerTooSlow): ServiceError
function serviceErrorOf(error: ConsumerTooSlow | StoreError): ServiceError | StoreError
function serviceErrorOf(error: ConsumerTooSlow | StoreError): ServiceError | StoreError {
  if (error instanceof ConsumerTooSlow) return new ServiceError('consumer_too_slow', error.message, { cause: error })
  if (error.code !== 'compacted') return error
  return new ServiceError('cursor_compacted', 'The changes after this cursor are no longer kept. Take a snapshot.', {
    cause: error,
  })
}
