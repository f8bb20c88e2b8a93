/** Every bound in the document is the bound that is held: each is tried, and one beyond it. */

import test from 'ava'
import { limits } from '@rolesets/core'
import { openApi, type Answered, type Api } from '../conforming.ts'
import { describedOperations, fieldsOf, filled, type Described, type FieldSchema } from './described.ts'

interface Probe {
  readonly bound: string
  readonly value: unknown
  readonly isAllowed: boolean
}

/** Texts of this length, in the form that the field needs. */
function textOf(name: string, { pattern = '', format }: FieldSchema, length: number): string {
  if (format === 'hostname') return `${'a.'.repeat(Math.floor((length - 1) / 2))}${length % 2 === 1 ? 'a' : 'aa'}`
  const fill = (start: string, end = '') =>
    `${start}${'a'.repeat(Math.max(0, length - start.length - end.length))}${end}`
  if (pattern.startsWith('^org:[a-z0-9_]+:')) return fill('org:a:')
  if (pattern.startsWith('^org:')) return fill('org:')
  if (pattern.startsWith('^role_set:')) return fill('role_set:')
  if (name === 'email_address') return fill('', '@b.c')
  if (name.endsWith('scope')) return fill(`${'k'.repeat(64)}:`)
  return name === 'redirect_url' ? fill('https://a.b/') : fill('')
}

function probesOf(name: string, schema: FieldSchema): Probe[] {
  const probes: Probe[] = []
  const probe = (bound: string, value: unknown, isAllowed: boolean) => probes.push({ bound, value, isAllowed })
  const { minLength, maxLength, minimum, maximum, minItems, maxItems, maxProperties } = schema
  if (minLength !== undefined) probe('minLength', '', false)
  if (maxLength !== undefined) {
    probe('maxLength', textOf(name, schema, maxLength), true)
    probe('maxLength', textOf(name, schema, maxLength + 1), false)
  }
  if (minimum !== undefined) {
    probe('minimum', minimum, true)
    probe('minimum', minimum - 1, false)
  }
  if (maximum !== undefined) {
    probe('maximum', maximum, true)
    probe('maximum', maximum + 1, false)
  }
  const itemOf = (place: number) => (name === 'email_addresses' ? `n${place}@example.com` : `org:n${place}`)
  const list = (length: number) => Array.from({ length }, (_, place) => schema.items?.enum?.[0] ?? itemOf(place))
  if (minItems !== undefined && minItems > 0) probe('minItems', list(minItems - 1), false)
  if (maxItems !== undefined) {
    probe('maxItems', list(maxItems), true)
    probe('maxItems', list(maxItems + 1), false)
  }
  const mappings = (length: number) => Object.fromEntries(list(length).map((key) => [key, 'org:member']))
  if (maxProperties !== undefined) {
    probe('maxProperties', mappings(maxProperties), true)
    probe('maxProperties', mappings(maxProperties + 1), false)
  }
  return probes
}

const codesOfLimits = new Set([
  'form_param_max_length_exceeded',
  'form_param_array_size_exceeded',
  'form_param_format_invalid',
  'form_param_value_invalid',
  'bulk_size_exceeded',
])

/** Whether the answer refuses this field because of its size. */
function isBeyond({ status, body }: Answered, name: string | undefined): boolean {
  if (status === 200) return false
  return body.errors.some(
    ({ code, meta }: { code: string; meta?: { param_name: string } }) =>
      codesOfLimits.has(code) && meta?.param_name === name,
  )
}

/** Bodies that are right, for the operations that need fields. */
const right: Readonly<Record<string, object>> = {
  CreatePermission: { name: 'A', key: 'org:x:y' },
  CreateRole: { name: 'A', key: 'org:x' },
  CreateRoleSet: {
    ...{ name: 'A', key: 'role_set:x', roles: ['org:admin', 'org:member'] },
    ...{ default_role_key: 'org:member', creator_role_key: 'org:admin' },
  },
  AddRoles: { role_keys: ['org:admin'] },
  ReplaceRole: { role_key: 'org:a', to_role_key: 'org:admin' },
  ReplaceRoleSet: { dest_role_set_key: 'role_set:default' },
  CreateOrganization: { name: 'A' },
  // Mappings are read only when the organization moves.
  UpdateOrganization: { role_set_key: 'role_set:default' },
  CreateMembership: { user_id: 'u9', role: 'org:member' },
  UpdateMembership: { role: 'org:member' },
  CreateInvitation: { email_address: 'x@example.com', role: 'org:member' },
  CreateInvitations: { email_address: 'x@example.com', role: 'org:member' },
  AcceptInvitation: { user_id: 'u9' },
  CreateOrganizationDomain: { name: 'example.org' },
  SetScopeKind: { fallback: 'role_set', role_set_key: 'role_set:default' },
  SetScopeDefault: { role_set_key: 'role_set:default' },
  AssignRoleSet: { role_set_key: 'role_set:default' },
  RenameScope: { new_scope: 'department:y' },
  EnrollMember: { user_id: 'u9', email_address: 'x@example.com' },
}

