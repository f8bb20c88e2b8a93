/** Fills the store of the decision table, as `rolesets apply` does. */

import type { RoleSetsClient } from '@rolesets/client'
import { deletions, manifest, renames } from './table.ts'

export async function describe({ admin }: RoleSetsClient): Promise<void> {
  const { scopeKinds, ...others } = manifest
  const named = scopeKinds.map(({ fallback, ...kind }) => ({ ...kind, fallback: fallback.toUpperCase() }))
  // The client leaves out what is undefined; its type doesn't say so.
  await admin.apply({ ...others, scopeKinds: named } as Parameters<typeof admin.apply>[0])
  const renaming = {
    permission: (from: string, key: string) => admin.updatePermission({ permission: from, key }),
    role: (from: string, key: string) => admin.updateRole({ role: from, key }),
    role_set: (from: string, key: string) => admin.updateRoleSet({ roleSet: from, key }),
  }
  for (const { kind, from, to } of renames) await renaming[kind](from, to)
  for (const organizationId of deletions) await admin.deleteOrganization({ organizationId })
}
