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
  const roles = ['org:pharmacist', 'org:technician']
  await write('CreateRoleSet', { key: 'role_set:pharmacy', roles, defaultRole: 'org:technician' })
  t.like((await api.call('GET', '/v1/role_sets/role_set:pharmacy')).body, { creator_role: null })
  const kind = { fallback: 'organization' }
  t.is((await api.call('PUT', '/v1/organization_scope_kinds/department', { body: kind })).status, 200)
  return api
}
