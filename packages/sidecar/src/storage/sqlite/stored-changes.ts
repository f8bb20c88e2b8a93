/**
 * Changes as history rows have them. Rows of earlier versions name the thing by its kind, for example
 * `{ kind: 'role_put', role: …, before: … }`. They stay as they are, because the seal covers their bytes.
 */

import { camelCase, type Change } from '@rolesets/core'

interface FormerChange {
  readonly kind: string
  readonly [field: string]: unknown
}

export type StoredChange = Change | FormerChange

const setWide: Readonly<Record<string, (fields: FormerChange) => object>> = {
  organizations_moved: ({ kind: _kind, ...facts }) => ({ verb: 'moved', thing: 'assignment', ...facts }),
  members_reassigned: ({ kind: _kind, scope, ...facts }) => ({
    ...{ verb: 'reassigned', thing: 'membership', among: scope },
    ...facts,
  }),
}

export function changeOfStored(stored: StoredChange): Change {
  // This program wrote the row, in one form or the other.
  if (!isFormer(stored)) return stored
  return (setWide[stored.kind] ?? putOrDeleted)(stored) as Change
}

function isFormer(stored: StoredChange): stored is FormerChange {
  return 'kind' in stored
}

function putOrDeleted({ kind, before, ...facts }: FormerChange): object {
  const [, thing = '', verb] = /^(\w+)_(put|deleted)$/.exec(kind) ?? []
  if (verb === 'put') return { verb, thing, after: facts[camelCase(thing)], before }
  return { verb, thing, before, ...facts }
}
