/** The decision table over gRPC: asked first, asked again from memory, and in one batch. */

import { createRoleSetsClient } from '@rolesets/client'
import test, { type ExecutionContext } from 'ava'
import { connect, openTestSidecar, refusalOf, secretKey, type Answer, type TestClient } from '../grpc/open-sidecar.ts'
import { describe } from './described.ts'
import { invalidRows, rowsFor, type DecisionRow } from './table.ts'

for (const setting of ['initial', 'deny'] as const)
  test(`over gRPC, with unknown organizations set to ${setting}, each question has its answer`, async (t) => {
    const { target } = await openTestSidecar(t, { ROLESETS_UNKNOWN_ORGANIZATIONS: setting })
    const client = connect(t, target)
    const filling = createRoleSetsClient({ target, key: secretKey })
    await describe(filling)
    await filling.close()
    const rows = rowsFor(setting)
    const questions = await Promise.all(rows.map((row) => questionOf(client, row)))
    for (const round of ['cold', 'from memory'])
      for (const [place, question] of questions.entries())
        compare(t, await client.call('Check', question), { row: rows[place], how: round })
    const batch = await client.call('BatchCheck', { checks: questions })
    for (const [place, result] of (batch['results'] as Answer[]).entries())
      compare(t, result, { row: rows[place], how: 'in a batch' })
  })

test('over gRPC, a question that is wrong is refused, and its field is named', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  for (const { title, organization: organizationId, scope, role, invalid, code } of invalidRows) {
    const question = { organizationId, scope, role }
    const refused = { status: 'INVALID_ARGUMENT', reason: code.toUpperCase() }
    t.like(await refusalOf(client.call('Check', question)), { ...refused, fields: [{ field: invalid }] }, title)
    const batch = await refusalOf(client.call('BatchCheck', { checks: [{ organizationId, role }, question] }))
    t.like(batch, { ...refused, fields: [{ field: `checks[1].${invalid}` }] }, title)
  }
})

function compare(
  t: ExecutionContext,
  answer: Answer,
  { row, how }: { row: DecisionRow | undefined; how: string },
): void {
  const { allowed, reason, retired: permissionRetired, deleted: organizationDeleted, roleSet } = row ?? {}
  t.like(answer, { allowed, reason, permissionRetired, organizationDeleted, roleSet }, `${row?.title}, ${how}`)
}

async function questionOf({ call }: TestClient, row: DecisionRow) {
  const { organization, scope, role, by, permission, permissionBy } = row
  const ref = by === 'id' ? idOf((await call('GetRole', { role }))['role']) : role
  const question = { organizationId: organization, role: ref, ...(scope !== undefined && { scope }) }
  if (permission === undefined) return question
  const permissionRef =
    permissionBy === 'id' ? idOf((await call('GetPermission', { permission }))['permission']) : permission
  return { ...question, permission: permissionRef }
}

function idOf(thing: unknown): string {
  return String((thing as Answer)['id'])
}
