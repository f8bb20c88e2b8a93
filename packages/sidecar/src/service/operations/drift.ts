/** How far the store is from a manifest, read without the writer: writes don't wait for it. */

import type { Organization, ParsedManifest } from '@rolesets/core'
import { driftOf, type Drift } from '../../domain/apply/drift.ts'
import type { Reader } from '../../storage/store.ts'
import { Pauses } from '../pauses.ts'
import type { Found, ReadCall } from './call.ts'
import { readScopes } from './described-things.ts'
import type { Operations } from './operation.ts'

export type { Drift } from '../../domain/apply/drift.ts'

export interface DriftInput {
  readonly manifest: ParsedManifest
  /** Whether applying the manifest deletes what it doesn't describe. */
  readonly prune: boolean
}

const idsPerRead = 500

export function readDrift(
  operations: Operations,
  { manifest, prune }: DriftInput,
  call: ReadCall,
): Promise<Found<Drift>> {
  return operations.find(call, async (reader, catalogue) => {
    const found = await readOrganizations(reader, manifest)
    let organizations = 0
    for (const { id } of catalogue.roleSets.values()) organizations += await reader.organizationCount(id)
    const kinds = catalogue.scopeKinds.size
    const scopesOf = await readScopes(reader, { manifest, kinds, pauses: new Pauses() })
    const organization = (id: string) => found.get(id)
    return driftOf(catalogue, manifest, { prune, organization, wasDeleted: () => false, scopesOf, organizations })
  })
}

async function readOrganizations(reader: Reader, manifest: ParsedManifest): Promise<ReadonlyMap<string, Organization>> {
  const pauses = new Pauses()
  const ids = manifest.organizations.map(({ id }) => id)
  const found = new Map<string, Organization>()
  for (let from = 0; from < ids.length; from += idsPerRead) {
    for (const each of await reader.organizationsById(ids.slice(from, from + idsPerRead))) found.set(each.id, each)
    await pauses.take()
  }
  return found
}
