/** Metadata of organizations and memberships: a JSON object of bounded size and depth, opaque otherwise. */

import { invalid, isPlainObject } from './fields.ts'
import { checkLimit, limits } from './limits.ts'
import type { Metadata } from './model.ts'

/** @returns a copy, so that nobody can change what was stored */
export function parseMetadata(value: unknown, field: string): Metadata {
  if (!isPlainObject(value)) throw invalid(field, 'is no JSON object. Give an object such as {"plan":"pro"}.')
  checkJson(value, { field, valuesLeft: limits.metadataBytesMax }, 1)
  const json = JSON.stringify(value)
  checkLimit('metadataBytesMax', new TextEncoder().encode(json).length, {
    subject: `${field} has`,
    unit: 'bytes as JSON',
    field,
  })
  return JSON.parse(json) as Metadata
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
  if (!Array.isArray(value) && !isPlainObject(value))
    throw invalid(
      walk.field,
      "holds something that JSON can't write. Use objects, lists, texts, numbers, true, false and null.",
    )
  checkLimit('metadataDepthMax', depth, { subject: `${walk.field} is nested`, unit: 'levels deep', field: walk.field })
  for (const item of Array.isArray(value) ? (value as readonly unknown[]) : Object.values(value))
    checkJson(item, walk, depth + 1)
}
