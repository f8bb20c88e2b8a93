/** Every key that a manifest mentions must be described in it or be in the store already. */

import { type Catalogue, type ManifestPath, type ParsedManifest, pathText } from '@rolesets/core'
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
