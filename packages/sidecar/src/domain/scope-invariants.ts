/** I12 and I13: what kinds, defaults and scopes refer to is there, and fits. */

import {
  findScopeFault,
  findScopeKindFault,
  kindOfScope,
  type Assignment,
  type Catalogue,
  type ScopeDefault,
  type ScopeKind,
} from '@rolesets/core'

/** @returns one sentence for each breach, with the name of the invariant */
export function findScopeBreaches(catalogue: Catalogue): string[] {
  return [
    ...[...catalogue.scopeKinds.values()].flatMap((kind) => findKindFaults(catalogue, kind)),
    ...[...catalogue.scopeDefaults.values()].flatMap((each) => findDefaultFaults(catalogue, each)),
    ...[...catalogue.roleSets.values()]
      .filter(({ type, creatorRoleId }) => type === 'initial' && creatorRoleId === null)
      .map(({ id }) => `I13: the initial role set ${id} has no creator role.`),
  ]
}

/** Of the scope of an organization that has a name or a role set of its own. */
export function findAssignmentFaults(catalogue: Catalogue, assignment: Assignment): string[] {
  const { organizationId, scope, name, roleSetId } = assignment
  const what = `the scope ${scope} of ${organizationId}`
  const faults = findPlaceFaults(catalogue, { what, scope })
  return name === '' && roleSetId === null ? [...faults, `I12: ${what} has neither a name nor a role set.`] : faults
}

/** I13: organizations as a whole have a set with a creator role. */
export function findCreatorFault(catalogue: Catalogue, organizationId: string, roleSetId: string): string[] {
  if (catalogue.roleSets.byId(roleSetId)?.creatorRoleId !== null) return []
  return [`I13: the organization ${organizationId} has the role set ${roleSetId}, which has no creator role.`]
}

function findKindFaults(catalogue: Catalogue, { kind, fallback, roleSetId }: ScopeKind): string[] {
  const what = `the kind of scopes ${kind}`
  const faults = findScopeKindFault(kind) === undefined ? [] : [`I12: ${what} can't have this name.`]
  if (fallback === 'role_set' && roleSetId === null) faults.push(`I12: ${what} must have a role set, and has none.`)
  if (fallback !== 'role_set' && roleSetId !== null)
    faults.push(`I12: ${what} has the role set ${roleSetId}, and its fallback is ${fallback}.`)
  return roleSetId === null ? faults : [...faults, ...findMissing(catalogue, what, roleSetId)]
}

function findDefaultFaults(catalogue: Catalogue, { scope, roleSetId }: ScopeDefault): string[] {
  const what = `the default of ${scope}`
  return [...findPlaceFaults(catalogue, { what, scope }), ...findMissing(catalogue, what, roleSetId)]
}

function findPlaceFaults(
  catalogue: Catalogue,
  { what, scope }: { readonly what: string; readonly scope: string },
): string[] {
  if (findScopeFault(scope) !== undefined) return [`I12: ${what} is of a scope that can't be.`]
  const kind = kindOfScope(scope)
  return catalogue.scopeKinds.has(kind) ? [] : [`I12: ${what} is of the kind ${kind}, which isn't registered.`]
}

function findMissing({ roleSets }: Catalogue, what: string, roleSetId: string): string[] {
  return roleSets.byId(roleSetId) ? [] : [`I12: ${what} has the role set ${roleSetId}, which doesn't exist.`]
}
