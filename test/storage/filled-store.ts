/** A store of a given size, written as a sidecar writes it: each change is by the rules and sealed. */

import { setMaxListeners } from 'node:events'
import { stat } from 'node:fs/promises'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { openServiceOver, writing } from '../service/open-service.ts'

/** Writes that wait together share a commit. */
const organizationsTogether = 5

export interface Filled {
  readonly organizations: number
  readonly members: number
  readonly head: number
}

export interface FillOptions {
  /** Of each organization. Default 100. */
  readonly members?: number
  /** Of the metadata of each member. Default 4000. */
  readonly noteBytes?: number
}

/** @param bytes of the file, at least; without its log */
export async function fillStore(
  file: string,
  bytes: number,
  { members: membersPerOrganization = 100, noteBytes = 4_000 }: FillOptions = {},
): Promise<Filled> {
  const store = await openStore(`sqlite:${file}`)
  const service = await openServiceOver(store, { now: () => Date.now() })
  const { administration: admin } = service
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  const call = writing({ signal })
  const publicMetadata = { note: 'x'.repeat(noteBytes) }
  let organizations = 0
  while (organizations === 0 || (await stat(file)).size < bytes) {
    const ids = Array.from({ length: organizationsTogether }, () => `org_${organizations++}`)
    for (const id of ids) await admin.createOrganization({ id, name: id }, call)
    const members = ids.flatMap((organizationId) =>
      Array.from({ length: membersPerOrganization }, (_, number) => ({ organizationId, userId: `user_${number}` })),
    )
    await Promise.all(
      members.map((member) => admin.createMembership({ ...member, role: 'org:member', publicMetadata }, call)),
    )
  }
  service.close()
  const { head } = store
  await store.close()
  return { organizations, members: organizations * membersPerOrganization, head }
}
