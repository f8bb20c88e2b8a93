/** Bad input, of whatever kind, gets a refusal and nothing else: no crash, no hang, no change. */

import assert from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import { parseManifest } from '../../packages/sidecar/src/domain/apply/parse-manifest.ts'
import { type Manifest, refusalCodes } from '@rolesets/core'
import { planApply } from '../../packages/sidecar/src/domain/apply/plan.ts'
import { findBroken } from './find-broken.ts'
import { parseActing } from '../../packages/sidecar/src/domain/acting.ts'
import { parseMemberQuestion } from '../../packages/sidecar/src/domain/member-questions.ts'
import { parseQuestion } from '../../packages/sidecar/src/domain/questions.ts'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import { checkProperty } from './check-property.ts'
import type { Command, Operation } from './commands.ts'
import type { ScopeCommand } from './scope-commands.ts'
import { valuesOf, type State } from './state.ts'
import { createTiers } from './tiers.ts'
import { parseRevisionField } from '../../packages/sidecar/src/domain/fields.ts'

const numRuns = 5_000

const oddTexts = fc.constantFrom(
  ...[
    '',
    ' ',
    '\u0000',
    '\ud800',
    '__proto__',
    'constructor',
    'org:',
    'org:a:b:c',
    'org:sys_x:y',
    'role_set:',
    'x'.repeat(300),
  ],
  ...['org:admin\n', 'ORG:ADMIN', "'; DROP TABLE roles; --", '🏥'.repeat(300), '%00', '../..', 'null', '\u202eadmin'],
)
const goodTexts = fc.constantFrom(
  ...[
    'org:admin',
    'org:member',
    'org:analyst',
    'org:guest',
    'org:new',
    'role_set:free',
    'role_set:pro',
    'role_set:new',
  ],
  ...['hal@example.com', 'ci', start().invitationId],
  ...['org:reports:read', 'org:new:read', 'acme', 'gamma', 'new', 'ann', 'eve', 'New name', 'new-slug'],
)
const oddValues = fc.constantFrom<unknown>(
  ...[undefined, null, true, false, 0, -1, Number.NaN, Infinity, 1e21, 7n, [], {}, () => 1, Symbol('s'), new Date(0)],
)
const scope: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom('', '', 'team:a', 'team:a/b', ':a', 'team:', '*', 'Team:a', undefined),
  fc.anything({ maxDepth: 1, maxKeys: 2 }),
)
const odd: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: oddTexts },
  { weight: 5, arbitrary: oddValues },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.anything({ maxDepth: 2, maxKeys: 4, withNullPrototype: true, withSparseArray: true }) },
)
const text: fc.Arbitrary<unknown> = fc.oneof({ weight: 5, arbitrary: goodTexts }, odd)
const texts: fc.Arbitrary<unknown> = fc.oneof({ weight: 3, arbitrary: fc.array(text, { maxLength: 4 }) }, odd)
const textMap: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.dictionary(fc.oneof(goodTexts, oddTexts), text, { maxKeys: 3 }) },
  odd,
)
const metadata: fc.Arbitrary<unknown> = fc.oneof(fc.dictionary(fc.string({ maxLength: 5 }), odd, { maxKeys: 3 }), odd)
const flag: fc.Arbitrary<unknown> = fc.oneof(fc.boolean(), odd)

