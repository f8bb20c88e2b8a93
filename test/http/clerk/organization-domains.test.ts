/** Domains of organizations: Clerk's operations, and the enrollment of users. */

import test from 'ava'
import { openApi, refusalOf, withEachClient, type Answered, type Api } from '../conforming.ts'

// Clerk's client has no class for domains: it gives what came.
type Shown = Readonly<Record<string, unknown>> & { readonly id: string }

withEachClient('a domain is added, listed, updated and removed', async (t, { organizations }, { call }) => {
  const { id: organizationId } = await organizations.createOrganization({ name: 'Acme', slug: 'acme' })
  const shown = async (answer: Promise<unknown>) => (await answer) as Shown
  const mode = { enrollmentMode: 'automatic_invitation' } as const
  const added = await shown(organizations.createOrganizationDomain({ organizationId, name: 'Example.COM', ...mode }))
  t.like(added, {
    ...{ object: 'organization_domain', organization_id: organizationId, name: 'example.com' },
    ...{ enrollment_mode: 'automatic_invitation', total_pending_invitations: 0, total_pending_suggestions: 0 },
    ...{ affiliation_email_address: null, verification: { status: 'verified', strategy: 'manual_override' } },
    public_organization_data: { id: organizationId, slug: 'acme' },
  })
  t.regex(added.id, /^orgdmn_/)
  const other = { organizationId, name: 'example.org', enrollmentMode: 'manual_invitation', verified: false } as const
  const second = await shown(organizations.createOrganizationDomain(other))
  t.like(second, { verification: { status: 'unverified' } })
  const twice = organizations.createOrganizationDomain({ ...other, name: 'EXAMPLE.org' })
  t.like(await refusalOf(twice), { status: 422, code: 'form_identifier_exists', paramName: 'name' })

  const all = await organizations.getOrganizationDomainList({ organizationId })
  t.deepEqual([all.totalCount, all.data.map(({ name }) => name).sort()], [2, ['example.com', 'example.org']])

  const domainId = second.id
  const changes = { enrollmentMode: 'automatic_suggestion', verified: true } as const
  const updated = await shown(organizations.updateOrganizationDomain({ organizationId, domainId, ...changes }))
  t.like(updated, { enrollment_mode: 'automatic_suggestion', verification: { status: 'verified' } })
  const removed = await organizations.deleteOrganizationDomain({ organizationId, domainId })
  t.like(removed, { object: 'organization_domain', id: domainId, deleted: true })
  const gone = organizations.updateOrganizationDomain({ organizationId, domainId, ...changes })
  t.like(await refusalOf(gone), { status: 404, code: 'resource_not_found', paramName: 'domain_id' })
  await organizations.deleteOrganization(organizationId)
  t.is((await call('GET', '/v1/organization_domains')).body.total_count, 0)
})

async function withDomain(api: Api, body: object, organization: object = {}) {
  const made = await api.call('POST', '/v1/organizations', { body: { name: 'Acme', ...organization } })
  const organizationId: string = made.body.id
  const path = `/v1/organizations/${organizationId}/domains`
  const domain = await api.call('POST', path, { body: { name: 'example.com', ...body } })
  return { organizationId, path, domain, place: `${path}/${domain.body.id}` }
}

const codeOf = ({ status, body }: Answered) => [status, body.errors[0].code, body.errors[0].meta?.param_name]

test('the owner of a domain is verified by a call, and a second call changes nothing', async (t) => {
  const api = await openApi(t)
  const { domain, place } = await withDomain(api, { verified: false })
  t.like(domain.body, { ownership_verification: null, verification: { status: 'unverified', verified_at: null } })
  const first = await api.call('POST', `${place}/verify_ownership`)
  t.like(first.body, { verification: { status: 'verified' }, ownership_verification: { status: 'verified' } })
  const second = await api.call('POST', `${place}/verify_ownership`)
  t.deepEqual(second.body, first.body)
  t.is(second.headers.get('rolesets-revision'), first.headers.get('rolesets-revision'))
  const back = await api.call('PATCH', place, { body: { verified: false } })
  t.like(back.body, { ownership_verification: null, verification: { status: 'unverified' } })
})

