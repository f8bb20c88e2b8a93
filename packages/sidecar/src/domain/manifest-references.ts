/** Every key that a manifest mentions must be described in it or be in the store already. */

import type { Catalogue, RefusalCode } from '@rolesets/core'
import { invalid } from './fields.ts'
import type { ParsedManifest } from './manifest.ts'
import { Refusal } from './refusal.ts'

export function checkReferences(catalogue: Catalogue, wanted: ParsedManifest): void {
  const permissions = new Set(wanted.permissions.map(({ key }) => key))
  const roles = new Set(wanted.roles.map(({ key }) => key))
  const roleSets = new Set(wanted.roleSets.map(({ key }) => key))

  for (const [place, { key }] of wanted.permissions.entries())
    if (key.startsWith('org:sys_') && !catalogue.permissions.byKey(key))
      throw invalid(`permissions[${place}].key`, `is ${key}, but org:sys_ is reserved for system permissions.`)

  for (const [place, role] of wanted.roles.entries())
    for (const [index, key] of (role.permissions ?? []).entries())
      if (!permissions.has(key) && !catalogue.permissions.byKey(key))
        throw undefinedThing('permission_not_found', key, `roles[${place}].permissions[${index}]`)

  for (const [place, roleSet] of wanted.roleSets.entries())
    for (const [index, key] of roleSet.roles.entries())
      if (!roles.has(key) && !catalogue.roles.byKey(key))
        throw undefinedThing('role_not_found', key, `role_sets[${place}].roles[${index}]`)

  for (const [place, { roleSet: key }] of wanted.organizations.entries())
    if (key !== undefined && !roleSets.has(key) && !catalogue.roleSets.byKey(key))
      throw undefinedThing('role_set_not_found', key, `organizations[${place}].role_set`)
}

function undefinedThing(code: RefusalCode, key: string, field: string): Refusal {
  const message = `${field} is ${key}, which is neither described here nor in the store. Describe it, or correct the key.`
  return new Refusal(code, message, { field, facts: { [code.replace('_not_found', '')]: key } })
}
