/** Metadata of organizations, memberships and invitations: a JSON object of bounded size and depth. No rule reads it. */

import { isPlainObject, limits, type Metadata } from '@rolesets/core'
import { invalid, parseFlag } from './fields.ts'
import type { Refusal } from './refusal.ts'
import { checkLimit } from './check-limit.ts'

/** @returns a copy, so that the caller can't change what is stored */
export function parseMetadata(value: unknown, field: string): Metadata {
  if (!isPlainObject(value)) throw noObject(field)
  checkJson(value, { field, valuesLeft: limits.metadataBytesMax }, 1)
  const json = JSON.stringify(value)
  const bytes = new TextEncoder().encode(json).length
  checkLimit('metadataBytesMax', bytes, { subject: `${field} has`, unit: 'bytes as JSON', field })
  return JSON.parse(json) as Metadata
}

export interface BothMetadata {
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
}

export type MetadataInput = { readonly [Name in keyof BothMetadata]?: Metadata | undefined }

/** Of a new thing: empty unless it is given. */
export function parseNewMetadata(input: MetadataInput, path = ''): BothMetadata {
  return {
    publicMetadata: parseMetadata(input.publicMetadata ?? {}, `${path}public_metadata`),
    privateMetadata: parseMetadata(input.privateMetadata ?? {}, `${path}private_metadata`),
  }
}

export interface MetadataUpdate extends MetadataInput {
  /** True: it is merged into the present metadata at every level, and null removes a field. Otherwise it replaces all. */
  readonly mergeMetadata?: boolean | undefined
}

/** @returns the metadata after the update, computed once the thing is read; undefined: it stays as it is */
export function parseMetadataUpdate(input: MetadataUpdate): { readonly of: (before: BothMetadata) => MetadataInput } {
  const merges = parseFlag(input.mergeMetadata, 'merge_metadata')
  const plan = (value: unknown, field: string): ((before: Metadata) => Metadata | undefined) => {
    if (value === undefined || !merges) {
      const metadata = value === undefined ? undefined : parseMetadata(value, field)
      return () => metadata
    }
    // The merged part may be larger than the result. The limit holds for the result.
    if (!isPlainObject(value)) throw noObject(field)
    checkJson(value, { field, valuesLeft: limits.metadataBytesMax }, 1)
    return (before) => parseMetadata(merge(before, value), field)
  }
  const publicAfter = plan(input.publicMetadata, 'public_metadata')
  const privateAfter = plan(input.privateMetadata, 'private_metadata')
  return {
    of: ({ publicMetadata, privateMetadata }) => ({
      publicMetadata: publicAfter(publicMetadata),
      privateMetadata: privateAfter(privateMetadata),
    }),
  }
}

/** JSON Merge Patch (RFC 7396): objects are merged, null removes, and any other value replaces the present one. */
function merge(before: unknown, patch: Metadata): Metadata {
  // A map, because a field can have the name __proto__.
  const merged = new Map(isPlainObject(before) ? Object.entries(before) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, isPlainObject(value) ? merge(merged.get(name), value) : value)
  }
  return Object.fromEntries(merged)
}

function noObject(field: string): Refusal {
  return invalid(field, 'is no JSON object. Give an object such as {"plan":"pro"}.')
}

interface Walk {
  readonly field: string
  /** Each value takes a byte at least, so more values than bytes are too much; this also ends walks in circles. */
  valuesLeft: number
}

function checkJson(value: unknown, walk: Walk, depth: number): void {
  walk.valuesLeft -= 1
  if (walk.valuesLeft < 0) {
    const given = limits.metadataBytesMax + 1
    checkLimit('metadataBytesMax', given, { subject: `${walk.field} has at least`, unit: 'bytes', field: walk.field })
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number' && Number.isFinite(value)) return
  if (!Array.isArray(value) && !isPlainObject(value)) {
    const problem = "holds something that JSON can't write. Use objects, lists, texts, numbers, true, false and null."
    throw invalid(walk.field, problem)
  }
  checkLimit('metadataDepthMax', depth, { subject: `${walk.field} is nested`, unit: 'levels deep', field: walk.field })
  for (const item of Array.isArray(value) ? (value as readonly unknown[]) : Object.values(value))
    checkJson(item, walk, depth + 1)
}