const names = { key: text, name: text, description: text }
const data = { publicMetadata: metadata, privateMetadata: metadata }
const places = { defaultRole: text, creatorRole: text }
const number: fc.Arbitrary<unknown> = fc.oneof(fc.constantFrom(0, 1, 30, 365, 366, 1.5, -1, 2 ** 53), odd)
const own = { maxAllowedMemberships: number, createdAt: number }
const organizationUpdate = {
  ...{ organizationId: text, name: text, slug: text, roleSet: text, mappings: textMap },
  ...{ adminDeleteEnabled: flag, mergeMetadata: flag },
}
const oddAddresses = ['@', 'a@', '@b', 'a@b@c', 'a b@c', 'a@b\n', `${'x'.repeat(260)}@y`]
const address: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('hal@example.com', 'HAL@example.com', 'ivy@example.com') },
  { weight: 1, arbitrary: fc.constantFrom(...oddAddresses) },
  { weight: 1, arbitrary: odd },
)
const oddUrls = ['', 'http://', '//x', 'javascript:alert(1)', 'http://a b', `https://x/${'y'.repeat(3_000)}`]
const url: fc.Arbitrary<unknown> = fc.oneof(fc.constantFrom('https://example.com/join', ...oddUrls), odd)
const invitation = {
  ...{ emailAddress: address, role: text, roles: texts, inviterUserId: text, expiresInDays: number, redirectUrl: url },
  ...data,
}
const invitations: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(fc.record(invitation, { requiredKeys: ['emailAddress', 'role'] }), { maxLength: 3 }),
  },
  { weight: 1, arbitrary: fc.array(odd, { maxLength: 2 }) },
  { weight: 1, arbitrary: odd },
)
const settings = {
  ...{ enabled: flag, maxAllowedMemberships: number, adminDeleteEnabled: flag, slugDisabled: flag },
  ...{ domainsEnabled: flag, domainsEnrollmentModes: texts, lastAdministrator: text, maxRolesPerMember: number },
}
const time: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(0, 1, start().state.now + 1, 8.64e15, 8.64e15 + 1, null),
  odd,
)
const kind: fc.Arbitrary<unknown> = fc.oneof(fc.constantFrom('team', 'ward', 'Team', 'team:a', '', '*'), odd)
const fallback: fc.Arbitrary<unknown> = fc.oneof(fc.constantFrom('organization', 'role_set', 'none', 'NONE', ''), odd)

const membership = { organizationId: text, scope, userId: text, role: text, roles: texts, expiresAtMs: time }

const inputsOfScopes: Readonly<Record<ScopeCommand['operation'], Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  setScopeKind: { kind, fallback, roleSet: text, mappings: textMap },
  deleteScopeKind: { kind },
  setScopeDefault: { scope, roleSet: text, mappings: textMap },
  deleteScopeDefault: { scope, mappings: textMap },
  assignToScope: {
    organizationId: text,
    scope,
    roleSet: text,
    clear: flag,
    mappings: textMap,
    restoreFormerRoles: flag,
  },
  renameScope: { organizationId: text, scope, newScope: scope, name: text, mappings: textMap },
}

const inputs: Readonly<Record<Operation, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  createPermission: names,
  updatePermission: { permission: text, ...names },
  deletePermission: { permission: text },
  createRole: { ...names, permissions: texts, includeInInitialRoleSet: flag },
  updateRole: { role: text, ...names, permissions: texts },
  deleteRole: { role: text },
  createRoleSet: { ...names, roles: texts, ...places, initial: flag },
  updateRoleSet: { roleSet: text, ...names, ...places, initial: flag },
  addRoles: { roleSet: text, roles: texts, ...places },
  replaceRole: { roleSet: text, role: text, toRole: text },
  replaceRoleSet: { roleSet: text, toRoleSet: text, mappings: textMap },
  deleteRoleSet: { roleSet: text },
  createOrganization: { id: text, name: text, slug: text, roleSet: text, createdBy: text, ...data, ...own },
  updateOrganization: { ...organizationUpdate, ...own, ...data },
  deleteOrganization: { organizationId: text },
  assignRoleSet: { organizationId: text, roleSet: text, mappings: textMap },
  createMembership: { ...membership, ...data, emailAddresses: texts },
  updateMembership: { ...membership, ...data, mergeMetadata: flag },
  deleteMembership: { organizationId: text, scope, userId: text, revokeSentInvitations: flag },
  removeUser: { userId: text, revokeSentInvitations: flag, emailAddresses: texts },
  addPermission: { role: text, permission: text },
  removePermission: { role: text, permission: text },
  createInvitation: { organizationId: text, scope, ...invitation, checkInviters: flag },
  createInvitations: { organizationId: text, scope, invitations, checkInviters: flag },
  revokeInvitation: { organizationId: text, scope, invitationId: text, requestingUserId: text },
  acceptInvitation: { organizationId: text, scope, invitationId: text, userId: text },
  updateSettings: { ...settings, ...places },
  createAccessKey: { name: text, access: fc.oneof(fc.constantFrom('secret', 'read'), odd) },
  revokeAccessKey: { accessKey: text },
}

for (const [operation, fields] of Object.entries({ ...inputs, ...inputsOfScopes }))
  test(`${operation} answers bad input with a refusal, and leaves no trace of it`, (t) => {
    const { state } = start()
    const before = state.snapshot()
    let refusals = 0
    const property = fc.property(fc.record(fields, { requiredKeys: [] }), (input) => {
      // What a type forbids can still come over the wire.
      if (attempt(() => state.run({ operation, input } as unknown as Command))) refusals += 1
      else checkAndReset(state, before)
    })
    checkProperty(t, property, numRuns)
    t.deepEqual(state.snapshot(), before)
    t.true(refusals > numRuns / 10)
  })

