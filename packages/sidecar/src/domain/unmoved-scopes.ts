/**
 * Which scopes keep their role set when a kind or a default changes (rule 16): an impact lists those whose set changes. Scopes
 * that follow their organization have the set of a kind or a default already where their organization is on it.
 */

import { kindOfScope, type Catalogue, type ScopeFallback } from '@rolesets/core'

/** None of the scopes of a change keep their role set, all do, or those of the organizations on one set. */
export type Unmoved = 'none' | 'all' | { readonly organizationsOn: string }

/** What scopes have that have no set of their own: the id of a role set, nothing, or that of their organization. */
type Given = { readonly roleSetId: string | null } | 'organization'

export function unmovedByKind(
  catalogue: Catalogue,
  input: { readonly kind: string; readonly fallback: ScopeFallback | undefined; readonly roleSet?: string | undefined },
): Unmoved {
  const roleSetId = input.roleSet ? catalogue.roleSets.find(input.roleSet)?.id : undefined
  const after = input.fallback === 'organization' ? 'organization' : { roleSetId: roleSetId ?? null }
  return unmoved(byKind(catalogue, input.kind), after)
}

/** @param roleSet key or id of the new default; undefined: it is taken away */
export function unmovedByDefault(catalogue: Catalogue, scope: string, roleSet?: string): Unmoved {
  const before = catalogue.scopeDefaults.get(scope)
  const kind = byKind(catalogue, kindOfScope(scope))
  const after = roleSet === undefined ? kind : { roleSetId: catalogue.roleSets.find(roleSet)?.id ?? null }
  return unmoved(before ?? kind, after)
}

function byKind({ scopeKinds }: Catalogue, kind: string): Given {
  const found = scopeKinds.get(kind)
  return found?.fallback === 'organization' ? 'organization' : { roleSetId: found?.roleSetId ?? null }
}

function unmoved(before: Given, after: Given): Unmoved {
  if (before === 'organization' || after === 'organization') {
    if (before === after) return 'all'
    const fixed = before === 'organization' ? after : before
    const roleSetId = fixed === 'organization' ? null : fixed.roleSetId
    return roleSetId === null ? 'none' : { organizationsOn: roleSetId }
  }
  return before.roleSetId === after.roleSetId ? 'all' : 'none'
}
