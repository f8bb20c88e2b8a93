/** A sidecar with an organization on the default set, roles of a pharmacy, and a kind of scopes. */

import type { ExecutionContext } from 'ava'
import { connect } from '../../grpc/open-sidecar.ts'
import { openApi, type Api } from '../conforming.ts'

/** An organization on the default set, roles of a pharmacy, and a kind whose scopes follow their organization. */
export async function openHospital(t: ExecutionContext): Promise<Api> {
  const api = await openApi(t)
  const { write } = connect(t, api.target)
  for (const key of ['org:pharmacist', 'org:technician']) await write('CreateRole', { key })
  await write('CreateOrganization', { id: 'org_acme' })
  const roleSet = {
    ...{ name: 'Pharmacy', key: 'role_set:pharmacy', roles: ['org:pharmacist', 'org:technician'] },
    ...{ default_role_key: 'org:technician', creator_role_key: null },
  }
  t.like(await api.call('POST', '/v1/role_sets', { body: roleSet }), { status: 200, body: { creator_role: null } })
  const kind = { fallback: 'organization' }
  t.is((await api.call('PUT', '/v1/organization_scope_kinds/department', { body: kind })).status, 200)
  return api
}
