/** Members of scopes for tests, written past the rules about who may become one. */

import { put, type Membership } from '@rolesets/core'
import type { OpenedService } from './open-service.ts'

export type ScopeMember = readonly [organizationId: string, scope: string, userId: string, role: string]

/** As their operations write them. */
export async function join({ store }: OpenedService, members: readonly ScopeMember[]) {
  await store.write({ actor: 'tester', operation: 'Test', at: 1 }, async (writer) => {
    const { roles } = await writer.catalogue()
    const changes = members.map(([organizationId, scope, userId, role]) => {
      const membership: Membership = {
        ...{ id: `orgmem_${organizationId}_${scope}_${userId}`, organizationId, scope, userId },
        ...{ roleIds: [roles.byKey(role)?.id ?? ''], expiresAt: null, publicMetadata: {}, privateMetadata: {} },
        ...{ createdAt: 1, updatedAt: 1, revision: writer.nextRevision },
      }
      return put('membership', membership, null)
    })
    await writer.record(changes)
  })
}

/** Keys, with commas between them. */
export async function roleOf({ store }: OpenedService, organizationId: string, scope: string, userId: string) {
  const { value } = await store.read(async (reader) => {
    const { roles } = await reader.catalogue()
    const membership = await reader.membership(organizationId, userId, scope)
    return membership?.roleIds.map((id) => roles.byId(id)?.key).join()
  })
  return value
}
