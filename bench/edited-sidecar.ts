/** Starts a sidecar on a Unix socket, and a client with the secret key: for the rows that measure edits. */

import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { startSidecar, type Sidecar } from './processes.ts'

const secretKey = 'a-key-of-the-benchmarks-0123456789'

export interface EditedSidecarOptions {
  /** Created if it doesn't exist. The socket is in the same folder; its path may have at most 107 bytes. */
  readonly file: string
  readonly signal: AbortSignal
}

export interface EditedSidecar {
  readonly sidecar: Sidecar
  readonly target: string
  readonly client: RoleSetsClient
  readonly close: () => Promise<void>
}

/** The role set of a fresh store. All organizations of these rows have it. */
export const editedRoleSet = 'role_set:default'

/** A role that no member has. The edits add it to role sets and remove it again. */
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