test('applying answers a bad description with a refusal', (t) => {
  const items = (fields: Record<string, fc.Arbitrary<unknown>>) =>
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.array(fc.oneof({ weight: 9, arbitrary: fc.record(fields, { requiredKeys: [] }) }, odd), {
          maxLength: 2,
        }),
      },
      odd,
    )
  const manifest = fc.record(
    {
      permissions: items(names),
      roles: items({ ...names, permissions: texts }),
      roleSets: items({ ...names, roles: texts, ...places, initial: flag, replace: textMap }),
      scopeKinds: items({ kind: text, fallback: text, roleSet: text, mappings: textMap }),
      scopeDefaults: items({ scope: text, roleSet: text, mappings: textMap }),
      organizations: items({
        ...{ id: text, name: text, slug: text, roleSet: text, mappings: textMap },
        scopes: items({ key: text, name: text, roleSet: text, mappings: textMap }),
      }),
    },
    { requiredKeys: [] },
  )
  const state = createTiers()
  const before = state.snapshot()
  const property = fc.property(manifest, fc.boolean(), (described, prune) => {
    const plan = () =>
      planApply(state.catalogue, parseManifest(described as Manifest), {
        prune,
        organization: (id) => state.organizations.get(id),
        wasDeleted: () => false,
        scopesOf: (id) => state.scopesOf(id),
      }).steps
    if (!attempt(() => state.runAll('Apply', () => plan().map(({ run }) => run)))) checkAndReset(state, before)
  })
  checkProperty(t, property, numRuns)
  t.pass()
})

test('questions and revisions answer bad input with a refusal', (t) => {
  const question = fc.record({ organizationId: text, scope, role: text, permission: text }, { requiredKeys: [] })
  checkProperty(
    t,
    fc.property(question, (asked) => void attempt(() => parseQuestion(asked as never))),
    numRuns,
  )
  const reach: fc.Arbitrary<unknown> = fc.oneof(fc.constantFrom('place', 'organization', 'either'), odd)
  const asked = { organizationId: text, scope, userId: text, role: text, permission: text, anyRole: flag, reach }
  checkProperty(
    t,
    fc.property(
      fc.record(asked, { requiredKeys: [] }),
      (each) => void attempt(() => parseMemberQuestion(each as never)),
    ),
    numRuns,
  )
  const acting = fc.record(
    { actingUserId: text, grantPolicy: fc.oneof(fc.constantFrom('any', 'subset'), odd) },
    { requiredKeys: [] },
  )
  checkProperty(
    t,
    fc.property(acting, (how) => void attempt(() => parseActing(how as never))),
    numRuns,
  )
  checkProperty(
    t,
    fc.property(odd, (revision) => void attempt(() => parseRevisionField(revision))),
    numRuns,
  )
  t.pass()
})

/** Ids are given in order, so every state that begins so has the same ones. */
function start() {
  const state = createTiers()
  const invitation = { organizationId: 'acme', emailAddress: 'ida@example.com', role: 'org:member' }
  state.run({ operation: 'createInvitation', input: invitation })
  state.run({ operation: 'createAccessKey', input: { name: 'ci' } })
  state.run({ operation: 'setScopeKind', input: { kind: 'team', fallback: 'organization' } })
  return { state, invitationId: state.pending('acme')[0]?.id ?? '' }
}

/** @returns whether it was refused */
function attempt(act: () => unknown): boolean {
  try {
    act()
    return false
  } catch (error) {
    assert.ok(error instanceof Refusal, error instanceof Error ? error.stack : String(error))
    assert.ok(refusalCodes.includes(error.code))
    assert.ok(error.field !== undefined && error.field !== '')
    assert.ok(error.message.length < 1_500)
    assert.ok(Object.values(error.facts).every((fact) => typeof fact === 'string'))
    return true
  }
}

/** Some input is good by chance: then the state is too. It is put back, so that the next input meets the same one. */
function checkAndReset(state: State, before: ReturnType<State['snapshot']>): void {
  const { changeSets } = state
  assert.deepEqual(findBroken({ ...valuesOf(state.snapshot()), changeSets, now: state.now }), [])
  state.restore(before)
  changeSets.length = 1
}
