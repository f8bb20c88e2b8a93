/** History and past invitations name things as they were named then, whatever was renamed or deleted since. */

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { PastNames } from '../../packages/sidecar/src/service/past-names.ts'
import type { AuditImage } from '../../packages/sidecar/src/service/audit/views.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { openServiceOver, openTestService, reading, writing, type OpenedService } from './open-service.ts'

type Admin = OpenedService['admin']

const permission = 'org:sheet:read'
const role = 'org:analyst'
const roleSet = 'role_set:pro'
const places = { defaultRole: 'org:member', creatorRole: 'org:admin' }
const acme = { organizationId: 'acme' }
const dayMs = 24 * 60 * 60 * 1_000

/** One change set of each kind that refers to others by id. */
async function writeAll(admin: Admin): Promise<void> {
  await admin.createPermission({ key: permission }, writing())
  await admin.createRole({ key: role, name: 'Analyst', permissions: [permission] }, writing())
  await admin.createRoleSet({ key: roleSet, roles: ['org:admin', 'org:member', role], ...places }, writing())
  await admin.createOrganization({ id: 'acme', roleSet }, writing())
  await admin.createMembership({ ...acme, userId: 'ann', role }, writing())
  const invited = await admin.createInvitation({ ...acme, emailAddress: 'bob@x.org', role }, writing())
  await admin.revokeInvitation({ ...acme, invitationId: invited.value?.id ?? '' }, writing())
  await admin.updateMembership({ ...acme, userId: 'ann', role: 'org:member' }, writing())
}

interface Seen {
  readonly operation: string
  readonly before?: AuditImage | undefined
  readonly after?: AuditImage | undefined
}

