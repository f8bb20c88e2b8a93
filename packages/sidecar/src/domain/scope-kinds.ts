/** Kinds of scopes and defaults for their keys: what scopes have that were assigned no role set (rule 14). */

import {
  counted,
  deleted,
  holders,
  kindOfScope,
  listed,
  put,
  roleSetOfPlace,
  scopeFallbacks,
  type Catalogue,
  type ScopeDefault,
  type ScopeFallback,
  type ScopeKind,
} from '@rolesets/core'
import { checkLimit } from './check-limit.ts'
import { decided, decidedTo, type Context, type Decided } from './decided.ts'
import { invalid } from './fields.ts'
import { findRoleSet } from './lookup.ts'
import type { Mapped } from './mappings.ts'
import { Refusal } from './refusal.ts'
import type { ScopeFacts, ScopesInUse } from './scope-facts.ts'
import { planScopeMove } from './scope-moves.ts'
import { parseScope, parseScopeKind, scopeKindNotFound } from './scopes.ts'

export interface SetScopeKindInput extends Mapped {
  readonly kind: string
  readonly fallback: ScopeFallback | undefined
  /** Key or id; with the fallback `role_set` only. */
  readonly roleSet?: string | undefined
}

export interface DeleteScopeKindInput {
  readonly kind: string
}

export interface SetScopeDefaultInput extends Mapped {
  readonly scope: string
  /** Key or id. */
  readonly roleSet: string
}

export interface DeleteScopeDefaultInput extends Mapped {
  readonly scope: string
}

/** @param facts the scopes of the kind that have neither a role set of their own nor a default */
export function setScopeKind(
  catalogue: Catalogue,
  input: SetScopeKindInput,
  facts: ScopeFacts,
  context: Context,
): Decided<ScopeKind> {
  const kind = parseScopeKind(input.kind)
  const fallback = scopeFallbacks.find((each) => each === input.fallback)
  if (fallback === undefined) throw invalid('fallback', 'is missing. Give ORGANIZATION, ROLE_SET or NONE.')
  const roleSetId = targetOf(catalogue, { fallback, roleSet: input.roleSet })
  const before = catalogue.scopeKinds.get(kind) ?? null
  if (before === null) {
    const size = catalogue.scopeKinds.size + 1
    checkLimit('scopeKindsMax', size, { subject: 'The store would have', unit: 'kinds of scopes', field: 'kind' })
  }
  if (before?.fallback === fallback && before.roleSetId === roleSetId) return decided([], before)
  const after: ScopeKind = { kind, fallback, roleSetId, updatedAt: context.now, revision: context.revision }
  const next = { ...catalogue, scopeKinds: new Map(catalogue.scopeKinds).set(kind, after) }
  const { impact, reassigned } = planScopeMove(catalogue, {
    ...{ among: { kind }, facts, context, mappings: input.mappings },
    after: (organizationRoleSetId) => roleSetOfPlace(next, { scope: `${kind}:`, own: null, organizationRoleSetId }),
    ...(roleSetId !== null && { destination: { roleSetId, origin: 'kind' } }),
  })
  return decided([...reassigned, put('scope_kind', after, before)], after, impact)
}

/** @param facts everything that there is of the kind */
export function deleteScopeKind(
  catalogue: Catalogue,
  input: DeleteScopeKindInput,
  { members, invitations, assignments }: ScopesInUse,
): Decided<ScopeKind> {
  const kind = parseScopeKind(input.kind)
  const before = catalogue.scopeKinds.get(kind)
  if (before === undefined) throw scopeKindNotFound(kind, 'kind')
  const defaults = [...catalogue.scopeDefaults.keys()].filter((scope) => kindOfScope(scope) === kind)
  if (members + invitations + assignments + defaults.length > 0) {
    const parts = [
      holders({ members, invitations }),
      `${counted(assignments, 'scope')} with a name or a role set of its own`,
      counted(defaults.length, 'default'),
    ]
    const message = `The kind of scopes ${kind} is in use: ${parts.join(', ')}. End these first.`
    const counts = { members, invitations, scopes: assignments, defaults: defaults.length }
    const facts = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, String(count)]))
    throw new Refusal('in_use', message, { field: 'kind', facts: { kind, ...facts } })
  }
  return decided([deleted('scope_kind', before)], before)
}

