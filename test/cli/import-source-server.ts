/** A small server with some of Clerk's Backend API, for imports: what it keeps is plain data, and it misbehaves as told. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Thing = Record<string, unknown>

/** By path below `/v1/`. */
export type Lists = Record<string, Thing[]>

/** Answers instead of the server, or lets it answer by returning false. */
export type Interference = (request: IncomingMessage, response: ServerResponse) => boolean

export interface SourceServer {
  readonly url: string
  readonly lists: Lists
  /** Paths with queries, oldest first. */
  readonly requests: string[]
  interfere: Interference
  /** Of the items of one page, whatever was asked for. */
  pageMax: number
}

export const sourceKey = 'sk_test_source'

interface Teardown {
  teardown(undo: () => unknown): void
}

export async function openSourceServer(t: Teardown, lists: Lists = pricingLists()): Promise<SourceServer> {
  const state = { lists, requests: [] as string[], interfere: (() => false) as Interference, pageMax: 500 }
  const server = createServer((request, response) => {
    state.requests.push(request.url ?? '')
    if (state.interfere(request, response)) return
    if (request.headers.authorization !== `Bearer ${sourceKey}`) {
      return answer(response, 401, { errors: [{ code: 'clerk_key_invalid', message: 'x', long_message: 'x' }] })
    }
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://source')
    const path = decodeURIComponent(pathname).replace(/^\/v1\//, '')
    const [, id] = /^organizations\/([^/]+)$/.exec(path) ?? []
    if (id !== undefined) {
      const one = state.lists['organizations']?.find((each) => each['id'] === id)
      return one ? answer(response, 200, one) : answer(response, 404, { errors: [{ code: 'resource_not_found' }] })
    }
    const found = (state.lists[path] ?? []).filter((each) => isAskedFor(each, searchParams))
    const offset = Number(searchParams.get('offset') ?? 0)
    const data = found.slice(offset, offset + Math.min(state.pageMax, Number(searchParams.get('limit') ?? 10)))
    answer(response, 200, { data, total_count: found.length })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return Object.assign(state, { url: `http://127.0.0.1:${port}` })
}

function isAskedFor(each: Thing, query: URLSearchParams): boolean {
  const user = each['public_user_data'] as Thing | undefined
  const fields = { user_id: user?.['user_id'], status: each['status'], email_address: each['email_address'] }
  return Object.entries(fields).every(([name, value]) => !query.has(name) || query.get(name) === value)
}

export function answer(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

const times = { created_at: 1_600_000_000_000, updated_at: 1_600_000_000_000 }

function named(id: string, key: string, name: string): Thing {
  return { id, key, name, description: null, ...times }
}

const held = ['org:sys_memberships:manage', 'org:sys_memberships:read', 'org:sys_profile:delete']

export function organization(id: string, given: Thing = {}): Thing {
  return {
    ...{ object: 'organization', id, name: `The ${id}`, slug: id.replace('_', '-'), role_set_key: 'role_set:pro' },
    ...{ max_allowed_memberships: 0, admin_delete_enabled: true, created_by: '' },
    ...{ public_metadata: { tier: 'gold' }, private_metadata: { crm: { id: 7 } }, ...times, ...given },
  }
}

export function membership(userId: string, role: string, given: Thing = {}): Thing {
  return {
    ...{ id: `orgmem_${userId}`, role, public_metadata: { seat: 1 }, private_metadata: {} },
    ...{ public_user_data: { user_id: userId, first_name: null }, ...given },
  }
}

export function invitation(address: string, role: string, given: Thing = {}): Thing {
  return {
    ...{ id: `orginv_${address}`, email_address: address, role, inviter_id: 'user_ada', status: 'pending' },
    ...{ public_metadata: {}, private_metadata: { from: 'crm' }, expires_at: Date.now() + 6.5 * 86_400_000, ...given },
  }
}

/** Two sets, and two organizations with their people. */
export function pricingLists(): Lists {
  const roles = ['org:admin', 'org:member', 'org:analyst']
  return {
    organization_permissions: [
      ...held.map((key, at) => ({ ...named(`perm_${at}`, key, key), description: '' })),
      { ...named('perm_custom', 'org:reports:read', 'Read reports'), description: 'All of them' },
    ],
    organization_roles: roles.map((key, at) => ({
      ...named(`role_${at}`, key, key),
      permissions: (at === 0 ? held : at === 2 ? ['org:reports:read'] : []).map((each) => ({ key: each })),
    })),
    role_sets: [
      {
        ...named('rs_1', 'role_set:default', 'Free'),
        ...{ roles: [{ key: 'org:admin' }, { key: 'org:member' }], type: 'initial' },
        ...{ default_role: { key: 'org:member' }, creator_role: { key: 'org:admin' } },
      },
      {
        ...named('rs_2', 'role_set:pro', 'Pro'),
        ...{ roles: roles.map((key) => ({ key })), type: 'custom' },
        ...{ default_role: { key: 'org:member' }, creator_role: { key: 'org:admin' } },
      },
    ],
    organizations: [
      organization('org_acme', { created_by: 'user_ada', max_allowed_memberships: 5 }),
      organization('org_hooli', { role_set_key: null }),
    ],
    'organizations/org_acme/memberships': [membership('user_ada', 'org:analyst'), membership('user_bob', 'org:admin')],
    'organizations/org_acme/invitations': [invitation('Eve@example.com', 'org:member')],
    'organizations/org_hooli/memberships': [membership('user_cyd', 'org:member')],
  }
}
