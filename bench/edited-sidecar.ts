/** A sidecar on a Unix socket and somebody who may edit: what the rows on edits begin with. */

import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { startSidecar, type Sidecar } from './processes.ts'

const secretKey = 'a-key-of-the-benchmarks-0123456789'

export interface EditedSidecarOptions {
  /** Made if it isn't there; beside it is the socket, whose path has 107 bytes at most. */
  readonly file: string
  readonly signal: AbortSignal
}

export interface EditedSidecar {
  readonly sidecar: Sidecar
  readonly target: string
  readonly client: RoleSetsClient
  readonly close: () => Promise<void>
}

/** The set of a fresh store, on which all organizations of these rows are. */
export const editedRoleSet = 'role_set:default'

/** A role in no set and held by nobody, which is given to sets and taken from them. */
export const spareRole = 'org:spare'

export async function openEditedSidecar({ file, signal }: EditedSidecarOptions): Promise<EditedSidecar> {
  const sidecar = await startSidecar({
    signal,
    env: {
      ROLESETS_DATABASE: `sqlite:${file}`,
      ROLESETS_GRPC_LISTEN: `unix:${file}.sock`,
      ROLESETS_SECRET_KEY: secretKey,
    },
  })
  const { target } = sidecar
  const client = createRoleSetsClient({ target, key: secretKey })
  await client.ready({ timeoutMs: 30_000 })
  const { roles } = await client.admin.listRoles({ pageSize: 500 })
  if (!roles.some((role) => role.key === spareRole)) await client.admin.createRole({ key: spareRole, name: 'Spare' })
  const close = async () => {
    await client.close()
    await sidecar.stop()
  }
  return { sidecar, target, client, close }
}
