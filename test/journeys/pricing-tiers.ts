/** The pricing tiers in a running sidecar: org_acme is on Free, org_pro on Pro. */

import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import type { SidecarProcess } from '../processes/sidecar-process.ts'

export const secretKey = 'secret-key-of-the-journeys-0123456789'

interface Teardown {
  teardown(undo: () => unknown): void
}

/** A client with the administrator's key, closed after the test. */
export function openOperator(t: Teardown, sidecar: SidecarProcess): RoleSetsClient {
  const operator = createRoleSetsClient({ target: sidecar.target, key: secretKey, deadlineMs: 10_000 })
  t.teardown(() => operator.close())
  return operator
}

export async function applyPricingTiers(operator: RoleSetsClient): Promise<void> {
  const { admin } = operator
  await admin.createRole({ key: 'org:moderator', name: 'Moderator' })
  await admin.createRole({ key: 'org:analyst', name: 'Analyst' })
  const offered = ['org:admin', 'org:member']
  const places = { defaultRole: 'org:member', creatorRole: 'org:admin' }
  await admin.createRoleSet({ key: 'role_set:free', name: 'Free', roles: offered, ...places })
  await admin.createRoleSet({
    key: 'role_set:pro',
    name: 'Pro',
    roles: [...offered, 'org:moderator', 'org:analyst'],
    ...places,
  })
  await admin.createOrganization({ id: 'org_acme', name: 'Acme', roleSet: 'role_set:free' })
  await admin.createOrganization({ id: 'org_pro', name: 'Pro Ltd', roleSet: 'role_set:pro' })
}
