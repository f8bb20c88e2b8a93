/** Starts a sidecar on a Unix socket, with the organizations and roles of questions.ts. */

import { join } from 'node:path'
import { createRoleSetsClient } from '@rolesets/client'
import { startSidecar, type Sidecar } from './processes.ts'
import { organizationIdOf, organizationsCount, roleKeys, roleSetOf, roleSets } from './questions.ts'
import type { RunOptions } from './row.ts'

const key = 'key-of-a-sidecar-that-lives-for-one-row-only'

export async function startAskedSidecar({ folder, signal }: Pick<RunOptions, 'folder' | 'signal'>): Promise<Sidecar> {
  const env = {
    ROLESETS_DATABASE: `sqlite:${join(folder, 'asked.db')}`,
    ROLESETS_SECRET_KEY: key,
    ROLESETS_GRPC_LISTEN: `unix:${join(folder, 'asked.sock')}`,
  }
  const sidecar = await startSidecar({ env, signal })
  const seeded = ['org:admin', 'org:member']
  const client = createRoleSetsClient({ target: sidecar.target, key })
  try {
    await client.admin.apply(
      {
        roles: roleKeys.filter((role) => !seeded.includes(role)).map((role) => ({ key: role })),
        roleSets: Object.entries(roleSets).map(([roleSet, roles]) => ({
          key: roleSet,
          roles,
          defaultRole: 'org:member',
          creatorRole: 'org:admin',
        })),
        organizations: Array.from({ length: organizationsCount }, (_, index) => ({
          id: organizationIdOf(index),
          roleSet: roleSetOf(index),
        })),
      },
      { deadlineMs: 60_000 },
    )
  } finally {
    await client.close()
  }
  return sidecar
}
