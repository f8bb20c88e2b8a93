/**
 * Writes a store with a thing of every kind, as this version does, and keeps it for later versions beside this file: the store,
 * and what must be true of it. Run it before a release whose schema is new:
 * `node --conditions=@rolesets/source --import=./scripts/typescript/register.mjs test/storage/former/make.ts <version>`.
 * A file that was released is never made again.
 */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Service } from '../../../packages/sidecar/src/service/service.ts'
import { openStore } from '../../../packages/sidecar/src/storage/open.ts'
import { migrations } from '../../../packages/sidecar/src/storage/sqlite/migrations/all.ts'
import type { Store } from '../../../packages/sidecar/src/storage/store.ts'
import { openServiceOver, writing } from '../../service/open-service.ts'
import { answersOf, type Expected } from './expected.ts'

const now = Date.UTC(2026, 0, 15)
const call = writing()
const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }

type Admin = Service['administration']

async function writeCatalogue(admin: Admin): Promise<void> {
  for (const key of ['org:reports:read', 'org:reports:send', 'org:reports:old'])
    await admin.createPermission({ key }, call)
  await admin.updatePermission({ permission: 'org:reports:old', key: 'org:reports:view', name: 'View' }, call)
  await admin.deletePermission({ permission: 'org:reports:send' }, call)
  for (const key of ['org:analyst', 'org:auditor', 'org:gone'])
    await admin.createRole({ key, permissions: ['org:reports:read'] }, call)
  await admin.deleteRole({ role: 'org:gone' }, call)
  const roles = ['org:admin', 'org:member', 'org:analyst', 'org:auditor']
  await admin.createRoleSet({ key: 'role_set:pro', name: 'Pro', roles, ...special }, call)
  await admin.createRoleSet({ key: 'role_set:old', roles, ...special }, call)
}

async function writeOrganizations(admin: Admin): Promise<void> {
  const metadata = { publicMetadata: { tier: 'größer', list: [1, null, true] }, privateMetadata: { note: 'private' } }
  await admin.createOrganization(
    { id: 'globex', name: 'Globex', slug: 'globex', roleSet: 'role_set:pro', createdBy: 'boss', ...metadata },
    call,
  )
  await admin.createOrganization({ id: 'acme', name: 'Acme', roleSet: 'role_set:old', createdBy: 'boss' }, call)
  await admin.createOrganization({ id: 'short', createdBy: 'boss' }, call)
  await admin.createOrganization({ id: 'plain' }, call)
  await admin.updateOrganization({ organizationId: 'globex', maxAllowedMemberships: 50 }, call)
  await admin.updateSettings({ domainsEnabled: true, slugDisabled: false }, call)
  await admin.createOrganizationDomain({ organizationId: 'globex', name: 'globex.example' }, call)
  for (const userId of ['ann', 'bob']) {
    await admin.createMembership({ organizationId: 'globex', userId, role: 'org:analyst', ...metadata }, call)
    await admin.createMembership({ organizationId: 'acme', userId, role: 'org:auditor' }, call)
  }
}

async function writeInvitations(admin: Admin): Promise<void> {
  const invite = async (emailAddress: string) => {
    const made = await admin.createInvitation({ organizationId: 'globex', emailAddress, role: 'org:analyst' }, call)
    return { organizationId: 'globex', invitationId: made.value?.id ?? '' }
  }
  await invite('pending@example.com')
  await admin.acceptInvitation({ ...(await invite('cat@example.com')), userId: 'cat' }, call)
  await admin.revokeInvitation(await invite('revoked@example.com'), call)
}

async function writeEnds(admin: Admin): Promise<void> {
  await admin.createAccessKey({ name: 'billing', access: 'read' }, call)
  await admin.createAccessKey({ name: 'former', access: 'secret' }, call)
  await admin.revokeAccessKey({ accessKey: 'former' }, call)
  await admin.replaceRole({ roleSet: 'role_set:old', role: 'org:auditor', toRole: 'org:analyst' }, call)
  await admin.replaceRoleSet({ roleSet: 'role_set:old', toRoleSet: 'role_set:pro', mappings: {} }, call)
  await admin.deleteMembership({ organizationId: 'globex', userId: 'bob' }, call)
  await admin.deleteOrganization({ organizationId: 'short' }, call)
}

/** Each opening is as a process of its own: the second one has a timeline, and the history before it is compacted in part. */
async function run(url: string, write: (admin: Admin, store: Store) => Promise<void>): Promise<void> {
  const store = await openStore(url, { now: () => now })
  const service = await openServiceOver(store, { now: () => now })
  await write(service.administration, store)
  service.close()
  await store.close()
}

const [version = ''] = process.argv.slice(2)
if (version === '') throw new Error('Give the version that will be released, for example 0.2.0.')
const folder = await mkdtemp(join(tmpdir(), 'rolesets-'))
const file = join(folder, 'rolesets.db')
await run(`sqlite:${file}`, async (admin) => {
  await writeCatalogue(admin)
  await writeOrganizations(admin)
  await writeInvitations(admin)
})
await run(`sqlite:${file}`, async (admin, store) => {
  await store.compact({ newerThan: 0, count: 12, now })
  await writeEnds(admin)
  await store.write({ actor: 'tester', operation: 'Follow', at: now }, async (writer) => {
    writer.setBookmark('hook', { epoch: store.epoch, revision: writer.revision })
  })
})
const expected: Expected = { version, schema: migrations.length, now, ...(await answersOf(file, now)) }
const name = new URL(`schema-${migrations.length}`, import.meta.url)
await writeFile(`${name.pathname}.db.gz`, gzipSync(await readFile(file), { level: 9 }))
await writeFile(`${name.pathname}.json`, `${JSON.stringify(expected, null, 2)}\n`)
await rm(folder, { recursive: true })
