/** A service over a real SQLite file in a temporary folder, with a clock and ids that tests can read. */

import { join } from 'node:path'
import type { ReadCall, WriteCall } from '../../packages/sidecar/src/service/operations/call.ts'
import { openService, type Service, type ServiceOptions } from '../../packages/sidecar/src/service/service.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import type { Store } from '../../packages/sidecar/src/storage/store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'

export interface OpenedService {
  readonly service: Service
  readonly store: Store
  readonly admin: Service['administration']
}

interface Teardown {
  teardown(undo: () => unknown): void
}

export async function openTestService(t: Teardown, options: Partial<ServiceOptions> = {}): Promise<OpenedService> {
  const store = await openStore(`sqlite:${join(await temporaryFolder(t), 'rolesets.db')}`)
  t.teardown(() => store.close())
  const service = await openServiceOver(store, options)
  t.teardown(() => service.close())
  return { service, store, admin: service.administration }
}

export function openServiceOver(store: Store, options: Partial<ServiceOptions> = {}): Promise<Service> {
  let ids = store.head * 1000
  const newId: ServiceOptions['newId'] = (prefix) => `${prefix}_${String(++ids).padStart(6, '0')}`
  return openService({ unknownOrganizations: 'initial', now: () => 1_700_000_000_000, newId, ...options, store })
}

export const reading = (more: Partial<ReadCall> = {}): ReadCall => ({ signal: new AbortController().signal, ...more })

export const writing = (more: Partial<WriteCall> = {}): WriteCall => ({
  actor: 'tester',
  dryRun: false,
  signal: new AbortController().signal,
  ...more,
})

/** Adds a role set of the default roles and these, which are made. */
export async function addRoleSet({ admin }: OpenedService, key: string, roles: readonly string[]): Promise<void> {
  for (const role of roles) {
    if (await isMissing(admin.getRole(role, reading()))) await admin.createRole({ key: role }, writing())
  }
  const places = { defaultRole: 'org:member', creatorRole: 'org:admin' }
  await admin.createRoleSet({ key, roles: ['org:admin', 'org:member', ...roles], ...places }, writing())
}

async function isMissing(found: Promise<unknown>): Promise<boolean> {
  return found.then(
    () => false,
    () => true,
  )
}
