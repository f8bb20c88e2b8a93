/**
 * The snapshot for a replica: everything but memberships and invitations, as records.
 *
 * What grows with the number of organizations is read page by page, each page at the revision of its own read, so that no
 * read transaction stays open for a slow consumer. The changes that were committed meanwhile follow before the last part: each
 * gives the whole new state, so applying it again to a newer page gives the same result.
 */

import { put, type Assignment, type Change, type Organization } from '@rolesets/core'
import {
  catalogueChanges,
  recordOf,
  type DeletedOrganization,
  type Reader,
  type Store,
  type Timeline,
} from '../storage/store.ts'
import { lastSealOf } from './last-seal.ts'

export interface PlacesChunk {
  readonly kind: 'places_chunk'
  readonly revision: number
  /** In the first chunk only. */
  readonly first: PlacesStart | undefined
  /** The changes that put the things of this chunk, in the form of the history. */
  readonly record: string
  readonly deletedOrganizations: readonly DeletedOrganization[]
  readonly last: boolean
}

/** What is known of the revision that the snapshot begins with. */
export interface PlacesStart {
  /** The next change set follows it. */
  readonly seal: string
  /** Unix milliseconds; 0: not known. */
  readonly committedAt: number
  readonly timelines: readonly Timeline[]
  readonly retiredPermissions: readonly string[]
  readonly retiredPermissionsIncomplete: boolean
}

const thingsPerChunk = 500

/** All but the changes that were committed meanwhile, and the last chunk. */
export async function* placesSnapshot(store: Store, signal: AbortSignal): AsyncGenerator<PlacesChunk, number> {
  const { revision, value } = await store.read(async (reader) => ({
    ...{ catalogue: await reader.catalogue(), accessKeys: await reader.accessKeys() },
    ...{ seal: await lastSealOf(reader), committedAt: reader.committedAt },
  }))
  const { catalogue, accessKeys, seal, committedAt } = value
  const { keys, isComplete } = catalogue.retiredPermissions
  const timelines = store.lineage.timelines.filter(({ after }) => after < revision)
  const retired = { retiredPermissions: [...keys], retiredPermissionsIncomplete: !isComplete }
  let first: PlacesStart | undefined = { seal, committedAt, timelines, ...retired }
  const changes = catalogueChanges(catalogue, accessKeys)
  for (let start = 0; first !== undefined || start < changes.length; start += thingsPerChunk) {
    yield { ...chunkOf(revision, changes.slice(start, start + thingsPerChunk)), first }
    first = undefined
  }

  const size = thingsPerChunk
  const organizations: Page<Organization> = (reader, last) => reader.organizations({ size, after: last?.id })
  const assignments: Page<Assignment> = (reader, last) => reader.assignments({ size, after: last })
  const deleted: Page<DeletedOrganization> = (reader, last) =>
    reader.deletedOrganizationsAfter({ size, after: last?.id })
  for await (const page of readPages(store, organizations, signal))
    yield chunkOf(
      revision,
      page.map((each) => put('organization', each, null)),
    )
  for await (const page of readPages(store, assignments, signal))
    yield chunkOf(
      revision,
      page.map((each) => put('assignment', each, null)),
    )
  for await (const deletedOrganizations of readPages(store, deleted, signal))
    yield { ...chunkOf(revision, []), deletedOrganizations }
  return revision
}

type Page<Thing> = (reader: Reader, last: Thing | undefined) => Promise<readonly Thing[]>

async function* readPages<Thing>(
  store: Store,
  read: Page<Thing>,
  signal: AbortSignal,
): AsyncGenerator<readonly Thing[], void, undefined> {
  let last: Thing | undefined
  do {
    const { value } = await store.read((reader) => read(reader, last))
    if (value.length > 0) yield value
    last = value.length < thingsPerChunk ? undefined : value.at(-1)
  } while (last !== undefined && !signal.aborted)
}

function chunkOf(revision: number, changes: readonly Change[]): PlacesChunk {
  const record = changes.length > 0 ? recordOf(changes) : ''
  return { kind: 'places_chunk', revision, first: undefined, record, deletedOrganizations: [], last: false }
}

/** The last part of the snapshot. */
export function lastPlacesChunk(revision: number): PlacesChunk {
  return { ...chunkOf(revision, []), last: true }
}