test('a name that is no domain is refused', async (t) => {
  const api = await openApi(t)
  const { path } = await withDomain(api, {})
  for (const name of [
    ...[
      '',
      'localhost',
      'a@example.com',
      'https://example.com',
      'example.com/',
      '.example.com',
      'example.com.',
      'a..b',
    ],
    ...[
      'bücher.example',
      '127.0.0.1',
      '-a.com',
      'a-.com',
      'a b.com',
      '*.example.com',
      `${'a'.repeat(64)}.com`,
      'a_b.com',
    ],
    ...['example.com\u200b', 'ex\u202eample.com', 'example.c\u0000om'],
  ])
    t.deepEqual(
      codeOf(await api.call('POST', path, { body: { name } })),
      [422, 'form_param_format_invalid', 'name'],
      name,
    )
  for (const body of [
    { enrollment_mode: 'auto' },
    { enrollment_mode: null },
    { verified: 'true' },
    { domain: 'x.org' },
  ])
    t.is((await api.call('POST', path, { body: { name: 'x.org', ...body } })).status, 422, JSON.stringify(body))
  t.is((await api.call('POST', path, { body: { name: 'xn--bcher-kva.example' } })).status, 200)
  t.is((await api.call('GET', path)).body.total_count, 2)
})

test('domains are listed over all organizations, by filters, in an order, by pages', async (t) => {
  const api = await openApi(t)
  const one = await withDomain(api, { enrollment_mode: 'automatic_invitation' })
  await api.call('POST', one.path, { body: { name: 'b.example.com', verified: false } })
  const two = await withDomain(api, { name: 'other.org', enrollment_mode: 'automatic_suggestion' })
  const namesOf = async (query: string, path = '/v1/organization_domains') => {
    const { body } = await api.call('GET', `${path}?${query}`)
    return body.data.map(({ name }: { name: string }) => name)
  }
  t.deepEqual(await namesOf('order_by=name'), ['b.example.com', 'example.com', 'other.org'])
  t.deepEqual(await namesOf('order_by=-name&limit=1&offset=1'), ['example.com'])
  t.deepEqual(await namesOf('verified=false'), ['b.example.com'])
  t.deepEqual(await namesOf('verified=1&order_by=name'), ['example.com', 'other.org'])
  t.deepEqual(await namesOf('query=EXAMPLE&order_by=name'), ['b.example.com', 'example.com'])
  t.deepEqual(await namesOf(`query=${two.organizationId}`), ['other.org'])
  t.deepEqual(await namesOf(`organization_id=${two.organizationId}`), ['other.org'])
  t.deepEqual(await namesOf('domains=other.org&domains=Example.com&order_by=name'), ['example.com', 'other.org'])
  const modes = 'automatic_invitation,automatic_suggestion'
  t.deepEqual(await namesOf(`enrollment_mode=${modes}&order_by=name`), ['example.com', 'other.org'])
  t.deepEqual(await namesOf('enrollment_mode=-automatic_invitation&order_by=name'), ['b.example.com', 'other.org'])
  t.deepEqual(await namesOf('enrollment_mode=manual_invitation', one.path), ['b.example.com'])
  for (const query of [
    'enrollment_mode=auto',
    'verified=yes',
    'query=',
    'organization_id=org_none',
    'organization_id=',
  ])
    t.is((await api.call('GET', `/v1/organization_domains?${query}`)).status, 422, query)
  t.is((await api.call('GET', '/v1/organizations/org_none/domains')).status, 422)
  t.is((await api.call('POST', '/v1/organizations/org_none/domains', { body: { name: 'a.org' } })).status, 404)
})