async function thingsOf({ call }: Api): Promise<Record<string, string>> {
  const make = async (path: string, body: object) => (await call('POST', path, { body })).body
  const permission = await make('/v1/organization_permissions', { name: 'A', key: 'org:a:b' })
  const role = await make('/v1/organization_roles', { name: 'A', key: 'org:a' })
  const key = 'role_set:a'
  const special = { default_role_key: 'org:a', creator_role_key: 'org:admin' }
  await make('/v1/role_sets', { name: 'A', key, roles: ['org:admin', 'org:a'], ...special })
  const organization = await make('/v1/organizations', { name: 'Acme', role_set_key: key })
  const path = `/v1/organizations/${organization.id}`
  await make(`${path}/memberships`, { user_id: 'u1', role: 'org:admin' })
  const invitation = await make(`${path}/invitations`, { email_address: 'a@example.com', role: 'org:a' })
  const domain = await make(`${path}/domains`, { name: 'example.com' })
  await call('PUT', '/v1/organization_scope_kinds/department', { body: { fallback: 'none' } })
  const scope = 'department:x'
  await call('PUT', `${path}/scopes/${scope}/role_set`, { body: { role_set_key: key } })
  await call('PUT', `/v1/organization_scope_defaults/${scope}`, { body: { role_set_key: key } })
  return {
    ...{ permission_id: permission.id, organization_role_id: role.id, role_set_key_or_id: key, user_id: 'u1' },
    ...{ organization_id: organization.id, invitation_id: invitation.id, domain_id: domain?.id ?? 'none' },
    ...{ kind: 'department', scope },
  }
}

test('each bound of a field of a body is held exactly', async (t) => {
  const api = await openApi(t)
  const ids = await thingsOf(api)
  const writes = (await describedOperations(api)).filter(({ writes }) => writes)
  const seen = new Set<string>()
  for (const operation of writes)
    for (const [name, schema] of fieldsOf(operation.body))
      for (const { bound, value, isAllowed } of probesOf(name, schema)) {
        seen.add(`${operation.operationId} ${name} ${bound}`)
        const base = { ...right[operation.operationId], [name]: value }
        const body = operation.body?.type === 'array' ? [base] : base
        const answer = await dryRun(api, operation, { ids, body })
        const shown = `${operation.operationId} ${name} ${bound} ${isAllowed}: ${JSON.stringify(answer.body).slice(0, 300)}`
        if (isAllowed && name !== 'role_set_key') t.false(isBeyond(answer, name), shown)
        if (!isAllowed) t.true(isBeyond(answer, name), shown)
      }
  for (const one of ['CreateInvitation expires_in_days maximum', 'CreateOrganization max_allowed_memberships minimum'])
    t.true(seen.has(one), one)
  t.true(seen.size > 60, String(seen.size))
})

function dryRun(
  api: Api,
  { method, path }: Described,
  { ids, body }: { readonly ids: Record<string, string>; readonly body: unknown },
): Promise<Answered> {
  return api.call(method, `${filled(path, ids)}?dry_run=true`, { body })
}

test('the number of invitations in one call is bounded as the document says', async (t) => {
  const api = await openApi(t)
  const ids = await thingsOf(api)
  const bulk = (await describedOperations(api)).find(({ operationId }) => operationId === 'CreateInvitations')
  if (bulk === undefined) return t.fail()
  t.like(bulk.body, { minItems: 1, maxItems: limits.invitationsPerCallMax })
  const invitations = (length: number) =>
    Array.from({ length }, (_, place) => ({ email_address: `p${place}@example.com`, role: 'org:a' }))
  t.is((await dryRun(api, bulk, { ids, body: [] })).status, 422)
  t.is((await dryRun(api, bulk, { ids, body: invitations(limits.invitationsPerCallMax) })).status, 200)
  const over = await dryRun(api, bulk, { ids, body: invitations(limits.invitationsPerCallMax + 1) })
  t.deepEqual([over.status, over.body.errors[0].code], [400, 'bulk_size_exceeded'])
})

test('each bound of a parameter of the query is held exactly, and defaults are shown', async (t) => {
  const api = await openApi(t)
  const ids = await thingsOf(api)
  const reads = (await describedOperations(api)).filter(({ writes }) => !writes)
  for (const { path, parameters, operationId } of reads)
    for (const { name, in: place, schema } of parameters) {
      if (place !== 'query') continue
      if (name === 'limit') t.is(schema.default, 10, operationId)
      if (name === 'offset') t.is(schema.default, 0, operationId)
      if (name === 'order_by') t.is(schema.default, '-created_at', operationId)
      for (const { bound, value, isAllowed } of probesOf(name, schema)) {
        const values = [value].flat().map((one): [string, string] => [name, String(one)])
        const answer = await api.call('GET', `${filled(path, ids)}?${new URLSearchParams(values).toString()}`)
        t.is(isBeyond(answer, name), !isAllowed, `${operationId} ${name} ${bound} ${answer.status}`)
      }
    }
})
