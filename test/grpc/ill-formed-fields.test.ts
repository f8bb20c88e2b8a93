/**
 * The fields of scopes, several roles, acting users, ends and fallbacks, in every call that has them: what can't be is refused
 * with a stable reason that names the field, and changes nothing.
 */

import test from 'ava'
import { connect, openTestSidecar, refusalOf, secretKey, type Request } from './open-sidecar.ts'

const long = 'x'.repeat(300)

interface Bad {
  readonly value: unknown
  readonly reason?: string
}

const bad = (...values: readonly unknown[]): readonly Bad[] => values.map((value) => ({ value }))
const excess = (...values: readonly unknown[]): readonly Bad[] =>
  values.map((value) => ({ value, reason: 'LIMIT_EXCEEDED' }))

/** What a key of a scope can't be. */
const scopes = [
  ...bad(
    'ward',
    ':a',
    'ward:',
    'Ward:a',
    'wa rd:a',
    'wa-rd:a',
    'ward:a/b',
    'ward: a',
    'ward:a ',
    'ward:\ta',
    'ward:\0',
  ),
  ...bad('ward:\u202ea', '/', ':', ' ', '__proto__'),
  ...excess(`ward:${'x'.repeat(191)}`, `${'w'.repeat(65)}:a`, long),
]
/** Where all scopes can be asked for, `*` is fine. */
const oneScope = [...scopes, ...bad('*')]
const missing = bad('')
const kinds = [...bad('', 'Ward', 'wa rd', 'wa:rd', 'ward:a', '*', ' ward', '\0'), ...excess('w'.repeat(65))]
const roles = [
  ...bad(['org:member', 'org:member'], [''], ['org:member', ''], ['org:admin', '\0']),
  ...excess(Array.from({ length: 11 }, (_none, number) => `org:r${number}`)),
  { value: ['org:member', 'org:none'], reason: 'ROLE_NOT_FOUND' },
]
const users = [...bad('', ' ann', 'ann ', '\0', 'a\nb'), ...excess('x'.repeat(256))]
const policies = bad(77, -1)
const ends = bad(-1, 1, 8_640_000_000_000_001)

interface Call {
  readonly request: Request
  /** By the name of the field as the refusal has it; at the same path in the request. */
  readonly fields: Readonly<Record<string, readonly Bad[]>>
}

const member = { organizationId: 'org_1', userId: 'ann' }
const invitation = { organizationId: 'org_1', emailAddress: 'ben@example.com', role: 'org:member' }
const acting = { actingUserId: users, grantPolicy: policies }

