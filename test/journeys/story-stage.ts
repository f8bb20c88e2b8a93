/**
 * A sidecar of a story, and everyone who asks it: each question goes to gRPC, to the client with and without its memory, to HTTP, to
 * the command line and, about a member, through a requirement of the middleware. All must say the same.
 */

import { createClerkClient, type ClerkClient } from '@clerk/backend'
import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { authenticate, guardRoleGrant, problems, requirePermission, requireRole } from '@rolesets/express'
import type { ExecutionContext } from 'ava'
import express from 'express'
import { type as typeCommand, type Outcome } from '../cli/command-line.ts'
import { connect, openTestSidecar, secretKey, type OpenedSidecar, type TestClient } from '../grpc/open-sidecar.ts'
import { serve, type Ask, type Teardown } from '../middleware/application.ts'
import { audience, issuer, openIssuer } from '../middleware/issuer.ts'

/** What a member must hold: a role (`org:nurse`), or a permission (`org:charts:read`). */
export type Held = string

export interface Stage extends Omit<OpenedSidecar, 'close'>, Omit<TestClient, 'close'> {
  /** Ends the sidecar. */
  readonly close: () => Promise<void>
  readonly admin: RoleSetsClient['admin']
  /** A client whose memory follows the feed. It writes nothing itself. */
  readonly roleSets: RoleSetsClient
  readonly clerk: ClerkClient
  /** One request to the HTTP API with the secret key. */
  readonly http: (method: string, path: string, body?: object, headers?: Record<string, string>) => ReturnType<Ask>
  /** Types a command with the target and the key in the environment. */
  readonly type: (...args: readonly string[]) => Promise<Outcome>
  /** May this role be given there? `yes role_set:x`, or `no REASON role_set:x`. */
  readonly may: (t: ExecutionContext, place: string, role: string) => Promise<string>
  /** Does this user hold it there? `yes`, or the reason. */
  readonly holds: (t: ExecutionContext, place: string, userId: string, held: Held) => Promise<string>
  /** One request of the user, to a route that requires it in this place. @returns 204, or the code of the refusal */
  readonly request: (place: string, userId: string, held: Held) => Promise<number | string>
  /** The user asks to give a role, on a route with a guard that compares it with what the user holds. @returns as `request` */
  readonly grant: (place: string, userId: string, role: string) => Promise<number | string>
  /** The members of an organization and its scopes, in order: `department:cardiology paul org:physician org:head`. */
  readonly members: (organizationId: string) => Promise<readonly string[]>
  /** The scopes of an organization: `department:cardiology role_set:hospital organization 3`. */
  readonly scopes: (organizationId: string) => Promise<readonly string[]>
  /** Until the feed has delivered all to `roleSets`. */
  readonly delivered: () => Promise<void>
}

/** `clinic` or `clinic/department:cardiology`. */
export function placeOf(text: string): { readonly organizationId: string; readonly scope: string } {
  const [organizationId = '', scope = ''] = text.split('/')
  return { organizationId, scope }
}

export async function openStage(t: Teardown): Promise<Stage> {
  const opened = await openTestSidecar(t, { ROLESETS_HTTP_LISTEN: '127.0.0.1:0' })
  const { target, sidecar } = opened
  const wire = connect(t, target)
  const clients = [0, 1].map(() =>
    createRoleSetsClient({ target, key: secretKey, deadlineMs: 20_000, maxStalenessMs: 60_000 }),
  )
  for (const client of clients) t.teardown(() => client.close())
  const [roleSets, operator] = clients as [RoleSetsClient, RoleSetsClient]
  await roleSets.ready({ timeoutMs: 20_000 })
  const apiUrl = `http://${sidecar.http}`
  const clerk = createClerkClient({ secretKey, apiUrl, telemetry: { disabled: true } })
  const env = { ROLESETS_TARGET: target, ROLESETS_KEY: secretKey }
  const type: Stage['type'] = (...args) => typeCommand(args, { env })
  const delivered = async () => {
    const { revision } = await wire.read('ListRoles', { pageSize: 1 })
    while (numberOf(roleSets.status().revision) < numberOf(String(revision)))
      await new Promise((resolve) => setImmediate(resolve))
  }
  const http: Stage['http'] = (method, path, body, headers) => askApi(apiUrl + path, method, body, headers)
  const asked = { ...wire, roleSets, http, type, delivered, ...(await openApplication(t, roleSets)) }
  return {
    ...asked,
    ...opened,
    admin: operator.admin,
    clerk,
    may: (execution, place, role) => may(execution, asked, place, role),
    holds: (execution, place, userId, held) => holds(execution, asked, { place, userId, held }),
    members: (organizationId) => membersOf(wire, organizationId),
    scopes: (organizationId) => scopesOf(wire, organizationId),
  }
}