test('a user with an address of a verified domain is enrolled with the default role of the settings', async (t) => {
  const api = await openApi(t)
  const { place } = await withDomain(api, { enrollment_mode: 'automatic_invitation', verified: false })
  const enroll = (more: object = {}, query = '') => {
    const body = { user_id: 'user_1', email_address: 'Ann@Example.com', ...more }
    return api.call('POST', `${place}/enroll${query}`, { body })
  }
  const refused = [422, 'organization_domain_not_enrolling', 'domain_id']
  t.deepEqual(codeOf(await enroll()), refused, 'domains are switched off')
  await api.call('PATCH', '/v1/instance/organization_settings', { body: { domains_enabled: true } })
  t.deepEqual(codeOf(await enroll()), refused, 'it is not verified')
  await api.call('POST', `${place}/verify_ownership`)
  for (const mode of ['manual_invitation', 'enterprise_sso']) {
    await api.call('PATCH', place, { body: { enrollment_mode: mode } })
    t.deepEqual(codeOf(await enroll()), refused, mode)
  }
  await api.call('PATCH', place, { body: { enrollment_mode: 'automatic_suggestion' } })
  for (const email_address of [
    'ann@example.org',
    'ann@sub.example.com',
    'ann@example.com.evil.org',
    'ann@xexample.com',
  ])
    t.deepEqual(codeOf(await enroll({ email_address })), [422, 'form_param_format_invalid', 'email_address'])
  t.is((await enroll({ email_address: 'evil@evil.org@example.com' })).status, 422)
  t.is((await enroll({}, '?dry_run=true')).body.resource.role, 'org:member')
  t.like((await enroll()).body, { object: 'organization_membership', role: 'org:member' })
  t.is(codeOf(await enroll())[1], 'already_a_member_in_organization')
})

test("the default role is given only if the organization's role set has it", async (t) => {
  const api = await openApi(t)
  await api.call('POST', '/v1/organization_roles', { body: { name: 'Analyst', key: 'org:analyst' } })
  const special = { default_role_key: 'org:analyst', creator_role_key: 'org:admin' }
  const set = { name: 'Gold', key: 'role_set:gold', roles: ['org:admin', 'org:analyst'], ...special }
  await api.call('POST', '/v1/role_sets', { body: set })
  await api.call('PATCH', '/v1/instance/organization_settings', { body: { domains_enabled: true } })
  const mode = { enrollment_mode: 'automatic_invitation' }
  const { place } = await withDomain(api, mode, { role_set_key: 'role_set:gold' })
  const body = { user_id: 'user_1', email_address: 'ann@example.com' }
  const refused = await api.call('POST', `${place}/enroll`, { body })
  t.deepEqual(codeOf(refused).slice(0, 2), [422, 'organization_role_not_in_role_set'])
  t.regex(refused.body.errors[0].long_message, /org:member.*role_set:gold/)
})

test('the settings say which modes domains can have', async (t) => {
  const api = await openApi(t)
  const modes = ['automatic_suggestion']
  const settings = { domains_enabled: true, domains_enrollment_modes: modes }
  await api.call('PATCH', '/v1/instance/organization_settings', { body: settings })
  const refused = await withDomain(api, { enrollment_mode: 'automatic_invitation' })
  t.deepEqual(codeOf(refused.domain), [422, 'form_param_format_invalid', 'enrollment_mode'])
  t.is((await withDomain(api, { enrollment_mode: 'automatic_suggestion' })).domain.status, 200)
})

test('the history shows domains with their organization, and a write with an old ETag is refused', async (t) => {
  const api = await openApi(t)
  const { place, path, organizationId, domain } = await withDomain(api, {})
  const match = { 'if-match': domain.headers.get('etag') ?? '' }
  t.is((await api.call('PATCH', place, { body: { verified: false }, headers: match })).status, 200)
  t.is((await api.call('PATCH', place, { body: { verified: true }, headers: match })).status, 412)
  await api.call('DELETE', place)
  const { body } = await api.call('GET', `/v1/changes?thing=${organizationId}`)
  const operations = body.data.map(({ operation }: { operation: string }) => operation)
  const names = [
    'DeleteOrganizationDomain',
    'UpdateOrganizationDomain',
    'CreateOrganizationDomain',
    'CreateOrganization',
  ]
  t.deepEqual(operations, names)
  t.deepEqual(body.data[1].changes[0].after.domains, ['example.com (manual_invitation, not verified)'])
  t.is((await api.call('GET', path)).body.total_count, 0)
  const readable = await api.call('GET', `/v1/organizations/${organizationId}`)
  t.false('domains' in readable.body)
})
