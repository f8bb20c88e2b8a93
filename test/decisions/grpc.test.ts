/** The decision table over gRPC: asked first, asked again from memory, and in one batch. */

import test, { type ExecutionContext } from 'ava'
import { connect, openTestSidecar, type Answer, type TestClient } from '../grpc/open-sidecar.ts'
import { renames, rowsFor, store, type DecisionRow } from './table.ts'

for (const setting of ['initial', 'deny'] as const)
  test(`over gRPC, with unknown organizations set to ${setting}, each question has its answer`, async (t) => {
    const { target } = await openTestSidecar(t, { ROLESETS_UNKNOWN_ORGANIZATIONS: setting })
    const client = connect(t, target)
    await describe(client)
    const rows = rowsFor(setting)
    const questions = await Promise.all(rows.map((row) => questionOf(client, row)))
    for (const round of ['cold', 'from memory'])
      for (const [place, question] of questions.entries())
        compare(t, await client.call('Check', question), { row: rows[place], how: round })
    const batch = await client.call('BatchCheck', { checks: questions })
    for (const [place, result] of (batch['results'] as Answer[]).entries())
      compare(t, result, { row: rows[place], how: 'in a batch' })
  })

function compare(
  t: ExecutionContext,
  answer: Answer,
  { row, how }: { row: DecisionRow | undefined; how: string },
): void {
  const { allowed, reason, retired: permissionRetired, roleSet } = row ?? {}
  t.like(answer, { allowed, reason, permissionRetired, roleSet }, `${row?.title}, ${how}`)
}

/** Fills the store of the table, as `rolesets apply` does. */
async function describe({ write }: TestClient): Promise<void> {
  await write('Apply', {
    permissions: store.permissions,
    roles: store.roles.map(({ permissions = [], ...role }) => ({ ...role, permissions: { keys: permissions } })),
    roleSets: store.role_sets.map(({ default_role: defaultRole, creator_role: creatorRole, ...roleSet }) => {
      return { ...roleSet, defaultRole, creatorRole }
    }),
    organizations: store.organizations.map(({ role_set: roleSet, ...organization }) => ({ ...organization, roleSet })),
  })
  const renaming = {
    permission: (from: string, key: string) => write('UpdatePermission', { permission: from, key }),
    role: (from: string, key: string) => write('UpdateRole', { role: from, key }),
    role_set: (from: string, key: string) => write('UpdateRoleSet', { roleSet: from, key }),
  }
  for (const { kind, from, to } of renames) await renaming[kind](from, to)
}

async function questionOf({ call }: TestClient, row: DecisionRow) {
  const { organization, role, by, permission, permissionBy } = row
  const ref = by === 'id' ? idOf((await call('GetRole', { role }))['role']) : role
  if (permission === undefined) return { organizationId: organization, role: ref }
  const permissionRef =
    permissionBy === 'id' ? idOf((await call('GetPermission', { permission }))['permission']) : permission
  return { organizationId: organization, role: ref, permission: permissionRef }
}

function idOf(thing: unknown): string {
  return String((thing as Answer)['id'])
}
