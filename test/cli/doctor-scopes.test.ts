/** The doctor names what was done behind the sidecar's back to scopes, their kinds and defaults, and their members. */

import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { examine } from '../../packages/sidecar/src/doctor.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { openServiceOver, writing } from '../service/open-service.ts'
import { type } from './command-line.ts'

const now = Date.now()

interface Teardown {
  teardown(undo: () => unknown): void
}

const undos: (() => unknown)[] = []
const original = join(await temporaryFolder({ teardown: (undo) => void undos.push(undo) }), 'original.db')
await fill(original)
test.after.always(async () => {
  for (const undo of undos) await undo()
})

/** A hospital with every way to a role set; ann is a member of all its scopes, with two roles in one of them. */
async function fill(file: string): Promise<void> {
  const store = await openStore(`sqlite:${file}`)
  const service = await openServiceOver(store, { now: () => now })
  const admin = service.administration
  const call = writing()
  await admin.updateSettings({ maxRolesPerMember: 10 }, call)
  for (const key of ['org:nurse', 'org:head', 'org:pharmacist']) await admin.createRole({ key }, call)
  const roles = ['org:admin', 'org:member', 'org:nurse', 'org:head']
  const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }
  await admin.createRoleSet({ key: 'role_set:hospital', roles, ...special }, call)
  await admin.createRoleSet({ key: 'role_set:ward', roles: ['org:nurse', 'org:head'], defaultRole: 'org:nurse' }, call)
  await admin.createRoleSet(
    { key: 'role_set:pharmacy', roles: ['org:pharmacist'], defaultRole: 'org:pharmacist' },
    call,
  )
  await admin.setScopeKind({ kind: 'department', fallback: 'role_set', roleSet: 'role_set:ward' }, call)
  await admin.setScopeKind({ kind: 'team', fallback: 'organization' }, call)
  await admin.setScopeKind({ kind: 'product', fallback: 'none' }, call)
  await admin.setScopeDefault({ scope: 'department:pharmacy', roleSet: 'role_set:pharmacy' }, call)
  const place = { organizationId: 'north', userId: 'ann' }
  await admin.createOrganization({ id: 'north', roleSet: 'role_set:hospital', createdBy: 'boss' }, call)
  await admin.assignRoleSet({ organizationId: 'north', scope: 'product:billing', roleSet: 'role_set:ward' }, call)
  await admin.renameScope({ organizationId: 'north', scope: 'team:night', name: 'Night' }, call)
  await admin.createMembership({ ...place, role: 'org:member' }, call)
  await admin.createMembership({ ...place, scope: 'department:surgery', roles: ['org:nurse', 'org:head'] }, call)
  await admin.createMembership({ ...place, scope: 'department:pharmacy', role: 'org:pharmacist' }, call)
  await admin.createMembership({ ...place, scope: 'team:night', role: 'org:head' }, call)
  await admin.createMembership({ ...place, scope: 'product:billing', role: 'org:nurse' }, call)
  const invitation = { organizationId: 'north', emailAddress: 'ben@example.com' }
  await admin.createInvitation({ ...invitation, scope: 'department:pharmacy', role: 'org:pharmacist' }, call)
  service.close()
  await store.close()
}

async function findingsIn(t: Teardown, statements: readonly string[]): Promise<readonly string[]> {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  await copyFile(original, file)
  const connection = await Connection.open(file)
  // Without the checks that SQLite makes of what it is given.
  await connection.run('PRAGMA foreign_keys = OFF')
  await connection.run('PRAGMA ignore_check_constraints = ON')
  for (const statement of statements) await connection.run(statement)
  await connection.close()
  const options = { now, report: () => undefined, signal: new AbortController().signal, findingsMax: 100 }
  const { findings } = await examine(`sqlite:${file}`, options)
  return findings.map(({ what, problem }) => `${what}: ${problem}`)
}

const setId = (name: string) => `(SELECT id FROM role_sets WHERE key = 'role_set:${name}')`
const roleId = (name: string) => `(SELECT id FROM roles WHERE key = 'org:${name}')`
const manyRoles = JSON.stringify(Array.from({ length: 10 }, (_none, number) => `role_x${number}`))