async function history(admin: Admin, filter = {}, pageSize = 0): Promise<readonly Seen[]> {
  const seen: Seen[] = []
  let pageToken = ''
  do {
    const page = await admin.listChanges({ oldestFirst: true, ...filter }, { ...reading(), pageSize, pageToken })
    seen.push(...page.items.flatMap(({ operation, changes }) => changes.map((it) => ({ ...it, operation }))))
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  return seen
}

const renameAll = async (admin: Admin) => {
  await admin.updatePermission({ permission, key: 'org:sheet:later' }, writing())
  await admin.updateRole({ role, key: 'org:later', name: 'Later' }, writing())
  await admin.updateRoleSet({ roleSet, key: 'role_set:later' }, writing())
}
const deleteAll = async (admin: Admin) => {
  await admin.deletePermission({ permission }, writing())
  await admin.deleteRole({ role }, writing())
  await admin.replaceRoleSet({ roleSet, toRoleSet: 'role_set:default', mappings: {} }, writing())
}

const later: Readonly<Record<string, (admin: Admin) => Promise<unknown>>> = {
  'everything was renamed': renameAll,
  'everything was deleted': deleteAll,
  'a role was renamed twice': async (admin) => {
    await admin.updateRole({ role, key: 'org:second' }, writing())
    await admin.updateRole({ role: 'org:second', key: 'org:third' }, writing())
  },
  'it was renamed and then deleted': async (admin) => {
    await renameAll(admin)
    await admin.deleteRole({ role: 'org:later' }, writing())
    const move = { roleSet: 'role_set:later', toRoleSet: 'role_set:default', mappings: {} }
    await admin.replaceRoleSet(move, writing())
  },
  'it was deleted and another thing has its key': async (admin) => {
    await deleteAll(admin)
    await admin.createPermission({ key: permission }, writing())
    await admin.createRole({ key: role, name: 'Another' }, writing())
    await admin.createRoleSet({ key: roleSet, roles: ['org:admin', 'org:member'], ...places }, writing())
  },
  'the role was renamed and another one took its key': async (admin) => {
    await admin.updateRole({ role, key: 'org:first' }, writing())
    await admin.createRole({ key: role, name: 'Another' }, writing())
  },
  'two roles exchanged their keys': async (admin) => {
    await admin.updateRole({ role, key: 'org:aside' }, writing())
    await admin.updateRole({ role: 'org:member', key: role }, writing())
    await admin.updateRole({ role: 'org:aside', key: 'org:member' }, writing())
  },
}

for (const [what, change] of Object.entries(later)) {
  test(`the history and a past invitation stay as they were: ${what}`, async (t) => {
    const url = `sqlite:${join(await temporaryFolder(t), 'rolesets.db')}`
    const store = await openStore(url)
    const service = await openServiceOver(store)
    const admin = service.administration
    await writeAll(admin)
    const then = await history(admin)
    t.like(then.find(({ operation }) => operation === 'CreateRole')?.after, { key: role, permissions: [permission] })
    t.like(then.at(-1), { before: { role }, after: { role: 'org:member' } })
    const invitations = async (of: Admin) =>
      (await of.listInvitations(acme, { ...reading(), pageSize: 0, pageToken: '' })).items
    const ended = await invitations(admin)
    t.like(ended[0], { status: 'revoked', role, roleName: 'Analyst' })
    await change(admin)

    const check = async (of: Admin) => {
      for (const pageSize of [0, 1, 4]) t.deepEqual((await history(of, {}, pageSize)).slice(0, then.length), then)
      const newestFirst = (await history(of, { oldestFirst: false }, 3)).filter(
        ({ operation }) => operation === 'CreateMembership',
      )
      t.like(newestFirst[0]?.after, { role })
      t.like((await history(of, { thing: 'ann' }))[0]?.after, { role, user_id: 'ann' })
      t.deepEqual(await invitations(of), ended)
      t.deepEqual(
        (await of.getInvitation({ organizationId: 'acme', invitationId: ended[0]?.id ?? '' }, reading())).value,
        ended[0],
      )
    }
    await check(admin)
    service.close()
    await store.close()
    const reopened = await openStore(url)
    t.teardown(() => reopened.close())
    const again = await openServiceOver(reopened)
    t.teardown(() => again.close())
    await check(again.administration)
  })
}

test('a change of a name shows the name before it and after it', async (t) => {
  const { admin } = await openTestService(t)
  await writeAll(admin)
  await admin.updateRole({ role, key: 'org:later' }, writing())
  await admin.updateRoleSet({ roleSet, name: 'Professional' }, writing())
  const [renamed] = await history(admin, { operation: 'UpdateRole' })
  const [edited] = await history(admin, { operation: 'UpdateRoleSet' })
  t.like(renamed, { before: { key: role, permissions: [permission] }, after: { key: 'org:later' } })
  t.deepEqual(edited?.before?.['roles'], ['org:admin', 'org:later', 'org:member'])
})

test('a set-wide change names roles and sets as they were then', async (t) => {
  const { admin } = await openTestService(t)
  await writeAll(admin)
  await admin.updateMembership({ ...acme, userId: 'ann', role }, writing())
  await admin.replaceRoleSet({ roleSet, toRoleSet: 'role_set:default', mappings: { [role]: 'org:member' } }, writing())
  await admin.updateRole({ role: 'org:member', key: 'org:later' }, writing())
  await admin.updateRoleSet({ roleSet: 'role_set:default', key: 'role_set:later' }, writing())
  await admin.deleteRole({ role }, writing())
  const seen = await history(admin, { operation: 'ReplaceRoleSet' })
  const contents = seen.map(({ after }) => after)
  t.truthy(contents.find((it) => it?.['from_role_set'] === roleSet && it['to_role_set'] === 'role_set:default'))
  const mappings = contents.flatMap((it) => (it?.['mappings'] ?? []) as readonly object[])
  t.like(mappings[0], { from_role: role, to_role: 'org:member' })
})

async function openExpiring(t: ExecutionContext) {
  const clock = { now: 1_700_000_000_000 }
  const opened = await openTestService(t, { now: () => clock.now })
  const { admin } = opened
  await admin.createRole({ key: role, name: 'Analyst' }, writing())
  await admin.addRoles({ roleSet: 'role_set:default', roles: [role] }, writing())
  const input = { ...acme, emailAddress: 'bob@x.org', role, expiresInDays: 1 }
  const { value } = await admin.createInvitation(input, writing())
  const invitation = async () =>
    (await admin.getInvitation({ organizationId: 'acme', invitationId: value?.id ?? '' }, reading())).value
  return { ...opened, clock, invitation }
}

test('an expired invitation names its role as it was when the time was over', async (t) => {
  const { admin, clock, invitation } = await openExpiring(t)
  await admin.updateRole({ role, key: 'org:before', name: 'Before' }, writing())
  t.like(await invitation(), { status: 'pending', role: 'org:before' })
  clock.now += dayMs
  await admin.updateRole({ role: 'org:before', key: 'org:after', name: 'After' }, writing())
  t.like(await invitation(), { status: 'expired', role: 'org:before', roleName: 'Before' })
  await admin.replaceRole({ roleSet: 'role_set:default', role: 'org:after' }, writing())
  await admin.deleteRole({ role: 'org:after' }, writing())
  t.like(await invitation(), { status: 'expired', role: 'org:before', roleName: 'Before' })
})

test('without the changes that say it, the nearest known name is shown, and the id when there is none', async (t) => {
  const { admin, store, clock, invitation } = await openExpiring(t)
  clock.now += dayMs
  await admin.updateRole({ role, key: 'org:second' }, writing())
  await admin.updateRole({ role: 'org:second', key: 'org:third' }, writing())
  t.like(await invitation(), { role })
  await store.compact({ newerThan: clock.now + 1, count: 1 })
  t.like(await invitation(), { role: 'org:second' })
  const [kept] = (await history(admin)).filter(({ operation }) => operation === 'UpdateRole')
  t.like(kept, { before: { key: 'org:second' }, after: { key: 'org:third' } })
  await admin.replaceRole({ roleSet: 'role_set:default', role: 'org:third' }, writing())
  await admin.deleteRole({ role: 'org:third' }, writing())
  t.like(await invitation(), { role: 'org:second' })
  await admin.createRole({ key: 'org:other' }, writing())
  await store.compact({ newerThan: clock.now + 1, count: 1 })
  const { roleId, role: shown, roleName } = await invitation()
  t.deepEqual([shown, roleName], [roleId, roleId])
})

test('a change set that names many things is read once', async (t) => {
  const { admin, store } = await openTestService(t)
  const keys = Array.from({ length: 50 }, (_, n) => `org:r${n}`)
  const rename = (name: string) => {
    const roles = keys.map((key) => ({ key, name, description: '', permissions: [] }))
    const manifest = { permissions: [], roles, roleSets: [], organizations: [] }
    return admin.apply({ manifest, prune: false }, writing())
  }
  await rename('One')
  await admin.createRoleSet({ key: roleSet, roles: ['org:admin', 'org:member', ...keys], ...places }, writing())
  await rename('Two')
  let reads = 0
  await store.read(async (reader) => {
    const history: typeof reader.history = (...args) => ((reads += 1), reader.history(...args))
    const counting = { ...reader, revision: reader.revision, history, changedNear: reader.changedNear.bind(reader) }
    const catalogue = await reader.catalogue()
    const ids = keys.map((key) => catalogue.roles.byKey(key)?.id ?? '')
    await new PastNames(counting, catalogue).load(ids.flatMap((id) => [2, 3].map((revision) => ({ id, revision }))))
  })
  t.is(reads, 1)
})