type Asked = Pick<Stage, 'read' | 'roleSets' | 'http' | 'type' | 'delivered' | 'request'>

function numberOf(revision = ''): number {
  return Number(revision.split(':')[1] ?? 0)
}

async function askApi(url: string, method: string, body?: object, headers: Record<string, string> = {}) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const type = { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json', ...headers }
  const response = await fetch(url, { method, headers: type, ...sent })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

async function may(t: ExecutionContext, stage: Asked, text: string, role: string): Promise<string> {
  const { organizationId, scope } = placeOf(text)
  const place = scope === '' ? {} : { scope }
  await stage.delivered()
  const { revision: _, ...asked } = await stage.read('Check', { organizationId, role, ...place })
  const { allowed, reason, roleSet } = asked
  const same = { allowed, reason, roleSet } as { allowed: boolean; reason: never; roleSet: string }
  const what = `${text} ${role}`
  const remembered = stage.roleSets.checkCached(organizationId, role, place)
  if (remembered !== undefined) t.like(remembered, same, `${what}: from memory before`)
  t.like(await stage.roleSets.check(organizationId, role, place), same, `${what}: client`)
  t.like(stage.roleSets.checkCached(organizationId, role, place), { ...same, source: 'cache' }, `${what}: from memory`)
  const option = scope === '' ? [] : ['--scope', scope]
  const typed = await stage.type('check', organizationId, role, ...option, '--json')
  t.like(JSON.parse(typed.stdout), { allowed, reason, role_set: roleSet }, `${what}: command line`)
  t.is(typed.exitCode, allowed ? 0 : 1)
  const part = scope === '' ? '' : `/scopes/${encodeURIComponent(scope)}`
  const listed = await stage.http('GET', `/v1/organizations/${organizationId}${part}/roles`)
  const isOffered = listed.status === 200 && listed.body.data.some(({ key }: { key: string }) => key === role)
  t.is(isOffered, same.allowed, `${what}: HTTP`)
  const offered = await stage.roleSets.availableRoles(organizationId, place).then(
    ({ roles }) => roles.some(({ key }) => key === role),
    () => false,
  )
  t.is(offered, same.allowed, `${what}: role picker`)
  return `${allowed ? 'yes' : `no ${String(reason)}`}${roleSet === '' ? '' : ` ${String(roleSet)}`}`
}

interface AskedMember {
  readonly place: string
  readonly userId: string
  readonly held: Held
}

const outcomes: Readonly<Record<string, readonly (number | string)[]>> = {
  MEMBER_HOLDS_ROLE: [204],
  NOT_A_MEMBER: ['membership_ended'],
  ROLE_NOT_HELD: ['role_withdrawn', 'role_required'],
  ROLE_NOT_IN_SET: ['role_withdrawn', 'role_required'],
  PERMISSION_NOT_HELD: ['permission_required'],
  PERMISSION_UNKNOWN: ['permission_required'],
  SCOPE_KIND_UNKNOWN: ['scope_unknown'],
  SCOPE_UNASSIGNED: ['scope_unknown'],
  ORGANIZATION_UNKNOWN: ['organization_unknown', 'membership_ended'],
  ROLE_UNKNOWN: ['role_withdrawn', 'role_required'],
}

async function holds(t: ExecutionContext, stage: Asked, { place: text, userId, held }: AskedMember): Promise<string> {
  const { organizationId, scope } = placeOf(text)
  const question = held.split(':').length === 2 ? { role: held } : { permission: held }
  const about = { ...question, ...(scope === '' ? {} : { scope }) }
  await stage.delivered()
  const { allowed, reason, roles, roleSet } = await stage.read('CheckMember', { organizationId, userId, ...about })
  const same = { allowed, reason, roles, roleSet } as never
  const what = `${text} ${userId} ${held}`
  const remembered = stage.roleSets.checkMemberCached(organizationId, userId, about)
  if (remembered !== undefined) t.like(remembered, same, `${what}: from memory before`)
  t.like(await stage.roleSets.checkMember(organizationId, userId, about), same, `${what}: client`)
  t.like(stage.roleSets.checkMemberCached(organizationId, userId, about), same, `${what}: from memory`)
  const outcome = await stage.request(text, userId, held)
  t.true(outcomes[String(reason)]?.includes(outcome), `${what}: ${String(reason)}, and the middleware says ${outcome}`)
  return allowed ? 'yes' : String(reason)
}

/** An application whose route requires what the query says. The token says only who the caller is, and of which organization. */
async function openApplication(t: Teardown, roleSets: RoleSetsClient): Promise<Pick<Stage, 'request' | 'grant'>> {
  const tokens = await openIssuer(t)
  const app = express()
  app.use(authenticate({ issuer, audience, jwks: tokens.jwks }))
  app.get('/organizations/:organizationId', (req, res, next) => {
    const { held = '', scope = '' } = req.query as Record<string, string>
    const options = { roleSets, membership: 'current', ...(scope === '' ? {} : { scope }) } as const
    const required = held.split(':').length === 2 ? requireRole(held, options) : requirePermission(held, options)
    void required(req, res, next)
  })
  app.get('/organizations/:organizationId', (_req, res) => void res.sendStatus(204))
  app.post('/organizations/:organizationId', express.json(), (req, res, next) => {
    const { scope = '' } = req.query as Record<string, string>
    const about = { roleSets, mayGrant: 'subset', membership: 'current', ...(scope === '' ? {} : { scope }) } as const
    void guardRoleGrant(about)(req, res, next)
  })
  app.post('/organizations/:organizationId', (_req, res) => void res.sendStatus(204))
  app.use(problems())
  const ask = await serve(t, app)
  const send = async (text: string, userId: string, { held = '', body }: { held?: string; body?: object }) => {
    const { organizationId, scope } = placeOf(text)
    const token = await tokens.tokenOf({ claims: { sub: userId, org_id: organizationId, org_role: undefined } })
    const path = `/organizations/${encodeURIComponent(organizationId)}?${new URLSearchParams({ held, scope }).toString()}`
    const { status, body: answer } = await ask(path, { token, body })
    return status === 204 ? 204 : String(answer.code)
  }
  return {
    request: (text, userId, held) => send(text, userId, { held }),
    grant: (text, userId, role) => send(text, userId, { body: { role } }),
  }
}

async function membersOf({ read }: Pick<TestClient, 'read'>, organizationId: string): Promise<readonly string[]> {
  const { memberships } = await read('ListMemberships', { organizationId, scope: '*', pageSize: 500 })
  return (memberships as { scope: string; userId: string; roles: string[] }[])
    .map(({ scope, userId, roles }) => `${scope} ${userId} ${roles.join(' ')}`.trim())
    .toSorted()
}

async function scopesOf({ read }: Pick<TestClient, 'read'>, organizationId: string): Promise<readonly string[]> {
  const { scopes } = await read('ListScopes', { organizationId, pageSize: 500 })
  return (scopes as Record<string, string>[]).map(({ scope, roleSet, origin, members, name }) =>
    `${scope} ${roleSet || '-'} ${origin} ${members} ${name}`.trim(),
  )
}
