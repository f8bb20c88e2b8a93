/** The decision table of the client: asked, from its cache, and many at once, over a real sidecar and over the fake one. */

import {
  createRoleSetsClient,
  RoleSetsError,
  type Decision,
  type Question,
  type RoleSetsClient,
} from '@rolesets/client'
import { createFakeSidecar } from '@rolesets/client/testing'
import test, { type ExecutionContext } from 'ava'
import { openTestSidecar, secretKey } from '../grpc/open-sidecar.ts'
import { describe } from './described.ts'
import { deletions, invalidRows, manifest, renames, rowsFor, type DecisionRow } from './table.ts'

type Setting = 'initial' | 'deny'

const patient = { deadlineMs: 20_000, maxStalenessMs: 60_000 }

async function openReal(t: ExecutionContext, setting: Setting) {
  const { target } = await openTestSidecar(t, { ROLESETS_UNKNOWN_ORGANIZATIONS: setting })
  const roleSets = createRoleSetsClient({ target, key: secretKey, ...patient })
  t.teardown(() => roleSets.close())
  await roleSets.ready()
  await describe(roleSets)
  return roleSets
}

/** Roles that the store of a real sidecar has from the beginning. */
const systemRoles = {
  'org:admin': ['org:sys_memberships:manage', 'org:sys_memberships:read', 'org:sys_profile:delete'],
  'org:member': ['org:sys_memberships:read'],
}

async function openFake(t: ExecutionContext, setting: Setting) {
  const { roles, roleSets: sets, organizations, scopeKinds, scopeDefaults } = manifest
  const places = organizations.filter(({ roleSet }) => roleSet !== 'role_set:default')
  const sidecar = createFakeSidecar({
    roles: { ...systemRoles, ...Object.fromEntries(roles.map(({ key, permissions = [] }) => [key, permissions])) },
    roleSets: Object.fromEntries(
      sets.map(({ key, roles: held = [], defaultRole = '', creatorRole, initial = false }) => {
        const creator = creatorRole ? { creatorRole } : {}
        return [key, { roles: held, defaultRole, ...creator, initial }]
      }),
    ),
    organizations: Object.fromEntries(places.map(({ id, roleSet = 'role_set:free' }) => [id, roleSet])),
    scopeKinds: Object.fromEntries(
      scopeKinds.map(({ kind, fallback, roleSet }) => [kind, fallback === 'role_set' ? (roleSet ?? '') : fallback]),
    ),
    scopeDefaults: Object.fromEntries(scopeDefaults.map(({ scope, roleSet }) => [scope, roleSet])),
    unknownOrganizations: setting,
  })
  sidecar.setRole('org:none', ['org:reports:manage', 'org:shelf:read'])
  sidecar.setRoleSet('role_set:default', ['org:admin', 'org:member'])
  for (const { id, roleSet = '', scopes = [] } of organizations) {
    if (roleSet === 'role_set:default') sidecar.assign(id, roleSet)
    for (const scope of scopes) if (scope.roleSet) sidecar.assign(id, scope.roleSet, scope.key)
  }
  for (const { from, to } of renames) sidecar.rename(from, to)
  for (const id of deletions) sidecar.removeOrganization(id)
  const roleSets = createRoleSetsClient({ transport: sidecar.transport, ...patient })
  t.teardown(() => roleSets.close())
  await roleSets.ready()
  return roleSets
}

const sidecars = { 'a real sidecar': openReal, 'the fake sidecar': openFake }

for (const [whose, open] of Object.entries(sidecars)) {
  for (const setting of ['initial', 'deny'] as const)
    test(`over ${whose}, with unknown organizations set to ${setting}, the client has each answer`, async (t) => {
      const roleSets = await open(t, setting)
      const rows = rowsFor(setting).filter(({ by, permissionBy }) => by === 'key' && permissionBy === 'key')
      const questions = rows.map(questionOf)
      for (const [place, { question, about }] of questions.entries()) {
        const { organizationId, role } = question
        compare(t, await roleSets.check(organizationId, role, about), { row: rows[place], how: 'asked' })
        compare(t, roleSets.checkCached(organizationId, role, about), { row: rows[place], how: 'from the cache' })
      }
      const many = await roleSets.checkMany(questions.map(({ question }) => question))
      for (const [place, decision] of many.entries()) compare(t, decision, { row: rows[place], how: 'one of many' })
      await compareLists(t, roleSets, rows)
    })

  test(`over ${whose}, the client refuses a question that is wrong before it asks`, async (t) => {
    const roleSets = await open(t, 'initial')
    for (const { title, organization, scope, role } of invalidRows) {
      const refused = { instanceOf: RoleSetsError, code: 'invalid_argument', message: /scope/ }
      await t.throwsAsync(roleSets.check(organization, role, { scope }), refused, title)
      t.throws(() => roleSets.checkCached(organization, role, { scope }), refused, title)
      await t.throwsAsync(roleSets.availableRoles(organization, { scope }), refused, title)
    }
  })
}

function questionOf({ organization: organizationId, role, scope, permission }: DecisionRow) {
  const about = { ...(scope !== undefined && { scope }), ...(permission !== undefined && { permission }) }
  return { question: { organizationId, role, ...about } satisfies Question, about }
}

function compare(
  t: ExecutionContext,
  decision: Decision | undefined,
  { row, how }: { readonly row: DecisionRow | undefined; readonly how: string },
): void {
  const { allowed, reason, roleSet } = row ?? {}
  const title = `${row?.title}, ${how}`
  t.like(decision, { allowed, reason, roleSet }, title)
  t.is(decision?.permissionRetired === true, row?.retired === true, title)
  t.is(decision?.organizationDeleted === true, row?.deleted === true, title)
}

/** What the role picker shows is what may be granted. */
async function compareLists(t: ExecutionContext, roleSets: RoleSetsClient, rows: readonly DecisionRow[]) {
  for (const { title, organization, scope, role, permission, reason, roleSet } of rows) {
    if (permission !== undefined) continue
    const list = roleSets.availableRoles(organization, scope === undefined ? {} : { scope })
    if (roleSet === '') {
      const code = {
        SCOPE_KIND_UNKNOWN: 'scope_kind_not_found',
        SCOPE_UNASSIGNED: 'scope_without_role_set',
      }[reason as string]
      await t.throwsAsync(list, { code: code ?? 'organization_not_found' }, title)
      continue
    }
    const { roles, roleSet: listed } = await list
    t.is(listed, roleSet, title)
    t.is(
      roles.some(({ key }) => key === role),
      reason === 'ROLE_IN_SET',
      title,
    )
  }
}
