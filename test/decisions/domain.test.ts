/** The decision table through the rules. */

import test from 'ava'
import { decide, keyOfPlace, reasons } from '@rolesets/core'
import { parseManifest } from '../../packages/sidecar/src/domain/apply/parse-manifest.ts'
import { planApply } from '../../packages/sidecar/src/domain/apply/plan.ts'
import { parseQuestion } from '../../packages/sidecar/src/domain/questions.ts'
import type { Command } from '../domain/commands.ts'
import { State } from '../domain/state.ts'
import type { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import { deletions, invalidRows, manifest, renames, rows, rowsFor, type Rename } from './table.ts'

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
  for (const organizationId of deletions) state.run({ operation: 'deleteOrganization', input: { organizationId } })

  for (const row of rowsFor(unknownOrganizations)) {
    const { title, organization, scope, role, by, permission, permissionBy, ...expected } = row
    test(`${unknownOrganizations}: ${title}`, (t) => {
      const ref = by === 'id' ? (state.catalogue.roles.byKey(role)?.id ?? '') : role
      const permissionId = permissionBy === 'id' ? state.catalogue.permissions.byKey(permission ?? '')?.id : permission
      const question = parseQuestion({ organizationId: organization, scope, role: ref, permission: permissionId })
      const place = { organizationId: question.organizationId, scope: question.scope ?? '' }
      const roleSetId = find(place.organizationId)?.roleSetId
      t.is(state.deletedOrganizations.has(place.organizationId), expected.deleted)
      const { allowed, reason, roleSet, permissionRetired } = decide(state.catalogue, question, {
        ...{ roleSetId, unknownOrganizations: expected.deleted ? 'deny' : unknownOrganizations },
        ...{ scope: place.scope, own: state.assignments.get(keyOfPlace(place))?.roleSetId ?? null },
      })
      t.is(reason, expected.reason)
      t.is(allowed, expected.allowed)
      t.is(permissionRetired, expected.retired)
      t.is(roleSet?.key ?? '', expected.roleSet)
    })
  }
}

for (const { title, organization: organizationId, scope, role, invalid, code } of invalidRows)
  test(title, (t) => {
    const refused = t.throws<Refusal>(() => parseQuestion({ organizationId, scope, role }))
    t.like(refused, { code, field: invalid })
  })

test('the table has at least forty questions, and its answers have every reason', (t) => {
  t.true(rows.length >= 40)
  t.is(new Set(rows.map(({ reason }) => reason)).size, reasons.length)
  t.is(new Set(rows.filter(({ scope }) => scope).map(({ reason }) => reason)).size, reasons.length)
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
