/** Metadata of organizations and memberships: merged and replaced, by API version; and logos, which aren't stored. */

import test from 'ava'
import { openApi, refusalOf, withEachClient } from '../conforming.ts'

withEachClient('metadata is merged at every level, and null removes a field', async (t, { organizations }) => {
  const { id } = await organizations.createOrganization({
    name: 'A',
    publicMetadata: { a: { b: 1, c: 2 }, keep: true },
    privateMetadata: { secret: 1 },
  })
  const merged = await organizations.updateOrganizationMetadata(id, {
    publicMetadata: { a: { b: null, camelCase: [1, { x: null }] } },
  })
  t.deepEqual(merged.publicMetadata, { a: { c: 2, camelCase: [1, { x: null }] }, keep: true })
  t.deepEqual(merged.privateMetadata, { secret: 1 })
})

withEachClient('metadata that is replaced is replaced whole, and what is not given stays', async (t, clerk) => {
  const { organizations } = clerk
  const { id } = await organizations.createOrganization({
    name: 'A',
    publicMetadata: { a: 1 },
    privateMetadata: { secret: 1 },
  })
  const replaced = await organizations.replaceOrganizationMetadata(id, { publicMetadata: { b: 2 } })
  t.deepEqual(replaced.publicMetadata, { b: 2 })
  t.deepEqual(replaced.privateMetadata, { secret: 1 })
  const emptied = await organizations.replaceOrganizationMetadata(id, { publicMetadata: null } as never)
  t.deepEqual(emptied.publicMetadata, {})
  // The client makes two calls of it.
  const both = await organizations.updateOrganization(id, { name: 'B', privateMetadata: { other: 2 } })
  t.like(both, { name: 'B', privateMetadata: { other: 2 } })
})

withEachClient("metadata that can't be stored is rejected, and nothing changes", async (t, { organizations }) => {
  const { id } = await organizations.createOrganization({ name: 'A', publicMetadata: { a: 1 } })
  const merge = (publicMetadata: unknown) =>
    refusalOf(organizations.updateOrganizationMetadata(id, { publicMetadata } as never))
  t.like(await merge(null), { status: 422, code: 'form_param_nil', paramName: 'public_metadata' })
  t.like(await merge('x'), { status: 422, code: 'form_param_type_invalid', paramName: 'public_metadata' })
  t.like(await merge({ b: 'x'.repeat(9_000) }), { status: 422, code: 'form_param_max_length_exceeded' })
  const unknown = await refusalOf(organizations.updateOrganizationMetadata(id, { unsafeMetadata: {} } as never))
  t.like(unknown, { status: 422, code: 'form_param_unknown', paramName: 'unsafe_metadata' })
  t.deepEqual((await organizations.getOrganization({ organizationId: id })).publicMetadata, { a: 1 })
})

test('the update takes metadata only in the versions before 2026-05-12', async (t) => {
  const { call } = await openApi(t)
  const { body: made } = await call('POST', '/v1/organizations', { body: { name: 'A', public_metadata: { a: 1 } } })
  const path = `/v1/organizations/${made.id}`
  const update = { body: { public_metadata: { b: 2 } } }
  for (const headers of [{}, { 'clerk-api-version': '2026-05-12' }]) {
    const { status, body } = await call('PATCH', path, { ...update, headers })
    t.like(
      { status, ...body.errors[0] },
      {
        status: 422,
        code: 'form_param_unknown',
        meta: { param_name: 'public_metadata' },
      },
    )
  }
  const older = await call('PATCH', path, { ...update, headers: { 'clerk-api-version': '2025-11-10' } })
  t.deepEqual([older.status, older.body.public_metadata], [200, { b: 2 }])
})

withEachClient('metadata of a membership is merged', async (t, { organizations }) => {
  const { id: organizationId } = await organizations.createOrganization({ name: 'A', createdBy: 'u1' })
  const member = { organizationId, userId: 'u1' }
  await organizations.updateOrganizationMembershipMetadata({ ...member, publicMetadata: { a: { b: 1, c: 2 } } })
  const merged = await organizations.updateOrganizationMembershipMetadata({
    ...member,
    publicMetadata: { a: { b: null } },
    privateMetadata: { x: 1 },
  })
  t.like(merged, { publicMetadata: { a: { c: 2 } }, privateMetadata: { x: 1 }, role: 'org:admin' })
  t.false('b' in (merged.publicMetadata['a'] as object))
  const nobody = organizations.updateOrganizationMembershipMetadata({
    organizationId,
    userId: 'u2',
    publicMetadata: {},
  })
  t.like(await refusalOf(nobody), { status: 404, code: 'resource_not_found' })
})

withEachClient('uploading and deleting a logo is rejected', async (t, { organizations }) => {
  const { id } = await organizations.createOrganization({ name: 'A' })
  const put = await refusalOf(organizations.updateOrganizationLogo(id, { file: new Blob(['x']), uploaderUserId: 'u1' }))
  t.like(put, { status: 400, code: 'organization_logo_not_kept' })
  const deleted = await refusalOf(organizations.deleteOrganizationLogo(id))
  t.like(deleted, { status: 400, code: 'organization_logo_not_kept' })
})
