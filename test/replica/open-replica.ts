/** Replicas of a sidecar, over real files and sockets in this process. */

import { join } from 'node:path'
import { compareRevisions, createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { openTestSidecar, readKey, secretKey, type OpenedSidecar } from '../grpc/open-sidecar.ts'

interface Teardown {
  teardown(undo: () => unknown): void
}

export async function openReplicaOf(
  t: Teardown,
  { target }: Pick<OpenedSidecar, 'target'>,
  env: Readonly<Record<string, string>> = {},
): Promise<OpenedSidecar> {
  return openTestSidecar(t, { ROLESETS_UPSTREAM: target, ROLESETS_UPSTREAM_KEY: readKey, ...env })
}

export function clientOf(
  t: Teardown,
  { target }: Pick<OpenedSidecar, 'target'>,
  key: string = secretKey,
): RoleSetsClient {
  const client = createRoleSetsClient({ target, key, deadlineMs: 10_000 })
  t.teardown(() => client.close())
  return client
}

/** The database of a sidecar of the tests. */
export const databaseOf = ({ folder }: Pick<OpenedSidecar, 'folder'>) => join(folder, 'r.db')

/** Settles when the client has seen a revision. */
export async function delivered(client: RoleSetsClient, revision: string): Promise<void> {
  for (;;) {
    const order = compareRevisions(client.status().revision ?? '', revision)
    if (order !== undefined && order >= 0) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

const tier = { creatorRole: 'org:admin', defaultRole: 'org:member' }

/** A free and a pro tier, a kind of departments, and two organizations. */
export async function fill({ admin }: RoleSetsClient): Promise<string> {
  const { revision } = await admin.apply({
    permissions: [{ key: 'org:reports:read' }],
    roles: [{ key: 'org:analyst', permissions: ['org:reports:read'] }, { key: 'org:pharmacist' }],
    roleSets: [
      { key: 'role_set:free', roles: ['org:admin', 'org:member'], ...tier, initial: true },
      { key: 'role_set:pro', roles: ['org:admin', 'org:member', 'org:analyst'], ...tier },
      { key: 'role_set:pharmacy', roles: ['org:pharmacist'], defaultRole: 'org:pharmacist' },
    ],
    organizations: [
      { id: 'acme', roleSet: 'role_set:free' },
      { id: 'globex', roleSet: 'role_set:pro' },
    ],
    scopeKinds: [{ kind: 'department', fallback: 'ORGANIZATION' }],
  })
  return revision
}
