/**
 * A real store with changes of every kind, as three files: with its whole history, compacted in the middle, and compacted
 * at the end.
 */

import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deleted, put, type Assignment } from '@rolesets/core'
import { examine, type Examined } from '../../packages/sidecar/src/doctor.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import type { Store } from '../../packages/sidecar/src/storage/store.ts'
import { openServiceOver, writing, type OpenedService } from '../service/open-service.ts'
import { at, provenance } from './things.ts'

const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }
const call = writing()
type Admin = OpenedService['admin']

export type Variant = 'whole' | 'compacted in the middle' | 'compacted at the end'
export const variants: readonly Variant[] = ['whole', 'compacted in the middle', 'compacted at the end']

/** Numbers and ids that tamperings need, and that a compacted history doesn't have any more. */
export interface Known {
  /** The revision that gave all auditors another role. */
  readonly sweep: number
  readonly move: number
}

async function begin(admin: Admin, store: Store): Promise<void> {
  for (const key of ['org:analyst', 'org:auditor', 'org:gone']) await admin.createRole({ key }, call)
  for (const key of ['org:reports:read', 'org:reports:old']) await admin.createPermission({ key }, call)
  const roles = ['org:admin', 'org:member', 'org:analyst', 'org:auditor']
  for (const key of ['role_set:pro', 'role_set:old']) await admin.createRoleSet({ key, roles, ...special }, call)
  await admin.createOrganization({ id: 'globex', roleSet: 'role_set:pro', slug: 'globex' }, call)
  for (const id of ['acme', 'hooli'])
    await admin.createOrganization({ id, roleSet: 'role_set:old', createdBy: 'boss' }, call)
  await admin.createOrganization({ id: 'short', createdBy: 'boss' }, call)
  for (const userId of ['ann', 'bob', 'cat']) {
    await admin.createMembership({ organizationId: 'globex', userId, role: 'org:analyst' }, call)
    await admin.createMembership({ organizationId: 'acme', userId, role: 'org:auditor' }, call)
  }
  for (const [organizationId, role] of [
    ['globex', 'org:analyst'],
    ['acme', 'org:auditor'],
  ] as const)
    await admin.createInvitation({ organizationId, emailAddress: 'dan@example.com', role }, call)
  await admin.updateSettings({ adminDeleteEnabled: false }, call)
  for (const name of ['billing', 'former']) await admin.createAccessKey({ name, access: 'read' }, call)
  await admin.revokeAccessKey({ accessKey: 'former' }, call)
  await admin.deleteRole({ role: 'org:gone' }, call)
  await admin.deletePermission({ permission: 'org:reports:old' }, call)
  await admin.addPermission({ role: 'org:analyst', permission: 'org:reports:read' }, call)
  await admin.setScopeKind({ kind: 'team', fallback: 'none' }, call)
  await record(store, (revision) => put('assignment', scope('team:x', revision), null))
  await record(store, (revision) => put('assignment', scope('team:y', revision), null))
}

async function goOn(admin: Admin, store: Store): Promise<Known> {
  await admin.replaceRole({ roleSet: 'role_set:old', role: 'org:auditor', toRole: 'org:analyst' }, call)
  const sweep = store.head
  const mappings = { 'org:auditor': 'org:analyst' }
  await admin.replaceRoleSet({ roleSet: 'role_set:old', toRoleSet: 'role_set:pro', mappings }, call)
  const move = store.head
  await admin.deleteMembership({ organizationId: 'globex', userId: 'bob' }, call)
  await admin.createMembership({ organizationId: 'globex', userId: 'bob', role: 'org:member' }, call)
  await admin.deleteOrganization({ organizationId: 'short' }, call)
  await admin.updateRole({ role: 'org:analyst', name: 'The analyst' }, call)
  await admin.updateOrganization({ organizationId: 'hooli', name: 'Hooli' }, call)
  await record(store, () => deleted('assignment', scope('team:y', 0)))
  await admin.createOrganization({ id: 'late', roleSet: 'role_set:pro', createdBy: 'eve' }, call)
  return { sweep, move }
}

function scope(name: string, revision: number): Assignment {
  return { organizationId: 'globex', scope: name, name: '', roleSetId: 'replaced below', updatedAt: at, revision }
}

async function record(
  store: Store,
  changeOf: (revision: number) => ReturnType<typeof put<'assignment'>> | ReturnType<typeof deleted<'assignment'>>,
) {
  await store.write(provenance(), async (writer) => {
    const change = changeOf(writer.nextRevision)
    const set = (await writer.catalogue()).roleSets.byKey('role_set:pro')
    const isPut = change.verb === 'put'
    await writer.record([isPut ? put('assignment', { ...change.after, roleSetId: set?.id ?? '' }, null) : change])
  })
}

/** Makes one of the files. */
export async function fillStore(folder: string, variant: Variant): Promise<Known & { readonly file: string }> {
  const file = join(folder, `${variant.replaceAll(' ', '-')}.db`)
  const store = await openStore(`sqlite:${file}`)
  const service = await openServiceOver(store, { now: () => at })
  const { administration: admin } = service
  await begin(admin, store)
  if (variant === 'compacted in the middle') await store.compact({ newerThan: 0, count: 5, now: at })
  const known = await goOn(admin, store)
  if (variant === 'compacted at the end') await store.compact({ newerThan: 0, count: 3, now: at })
  await store.write(provenance(), async (writer) => writer.setBookmark('hook', { epoch: store.epoch, revision: 3 }))
  service.close()
  await store.close()
  return { ...known, file }
}

export async function copied(file: string, to: string): Promise<string> {
  await copyFile(file, to)
  return to
}

/** Without the checks that SQLite makes of what it is given. */
export async function tamper(file: string, sql: string): Promise<void> {
  const connection = await Connection.open(file)
  for (const pragma of ['foreign_keys = OFF', 'ignore_check_constraints = ON']) await connection.all(`PRAGMA ${pragma}`)
  await connection.script(sql)
  await connection.close()
}

export function examined(file: string): Promise<Examined> {
  const { signal } = new AbortController()
  return examine(`sqlite:${file}`, { now: at, report: () => undefined, signal, findingsMax: 50 })
}
