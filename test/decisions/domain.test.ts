/** The decision table through the rules. */

import test from 'ava'
import { decide } from '@rolesets/core'
import { parseManifest } from '../../packages/sidecar/src/domain/apply/parse-manifest.ts'
import { planApply } from '../../packages/sidecar/src/domain/apply/plan.ts'
import { parseQuestion } from '../../packages/sidecar/src/domain/questions.ts'
import type { Command } from '../domain/commands.ts'
import { State } from '../domain/state.ts'
import { manifest, renames, rows, rowsFor, type Rename } from './table.ts'

for (const unknownOrganizations of ['initial', 'deny'] as const) {
  const state = new State(unknownOrganizations)
  const find = (id: string) => state.organizations.get(id)
  state.runAll('Apply', () =>
    planApply(state.catalogue, parseManifest(manifest), {
      prune: false,
      organization: find,
      wasDeleted: () => false,
      scopesOf: () => [],
    }).steps.map(({ run }) => run),
  )
  for (const rename of renames) state.run(commandOf(rename))

  for (const { title, organization, role, by, permission, permissionBy, ...expected } of rowsFor(unknownOrganizations))
    test(`${unknownOrganizations}: ${title}`, (t) => {
      const ref = by === 'id' ? (state.catalogue.roles.byKey(role)?.id ?? '') : role
      const permissionId = permissionBy === 'id' ? state.catalogue.permissions.byKey(permission ?? '')?.id : permission
      const question = parseQuestion({ organizationId: organization, role: ref, permission: permissionId })
      const roleSetId = find(question.organizationId)?.roleSetId
      const { allowed, reason, roleSet, permissionRetired } = decide(state.catalogue, question, {
        roleSetId,
        unknownOrganizations,
      })
      t.is(reason, expected.reason)
      t.is(allowed, expected.allowed)
      t.is(permissionRetired, expected.retired)
      t.is(roleSet?.key ?? '', expected.roleSet)
    })
}

test('the table has at least forty questions, and its answers have every reason', (t) => {
  t.true(rows.length >= 40)
  t.is(new Set(rows.map(({ reason }) => reason)).size, 6)
})

function commandOf({ kind, from, to }: Rename): Command {
  switch (kind) {
    case 'permission':
      return { operation: 'updatePermission', input: { permission: from, key: to } }
    case 'role':
      return { operation: 'updateRole', input: { role: from, key: to } }
    case 'role_set':
      return { operation: 'updateRoleSet', input: { roleSet: from, key: to } }
  }
}