/** What is planted, and which findings must be among those that are made. */
const cases: Readonly<Record<string, { readonly sql: readonly string[]; readonly found: readonly RegExp[] }>> = {
  'a member of a scope has a role that its own set lacks': {
    sql: [`UPDATE memberships SET role_id = ${roleId('pharmacist')} WHERE scope = 'product:billing'`],
    found: [/^membership \S+: altered .*roleId/, /^I1: \S+ has the role \S+ in north, but the role set \S+ lacks/],
  },
  'a member of a scope has a further role that its set lacks': {
    sql: [
      `UPDATE memberships SET further_role_ids = json_array(${roleId('pharmacist')}) WHERE scope = 'department:surgery'`,
    ],
    found: [/^membership \S+: altered/, /^I1: \S+ has the role \S+ in north/],
  },
  'a member of a scope has the same role twice': {
    sql: [`UPDATE memberships SET further_role_ids = json_array(role_id) WHERE scope = 'department:surgery'`],
    found: [/^membership \S+: altered/, /^I10: \S+ has the role \S+ twice/],
  },
  'a member of a scope has too many roles': {
    sql: [`UPDATE memberships SET further_role_ids = '${manyRoles}' WHERE scope = 'department:surgery'`],
    found: [/^I10: \S+ has 11 roles, and 10 are the most$/],
  },
  'the index of further roles lacks one': {
    sql: ['DELETE FROM further_member_roles'],
    found: [/^further_member_roles: 1 rows are not what/],
  },
  'a member of a scope is no member of the organization': {
    sql: [`DELETE FROM memberships WHERE scope = '' AND user_id = 'ann'`],
    found: [/^membership \S+: gone/, /^I9: ann is a member of the scope department:pharmacy of north/],
  },
  'a membership is in a scope of another kind': {
    sql: [`UPDATE memberships SET scope = 'wing:surgery' WHERE scope = 'department:surgery'`],
    found: [
      /^membership \S+: gone/,
      /^membership \S+: there, and no change made it/,
      /^I1: .* has no role set \(SCOPE_KIND_UNKNOWN\)$/,
    ],
  },
  'a member is in a scope that has no role set': {
    sql: [`UPDATE memberships SET scope = 'product:crm' WHERE scope = 'product:billing'`],
    found: [/^membership \S+: gone/, /^membership \S+: there/, /^I1: .* has no role set \(SCOPE_UNASSIGNED\)$/],
  },
  'the end of a membership is another': {
    sql: [`UPDATE memberships SET expires_at = 7 WHERE scope = 'team:night'`],
    found: [/^membership \S+: altered since revision \d+: expiresAt is 7 and was null$/],
  },
  'an invitation into a scope has a role that its set lacks': {
    sql: [`UPDATE invitations SET role_id = ${roleId('head')}`],
    found: [/^invitation \S+: altered/, /^I2: \S+ has the role \S+ in north/],
  },
  'an invitation is into another scope': {
    sql: [`UPDATE invitations SET scope = 'department:surgery'`],
    found: [/^invitation \S+: altered .*scope is "department:surgery"/, /^I2: /],
  },
  'a scope has another role set of its own': {
    sql: [`UPDATE assignments SET role_set_id = ${setId('pharmacy')} WHERE scope = 'product:billing'`],
    found: [
      /^assignment north product:billing: altered since revision \d+: roleSetId is/,
      /^count of role set \S+: is the own set of/,
      /^I1: /,
    ],
  },
  'a scope has a role set that is not there': {
    sql: [`UPDATE assignments SET role_set_id = 'roleset_none' WHERE scope = 'product:billing'`],
    found: [
      /^assignments: 1 refer to role_sets that are not there$/,
      /^I5: the scope product:billing of north has the role set roleset_none, which doesn't exist$/,
    ],
  },
  'a scope is of an organization that is not there': {
    sql: [`UPDATE assignments SET organization_id = 'south' WHERE scope = 'team:night'`],
    found: [
      /^assignments: 1 refer to organizations that are not there$/,
      /^I5: the scope team:night is of the organization south, which doesn't exist$/,
    ],
  },
  'a scope has lost its role set': {
    sql: [`DELETE FROM assignments WHERE scope = 'product:billing'`],
    found: [/^assignment north product:billing: gone/, /^count of role set/, /^I1: .*\(SCOPE_UNASSIGNED\)$/],
  },
  'a scope has neither a name nor a role set': {
    sql: [`UPDATE assignments SET name = '' WHERE scope = 'team:night'`],
    found: [
      /^assignment north team:night: altered/,
      /^I12: the scope team:night of north has neither a name nor a role set$/,
    ],
  },
  'a scope is of a kind that is not registered': {
    sql: [`UPDATE assignments SET scope = 'wing:night' WHERE scope = 'team:night'`],
    found: [
      /^assignment north \S+: /,
      /^I12: the scope wing:night of north is of the kind wing, which isn't registered$/,
    ],
  },
  'a scope has a key that can not be': {
    sql: [`UPDATE assignments SET scope = 'team:a/b' WHERE scope = 'team:night'`],
    found: [/^I12: the scope team:a\/b of north is of a scope that can't be$/],
  },
  'a kind is gone that has scopes and defaults': {
    sql: [`DELETE FROM scope_kinds WHERE kind = 'department'`],
    found: [
      /^scope kind department: gone/,
      /^I12: the default of department:pharmacy is of the kind department, which isn't registered$/,
      /^I1: .*\(SCOPE_KIND_UNKNOWN\)$/,
      /^I2: .*\(SCOPE_KIND_UNKNOWN\)$/,
    ],
  },
  'a kind names a role set that is not there': {
    sql: [`UPDATE scope_kinds SET role_set_id = 'roleset_none' WHERE kind = 'department'`],
    found: [
      /^scope kind department: altered/,
      /^scope_kinds: 1 refer to role_sets that are not there$/,
      /^I12: the kind of scopes department has the role set roleset_none, which doesn't exist$/,
    ],
  },
  'a kind must name a role set': {
    sql: [`UPDATE scope_kinds SET role_set_id = NULL WHERE kind = 'department'`],
    found: [/^I12: the kind of scopes department must have a role set, and has none$/],
  },
  'a kind names a role set, and follows the organization': {
    sql: [`UPDATE scope_kinds SET role_set_id = ${setId('ward')} WHERE kind = 'team'`],
    found: [/^I12: the kind of scopes team has the role set \S+, and its fallback is organization$/],
  },
  'a kind has a name that can not be': {
    sql: [`UPDATE scope_kinds SET kind = 'Team' WHERE kind = 'team'`],
    found: [/^I12: the kind of scopes Team can't have this name$/],
  },
  'what a kind says is another': {
    sql: [`UPDATE scope_kinds SET fallback = 'none' WHERE kind = 'team'`],
    found: [/^scope kind team: altered since revision \d+: fallback is "none" and was "organization"$/, /^I1: /],
  },
  'a default is another': {
    sql: [`UPDATE scope_defaults SET role_set_id = ${setId('ward')}`],
    found: [/^scope default department:pharmacy: altered/, /^I1: /, /^I2: /],
  },
  'a default names a role set that is not there': {
    sql: [`UPDATE scope_defaults SET role_set_id = 'roleset_none'`],
    found: [
      /^scope_defaults: 1 refer to role_sets that are not there$/,
      /^I12: the default of department:pharmacy has the role set roleset_none, which doesn't exist$/,
    ],
  },
  'a default is gone': {
    sql: ['DELETE FROM scope_defaults'],
    found: [/^scope default department:pharmacy: gone/, /^I1: /, /^I2: /],
  },
  'an organization as a whole is on a set for scopes': {
    sql: [`UPDATE organizations SET role_set_id = ${setId('ward')}`],
    found: [
      /^organization north: altered/,
      /^I13: the organization north has the role set \S+, which has no creator role$/,
    ],
  },
  'the set of an organization has lost its creator role': {
    sql: [`UPDATE role_sets SET creator_role_id = NULL WHERE key = 'role_set:hospital'`],
    found: [/^role set \S+: altered/, /^I13: the organization north has/],
  },
  'the initial set has lost its creator role': {
    sql: [`UPDATE role_sets SET creator_role_id = NULL WHERE type = 'initial'`],
    found: [/^role set \S+: altered/, /^I13: the initial role set \S+ has no creator role$/],
  },
  'the count of the scopes with a set is wrong': {
    sql: ['UPDATE assignment_counts SET assignments = assignments + 1'],
    found: [/^count of role set \S+: is the own set of \d scopes, and \d are noted$/],
  },
}

for (const [what, { sql, found }] of Object.entries(cases))
  test(`when ${what}, it is named`, async (t) => {
    const findings = await findingsIn(t, sql)
    for (const each of found)
      t.true(
        findings.some((finding) => each.test(finding)),
        `${String(each)} is not among\n${findings.join('\n')}`,
      )
  })

test('a file with scopes that only the rules have written is sound', async (t) => {
  t.deepEqual(await findingsIn(t, []), [])
  const { exitCode, stdout } = await type(['doctor', '--database', `sqlite:${original}`])
  t.regex(stdout, /: sound \(/)
  t.is(exitCode, 0)
})