/** @param facts the scopes with exactly this key that have no role set of their own */
export function setScopeDefault(
  catalogue: Catalogue,
  input: SetScopeDefaultInput,
  facts: ScopeFacts,
  context: Context,
): Decided<ScopeDefault> {
  const scope = parseScope(input.scope)
  const roleSet = findRoleSet(catalogue, input.roleSet)
  if (!catalogue.scopeKinds.has(kindOfScope(scope))) throw scopeKindNotFound(kindOfScope(scope), 'scope')
  const before = catalogue.scopeDefaults.get(scope) ?? null
  if (before === null) {
    const size = catalogue.scopeDefaults.size + 1
    checkLimit('scopeDefaultsMax', size, {
      subject: 'The store would have',
      unit: 'defaults of scopes',
      field: 'scope',
    })
  }
  if (before?.roleSetId === roleSet.id) return decided([], before)
  const after = { scope, roleSetId: roleSet.id, updatedAt: context.now, revision: context.revision }
  const destination = { roleSetId: roleSet.id, origin: 'default' } as const
  const { impact, reassigned } = planScopeMove(catalogue, {
    ...{ among: { scope }, facts, context, mappings: input.mappings, destination },
    after: () => destination,
  })
  return decided([...reassigned, put('scope_default', after, before)], after, impact)
}

/** @param facts the scopes with exactly this key that have no role set of their own */
export function deleteScopeDefault(
  catalogue: Catalogue,
  input: DeleteScopeDefaultInput,
  facts: ScopeFacts,
  context: Context,
): Decided<ScopeDefault> {
  const scope = parseScope(input.scope)
  const before = catalogue.scopeDefaults.get(scope)
  if (before === undefined) {
    const message = `The scope ${scope} has no default. Name one that ListScopeKinds shows.`
    throw new Refusal('scope_default_not_found', message, { field: 'scope', facts: { scope } })
  }
  const scopeDefaults = new Map(catalogue.scopeDefaults)
  scopeDefaults.delete(scope)
  const next = { ...catalogue, scopeDefaults }
  const { impact, reassigned } = planScopeMove(catalogue, {
    ...{ among: { scope }, facts, context, mappings: input.mappings },
    after: (organizationRoleSetId) => roleSetOfPlace(next, { scope, own: null, organizationRoleSetId }),
  })
  return decided([...reassigned, deleted('scope_default', before)], before, impact)
}

/** Kinds and defaults that name a role set, in words; empty: none does. */
export function namersOf(catalogue: Catalogue, roleSetId: string): string {
  const names = (each: { readonly roleSetId: string | null }) => each.roleSetId === roleSetId
  const kinds = [...catalogue.scopeKinds.values()].filter(names).map(({ kind }) => `the kind of scopes ${kind}`)
  const defaults = [...catalogue.scopeDefaults.values()].filter(names).map(({ scope }) => `the default of ${scope}`)
  return listed([...kinds, ...defaults])
}

/** Kinds and defaults that name a replaced set name its replacement from now on. */
export function renamedNamers(
  catalogue: Catalogue,
  { fromRoleSetId, toRoleSetId }: { readonly fromRoleSetId: string; readonly toRoleSetId: string },
  { now: updatedAt, revision }: Context,
) {
  const target = { roleSetId: toRoleSetId, updatedAt, revision }
  const names = (each: { readonly roleSetId: string | null }) => each.roleSetId === fromRoleSetId
  return [
    ...[...catalogue.scopeKinds.values()]
      .filter(names)
      .flatMap((kind) => decidedTo('scope_kind', kind, { ...kind, ...target }).changes),
    ...[...catalogue.scopeDefaults.values()]
      .filter(names)
      .flatMap((each) => decidedTo('scope_default', each, { ...each, ...target }).changes),
  ]
}

function targetOf(
  catalogue: Catalogue,
  { fallback, roleSet }: { readonly fallback: ScopeFallback; readonly roleSet: string | undefined },
): string | null {
  const isGiven = roleSet !== undefined && roleSet !== ''
  if (fallback === 'role_set') return findRoleSet(catalogue, roleSet).id
  if (isGiven) throw invalid('role_set', 'is only for the fallback ROLE_SET. Leave it out, or choose that fallback.')
  return null
}
