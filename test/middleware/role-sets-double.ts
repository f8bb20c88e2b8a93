/** A replacement for the client, which decides from data of the test: from its "cache", or only when it is asked. */

import type { AvailableRoles, Decision, Question, Reason } from '@rolesets/client'
import type { RoleSets } from '@rolesets/express'

/** Every role, with its permissions. */
export const catalogue: Readonly<Record<string, readonly string[]>> = {
  'org:admin': ['org:sys_memberships:manage', 'org:reports:read'],
  'org:member': ['org:sys_memberships:read'],
  'org:analyst': ['org:reports:read'],
}

export interface RoleSetsDouble extends RoleSets {
  /** The roles of each organization's set. Other organizations are unknown. */
  readonly offered: Map<string, Set<string>>
  /** Unknown permissions that were once known. */
  readonly retired: Set<string>
  /** Whether the decisions are in the cache. */
  cached: boolean
  revision: number
  /** Every question that was asked. */
  readonly questions: Question[]
  readonly listings: { stale: boolean }
}

export function createRoleSetsDouble(): RoleSetsDouble {
  const offered = new Map([
    ['org_acme', new Set(['org:admin', 'org:member'])],
    ['org_pro', new Set(['org:admin', 'org:member', 'org:analyst'])],
  ])
  const double: RoleSetsDouble = {
    offered,
    retired: new Set(),
    cached: true,
    revision: 1,
    questions: [],
    listings: { stale: false },
    checkCached(organizationId, role, about) {
      const permission = typeof about === 'string' ? about : about?.permission
      return double.cached ? answer([{ organizationId, role, permission }], 'cache')[0] : undefined
    },
    check: (organizationId, role, { permission } = {}) =>
      Promise.resolve(answer([{ organizationId, role, permission }], 'sidecar')[0]!),
    checkManyCached(questions) {
      return double.cached ? answer(questions, 'cache') : undefined
    },
    checkMany: (questions) => Promise.resolve(answer(questions, 'sidecar')),
    availableRoles: (organizationId) => Promise.resolve(list(organizationId)),
  }

  function answer(questions: readonly Question[], source: Decision['source']): readonly Decision[] {
    double.questions.push(...questions)
    return questions.map((question) => {
      const reason = reasonFor(question)
      const roleSet = reason === 'ORGANIZATION_UNKNOWN' ? '' : `role_set:${question.organizationId}`
      const retired =
        reason === 'PERMISSION_UNKNOWN' && double.retired.has(question.permission ?? '')
          ? { permissionRetired: true as const }
          : {}
      const revision = `epoch:${double.revision}`
      return { allowed: reason === 'ROLE_IN_SET', reason, roleSet, revision, source, ...retired }
    })
  }

  function reasonFor({ organizationId, role, permission }: Question): Reason {
    const roles = offered.get(organizationId)
    if (!roles) return 'ORGANIZATION_UNKNOWN'
    if (!Object.hasOwn(catalogue, role)) return 'ROLE_UNKNOWN'
    if (!roles.has(role)) return 'ROLE_NOT_IN_SET'
    if (permission === undefined || catalogue[role]?.includes(permission)) return 'ROLE_IN_SET'
    const known = Object.values(catalogue).some((permissions) => permissions.includes(permission))
    return known ? 'PERMISSION_NOT_IN_ROLE' : 'PERMISSION_UNKNOWN'
  }

  function list(organizationId: string): AvailableRoles {
    const roles = [...(offered.get(organizationId) ?? [])].map((key) => {
      return { id: `role_${key}`, key, name: key, description: '', permissions: catalogue[key] ?? [] }
    })
    const { stale } = double.listings
    const roleSet = `role_set:${organizationId}`
    const revision = `epoch:${double.revision}`
    const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }
    return { organizationId, roles, ...special, roleSet, revision, source: 'cache', stale }
  }

  return double
}

const never = new Promise<never>(() => {})

interface Fault {
  /** What the client returns instead of a decision when it is asked. */
  readonly asked?: () => unknown
  /** What it has in its cache. */
  readonly cached?: () => unknown
}

const failing = (error: Error) => () => {
  throw error
}
// eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- Values that are not errors are tested, too.
const rejecting = (error: unknown) => () => Promise.reject(error)

/** Possible faults of a client. Each must be answered with 503, and none with "yes". */
export const faults: Readonly<Record<string, Fault>> = {
  'is down': { asked: rejecting(clientError('unavailable')) },
  'is past its deadline': { asked: rejecting(clientError('deadline_exceeded')) },
  'is closed': { cached: failing(clientError('closed')) },
  'never settles': { asked: () => never },
  'throws at once': { asked: failing(new TypeError('x is not a function')) },
  'throws in the cache': { cached: failing(new TypeError('x is not a function')) },
  'rejects with undefined': { asked: rejecting(undefined) },
  'returns undefined': { asked: () => undefined },
  'returns true': { asked: () => true },
  'returns an empty decision': { asked: () => ({}) },
  'returns a string': { asked: () => 'allowed' },
  'returns a list': { asked: () => [yes()] },
  'says yes for a reason that means no': { asked: () => ({ ...yes(), reason: 'ROLE_NOT_IN_SET' }) },
  'says yes with another type': { asked: () => ({ ...yes(), allowed: 1 }) },
  'says no for the reason that means yes': { asked: () => ({ ...yes(), allowed: false }) },
  'returns no revision': { asked: () => ({ ...yes(), revision: undefined }) },
  'has a malformed decision in its cache': { cached: () => ({ allowed: true }) },
  'has null in its cache': { cached: () => null },
  'has a promise in its cache': { cached: () => Promise.resolve(yes()) },
}

/** A client with the fault, whether it is asked one question or several. */
export function createFaultyRoleSets({ asked = () => never, cached = () => undefined }: Fault): RoleSets {
  const several = (questions: readonly Question[], one: () => unknown) => {
    const decisions = questions.map(one)
    return decisions.every((decision) => decision === undefined) ? undefined : decisions
  }
  return {
    ...createRoleSetsDouble(),
    checkCached: () => cached() as Decision,
    check: () => asked() as Promise<Decision>,
    checkManyCached: (questions) => several(questions, cached) as Decision[],
    // Not an async function: an error that is thrown synchronously must be thrown here.
    checkMany: (questions) => {
      const one = asked()
      return (one instanceof Promise ? one : Promise.resolve(several(questions, () => one))) as Promise<Decision[]>
    },
  }
}

export function yes(): Decision {
  return { allowed: true, reason: 'ROLE_IN_SET', roleSet: 'role_set:free', revision: 'epoch:1', source: 'sidecar' }
}

/** An error with the shape of the client's errors. */
export function clientError(code: string): Error {
  return Object.assign(new Error(`the client says ${code}`), { code })
}
