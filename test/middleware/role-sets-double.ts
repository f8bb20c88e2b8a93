/** A client of the agreed shape that decides from what it is told here, from its "cache" or only when asked. */

import type { AvailableRoles, Decision, Question, Reason } from '@rolesets/client'
import type { RoleSets } from '@rolesets/express'

/** Every role of the catalogue with its permissions. */
export const catalogue: Readonly<Record<string, readonly string[]>> = {
  'org:admin': ['org:sys_memberships:manage', 'org:reports:read'],
  'org:member': ['org:sys_memberships:read'],
  'org:analyst': ['org:reports:read'],
}

export interface RoleSetsDouble extends RoleSets {
  /** The roles of each organization's set; an organization that isn't here is unknown. */
  readonly offered: Map<string, Set<string>>
  /** Whether decisions are in the cache. */
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
    cached: true,
    revision: 1,
    questions: [],
    listings: { stale: false },
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
      return { allowed: reason === 'ROLE_IN_SET', reason, roleSet, revision: `epoch:${double.revision}`, source }
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

/** Clients that cannot decide, by what is wrong with them. Each must end in 503, and none in "yes". */
export const brokenClients: Readonly<Record<string, Partial<RoleSets>>> = {
  'is down': { checkMany: () => Promise.reject(clientError('unavailable')) },
  'is past its deadline': { checkMany: () => Promise.reject(clientError('deadline_exceeded')) },
  'is closed': {
    checkManyCached: () => {
      throw clientError('closed')
    },
  },
  'never settles': { checkMany: () => never },
  'throws at once': {
    checkMany: () => {
      throw new TypeError('x is not a function')
    },
  },
  'throws in the cache': {
    checkManyCached: () => {
      throw new TypeError('x is not a function')
    },
  },
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- That is what is wrong with it.
  'rejects with nothing': { checkMany: () => Promise.reject(undefined) },
  'gives undefined': answering(undefined),
  'gives true': answering(true),
  'gives no decisions': answering([]),
  'gives an empty decision': answering([{}]),
  'gives a decision that is a text': answering(['allowed']),
  'says yes for a reason that means no': answering([{ ...yes(), reason: 'ROLE_NOT_IN_SET' }]),
  'says yes in another type': answering([{ ...yes(), allowed: 1 }]),
  'says no for the reason that means yes': answering([{ ...yes(), allowed: false }]),
  'gives no revision': answering([{ ...yes(), revision: undefined }]),
  'gives more decisions than questions': answering([yes(), yes()]),
  'has garbage in its cache': { checkManyCached: () => [{ allowed: true }] as unknown as Decision[] },
  'has a promise in its cache': { checkManyCached: () => never as unknown as Decision[] },
}

function yes() {
  return { allowed: true, reason: 'ROLE_IN_SET', roleSet: 'role_set:free', revision: 'epoch:1', source: 'sidecar' }
}

function answering(value: unknown): Partial<RoleSets> {
  return { checkMany: () => Promise.resolve(value as readonly Decision[]) }
}

/** Of the form that the client's errors have. */
export function clientError(code: string): Error {
  return Object.assign(new Error(`the client says ${code}`), { code })
}
