/** A hospital with kinds of scopes, for tests that are not about how kinds are set. */

import { put, type Change } from '@rolesets/core'
import { addRoleSet, openTestService, writing, type OpenedService } from './open-service.ts'

export const acme = 'org_acme'

type ChangesOf = (idOf: (name: string) => string, revision: number) => Change[]

/** Role sets for departments and for one of them, one that scopes can have of their own, and an organization on another one. */
export async function openHospital(t: Parameters<typeof openTestService>[0]): Promise<OpenedService> {
  const opened = await openTestService(t)
  for (const name of ['hospital', 'ward', 'pharmacy', 'own'])
    await addRoleSet(opened, `role_set:${name}`, [`org:${name}`])
  await opened.admin.createOrganization({ id: acme, roleSet: 'role_set:hospital' }, writing())
  return opened
}

/** As the operations of the catalogue write it. */
export async function record({ store }: OpenedService, changesOf: ChangesOf) {
  await store.write({ actor: 'tester', operation: 'Test', at: 1 }, async (writer) => {
    const { roleSets } = await writer.catalogue()
    const idOf = (name: string) => roleSets.byKey(`role_set:${name}`)?.id ?? ''
    await writer.record(changesOf(idOf, writer.nextRevision))
  })
}

/** Departments have a set of their own, and the pharmacy another one; teams follow their organization; products have none. */
export const kinds: ChangesOf = (idOf, revision) => {
  const stamp = { updatedAt: 1, revision }
  return [
    put('scope_kind', { kind: 'department', fallback: 'role_set', roleSetId: idOf('ward'), ...stamp }, null),
    put('scope_kind', { kind: 'team', fallback: 'organization', roleSetId: null, ...stamp }, null),
    put('scope_kind', { kind: 'product', fallback: 'none', roleSetId: null, ...stamp }, null),
    put('scope_default', { scope: 'department:pharmacy', roleSetId: idOf('pharmacy'), ...stamp }, null),
  ]
}