const calls: Readonly<Record<string, readonly Call[]>> = {
  Check: [{ request: { organizationId: 'org_1', role: 'org:member' }, fields: { scope: oneScope } }],
  BatchCheck: [
    { request: { checks: [{ organizationId: 'org_1', role: 'org:member' }] }, fields: { 'checks[0].scope': oneScope } },
  ],
  ListAvailableRoles: [{ request: { organizationId: 'org_1' }, fields: { scope: oneScope } }],
  CheckMember: [
    { request: { ...member, role: 'org:member' }, fields: { scope: oneScope, reach: policies, userId: users } },
  ],
  BatchCheckMember: [
    {
      request: { checks: [{ ...member, role: 'org:member' }] },
      fields: { 'checks[0].scope': oneScope, 'checks[0].reach': policies, 'checks[0].userId': users },
    },
  ],
  SetScopeKind: [
    { request: { fallback: 'NONE' }, fields: { kind: kinds } },
    { request: { kind: 'unit' }, fields: { fallback: bad(0, 77, -1) } },
    { request: { kind: 'unit', fallback: 'NONE' }, fields: { roleSet: bad('role_set:default') } },
  ],
  DeleteScopeKind: [{ request: {}, fields: { kind: kinds } }],
  SetScopeDefault: [{ request: { roleSet: 'role_set:default' }, fields: { scope: [...oneScope, ...missing] } }],
  DeleteScopeDefault: [{ request: {}, fields: { scope: [...oneScope, ...missing] } }],
  ListScopes: [{ request: {}, fields: { organizationId: bad('', ' ', '\0') } }],
  RenameScope: [
    { request: { organizationId: 'org_1', name: 'A' }, fields: { scope: [...oneScope, ...missing] } },
    { request: { organizationId: 'org_1', scope: 'ward:a' }, fields: { newScope: oneScope } },
    { request: { organizationId: 'org_1', scope: 'ward:a' }, fields: { name: [...bad('\0'), ...excess(long)] } },
  ],
  AssignRoleSet: [
    { request: { organizationId: 'org_1', roleSet: 'role_set:default' }, fields: { scope: oneScope } },
    {
      request: { organizationId: 'org_1', scope: 'ward:a', roleSet: 'role_set:default' },
      fields: { clear: bad(true) },
    },
    { request: { organizationId: 'org_1' }, fields: { clear: bad(true) } },
  ],
  CreateMembership: [
    { request: { ...member, role: 'org:member' }, fields: { scope: oneScope, ...acting, expiresAtMs: ends } },
    { request: { ...member, userId: 'new' }, fields: { roles } },
    { request: { ...member, userId: 'new', roles: ['org:member'] }, fields: { role: bad('org:admin') } },
  ],
  GetMembership: [{ request: member, fields: { scope: oneScope } }],
  ListMemberships: [{ request: { organizationId: 'org_1' }, fields: { scope: scopes } }],
  UpdateMembership: [
    { request: member, fields: { scope: oneScope, ...acting, roles, expiresAtMs: bad(-1, 1, 8_640_000_000_000_001) } },
  ],
  DeleteMembership: [{ request: member, fields: { scope: oneScope, ...acting } }],
  CreateInvitation: [
    { request: invitation, fields: { scope: oneScope, ...acting } },
    { request: { ...invitation, role: '' }, fields: { roles } },
  ],
  CreateInvitations: [
    {
      request: { organizationId: 'org_1', invitations: [{ emailAddress: 'ben@example.com', role: 'org:member' }] },
      fields: { scope: oneScope, ...acting },
    },
    {
      request: { organizationId: 'org_1', invitations: [{ emailAddress: 'ben@example.com' }] },
      fields: { 'invitations[0].roles': roles },
    },
  ],
  GetInvitation: [{ request: { organizationId: 'org_1', invitationId: 'orginv_1' }, fields: { scope: oneScope } }],
  ListInvitations: [{ request: { organizationId: 'org_1' }, fields: { scope: scopes } }],
  RevokeInvitation: [
    { request: { organizationId: 'org_1', invitationId: 'orginv_1' }, fields: { scope: oneScope, ...acting } },
  ],
  AcceptInvitation: [
    { request: { organizationId: 'org_1', invitationId: 'orginv_1', userId: 'ben' }, fields: { scope: oneScope } },
  ],
  UpdateSettings: [{ request: {}, fields: { maxRolesPerMember: bad(0, 11, -1) } }],
  ListChanges: [{ request: {}, fields: { scope: oneScope } }],
  Explain: [{ request: { organizationId: 'org_1', role: 'org:member' }, fields: { scope: oneScope } }],
  Apply: [
    { request: { scopeKinds: [{ fallback: 'NONE' }] }, fields: { 'scopeKinds[0].kind': kinds } },
    { request: { scopeKinds: [{ kind: 'unit' }] }, fields: { 'scopeKinds[0].fallback': bad(0, 77) } },
    {
      request: { scopeDefaults: [{ roleSet: 'role_set:default' }] },
      fields: { 'scopeDefaults[0].scope': [...oneScope, ...missing] },
    },
    {
      request: { organizations: [{ id: 'org_1', scopes: { scopes: [{ name: 'A' }] } }] },
      fields: { 'organizations[0].scopes.scopes[0].key': [...oneScope, ...missing] },
    },
  ],
}

/** The request with a value at a path, for example `checks[0].scope`. */
function withValue(request: Request, path: string, value: unknown): Request {
  const copy = structuredClone(request) as Record<string, unknown>
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '')
  const last = steps.pop() ?? ''
  const holder = steps.reduce((at, step) => at[step] as Record<string, unknown>, copy)
  holder[last] = value
  return copy
}

/** As a refusal names it. In a description of a state the list of scopes is no step. */
const nameOf = (path: string) =>
  path.replace('scopes.scopes', 'scopes').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const clear: ReadonlySet<string> = new Set(['INVALID_FIELD', 'LIMIT_EXCEEDED'])

test("every call refuses what can't be, names the field, and changes nothing", async (t) => {
  const opened = await openTestSidecar(t)
  const { call, write } = connect(t, opened.target)
  await write('UpdateSettings', { maxRolesPerMember: 10 })
  await write('SetScopeKind', { kind: 'ward', fallback: 'ORGANIZATION' })
  await write('CreateMembership', { ...member, role: 'org:member' })
  await write('RenameScope', { organizationId: 'org_1', scope: 'ward:a', name: 'A' })
  const revision = async () => (await call('GetSettings', {}, { key: secretKey }))['revision']
  const before = await revision()
  for (const { method, request, path, value, reason } of everyValue()) {
    const title = `${method}, ${path}: ${JSON.stringify(value)}`
    const refused = await refusalOf(call(method, withValue(request, path, value), { key: secretKey }))
    const given = refused.reason ?? ''
    t.true(reason === undefined ? clear.has(given) : given === reason, `${title} is refused as ${given}`)
    t.regex(refused.status ?? '', /^(INVALID_ARGUMENT|NOT_FOUND)$/, title)
    t.is((refused.fields[0]?.field ?? '').replace(/\[\d+\]$/, ''), nameOf(path), title)
  }
  t.is(await revision(), before)
  const faults = opened.log.filter(({ level }) => level === 'error' || level === 'fatal')
  t.deepEqual(faults, [])
})

function* everyValue() {
  for (const [method, asked] of Object.entries(calls))
    for (const { request, fields } of asked)
      for (const [path, values] of Object.entries(fields))
        for (const { value, reason } of values) yield { method, request, path, value, reason }
}
