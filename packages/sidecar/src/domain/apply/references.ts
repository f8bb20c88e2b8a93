/** Every key that a manifest mentions must be described in it or be in the store already. */

import { kindOfScope, pathText, type Catalogue, type ManifestPath, type ParsedManifest } from '@rolesets/core'
import { invalid } from '../fields.ts'
import { Refusal } from '../refusal.ts'

export function checkReferences(catalogue: Catalogue, wanted: ParsedManifest): void {
  for (const [place, { key }] of wanted.permissions.entries())
    if (key.startsWith('org:sys_') && !catalogue.permissions.byKey(key))
      throw invalid(`permissions[${place}].key`, `is ${key}, but org:sys_ is reserved for system permissions.`)

  const permission = checkerOf('permission', wanted.permissions, catalogue.permissions)
  for (const [place, { permissions = [] }] of wanted.roles.entries())
    for (const [index, key] of permissions.entries()) permission(key, ['roles', place, 'permissions', index])

  const role = checkerOf('role', wanted.roles, catalogue.roles)
  for (const [place, { roles }] of wanted.roleSets.entries())
    for (const [index, key] of roles.entries()) role(key, ['role_sets', place, 'roles', index])

  const roleSet = checkerOf('role_set', wanted.roleSets, catalogue.roleSets)
  for (const [place, { roleSet: key }] of wanted.organizations.entries())
    if (key !== undefined) roleSet(key, ['organizations', place, 'role_set'])
  checkScopes(catalogue, wanted, roleSet)
}

function checkScopes(catalogue: Catalogue, wanted: ParsedManifest, checkRoleSet: ReturnType<typeof checkerOf>): void {
  for (const [place, { roleSet = '' }] of wanted.scopeKinds.entries())
    if (roleSet !== '') checkRoleSet(roleSet, ['scope_kinds', place, 'role_set'])

  const kinds = new Set(wanted.scopeKinds.map(({ kind }) => kind))
  const checkKind = (scope: string, path: ManifestPath): void => {
    const kind = kindOfScope(scope)
    if (kinds.has(kind) || catalogue.scopeKinds.has(kind)) return
    const field = pathText(path)
    const message = `${field} is ${scope}, but neither the manifest nor the store has the kind of scopes ${kind}. Add it to scope_kinds, or correct the key.`
    throw new Refusal('scope_kind_not_found', message, { field, facts: { kind, scope } })
  }
  for (const [place, { scope, roleSet }] of wanted.scopeDefaults.entries()) {
    checkKind(scope, ['scope_defaults', place, 'scope'])
    checkRoleSet(roleSet, ['scope_defaults', place, 'role_set'])
  }
  for (const [place, { scopes = [] }] of wanted.organizations.entries()) {
    for (const [index, { key, roleSet = '' }] of scopes.entries()) {
      const path = ['organizations', place, 'scopes', index]
      checkKind(key, [...path, 'key'])
      if (roleSet !== '') checkRoleSet(roleSet, [...path, 'role_set'])
    }
  }
}

function checkerOf(
  kind: 'permission' | 'role' | 'role_set',
  described: readonly { readonly key: string }[],
  present: { byKey(key: string): unknown },
) {
  const keys = new Set(described.map(({ key }) => key))
  return (key: string, path: ManifestPath): void => {
    if (keys.has(key) || present.byKey(key)) return
    const field = pathText(path)
    const message = `${field} is ${key}, which neither the manifest nor the store has. Add it to the manifest, or correct the key.`
    throw new Refusal(`${kind}_not_found`, message, { field, facts: { [kind]: key } })
  }
}
