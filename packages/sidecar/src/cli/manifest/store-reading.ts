/**
 * Reads what a file can say about a store, as it is at one revision. The calls answer one page each, each at its own revision.
 * So the feed is asked afterwards what was committed in between: if it changed nothing of what was read, all of it is the state
 * at the last revision. Otherwise the caller reads again.
 */

import {
  isRoleSetsError,
  RoleSetsError,
  type AdminOptions,
  type ChangeField,
  type ChangeSet,
  type Organization,
  type RoleSetsClient,
  type Scope,
  type ScopeDefault,
} from '@rolesets/client'
import { compareRevisions, counted, sortByKey } from '@rolesets/core'
import { pagesOf } from '../run/pages.ts'
import type { ReportProgress } from '../run/progress.ts'
import {
  describeOrganization,
  describePermission,
  describeRole,
  describeRoleSet,
  describeScopeDefault,
  describeScopeKind,
  type Described,
} from './described.ts'

interface ReadingOptions {
  readonly limits: AdminOptions
  readonly withOrganizations: boolean
  readonly report: ReportProgress
}

type Page<Items> = Items & { readonly nextPageToken: string; readonly revision: string }
type Asked = { readonly pageSize: number; readonly pageToken?: string }

/** What of a file a change can concern. Members and settings are in no file. */
const concerns: { readonly [Field in ChangeField]: 'catalogue' | 'organizations' | 'nothing' } = {
  permissionPut: 'catalogue',
  permissionDeleted: 'catalogue',
  rolePut: 'catalogue',
  roleDeleted: 'catalogue',
  roleSetPut: 'catalogue',
  roleSetDeleted: 'catalogue',
  organizationPut: 'organizations',
  organizationDeleted: 'organizations',
  organizationsMoved: 'organizations',
  assignmentPut: 'organizations',
  assignmentDeleted: 'organizations',
  scopeKindPut: 'catalogue',
  scopeKindDeleted: 'catalogue',
  scopeDefaultPut: 'catalogue',
  scopeDefaultDeleted: 'catalogue',
  scopeRenamed: 'nothing',
  membersReassigned: 'nothing',
  membershipPut: 'nothing',
  membershipDeleted: 'nothing',
  invitationPut: 'nothing',
  accessKeyPut: 'nothing',
  settingsPut: 'nothing',
  historyCompacted: 'nothing',
}

const scopeListsAtOnce = 16

export class StoreReading {
  readonly #client: RoleSetsClient
  readonly #options: ReadingOptions
  #first: string | undefined
  #last: string | undefined
  #count = 0

  constructor(client: RoleSetsClient, options: ReadingOptions) {
    this.#client = client
    this.#options = options
  }

  /** In the order of a file: what refers to others comes after them. The same state gives the same order. */
  async *things(): AsyncGenerator<Described, void, undefined> {
    const { admin } = this.#client
    const { limits, withOrganizations } = this.#options
    const permissions = await this.#all(
      (page) => admin.listPermissions(page, limits),
      ({ permissions: items }) => items,
    )
    const roles = await this.#all(
      (page) => admin.listRoles(page, limits),
      ({ roles: items }) => items,
    )
    const roleSets = await this.#all(
      (page) => admin.listRoleSets(page, limits),
      ({ roleSets: items }) => items,
    )
    // System permissions are in every store, and can't be changed.
    yield* sortByKey(permissions.filter(({ type }) => type === 'CUSTOM')).map(describePermission)
    yield* sortByKey(roles).map(describeRole)
    yield* sortByKey(roleSets).map(describeRoleSet)
    const scopeDefaults: ScopeDefault[] = []
    const scopeKinds = await this.#all(
      (page) => admin.listScopeKinds(page, limits).catch((error: unknown) => withoutScopes(error, this.#first)),
      (answer) => {
        // The first page has all of them.
        scopeDefaults.push(...answer.scopeDefaults)
        return answer.scopeKinds
      },
    )
    yield* scopeKinds.map(describeScopeKind)
    yield* scopeDefaults.map(describeScopeDefault)
    if (!withOrganizations) return
    const pages = this.#pages(
      (page) => admin.listOrganizations(page, limits),
      ({ organizations: items }) => items,
    )
    for await (const organizations of pages) {
      if (scopeKinds.length === 0) yield* organizations.map((organization) => describeOrganization(organization))
      else yield* this.#withScopes(organizations)
    }
  }

  /** Organizations have their scopes in lists of their own: some are asked for at the same time. */
  async *#withScopes(organizations: readonly Organization[]): AsyncGenerator<Described, void, undefined> {
    for (let from = 0; from < organizations.length; from += scopeListsAtOnce) {
      const some = organizations.slice(from, from + scopeListsAtOnce)
      yield* await Promise.all(some.map(async (each) => describeOrganization(each, await this.#scopesOf(each.id))))
    }
  }

  #scopesOf(organizationId: string): Promise<readonly Scope[]> {
    return this.#all(
      (page) => this.#client.admin.listScopes({ ...page, organizationId }, this.#options.limits),
      ({ scopes }) => scopes,
    )
  }

  /** Whether all things were read as they are at one revision. */
  async isOfOneRevision(): Promise<boolean> {
    const [first, last] = [this.#first, this.#last]
    if (first === undefined || last === undefined || first === last) return true
    const { signal, deadlineMs = 10_000 } = this.#options.limits
    const ends = [AbortSignal.timeout(deadlineMs), ...(signal === undefined ? [] : [signal])]
    try {
      for await (const changeSet of this.#client.watch({ after: first, signal: AbortSignal.any(ends) })) {
        if (this.#concerns(changeSet)) return false
        if (changeSet.revision === last) return true
      }
    } catch (error) {
      if (!isRoleSetsError(error) || error.code !== 'cursor_compacted') throw error
    }
    if (signal?.aborted) throw new RoleSetsError('aborted', 'The export was interrupted.')
    return false
  }

  #concerns({ changes }: ChangeSet): boolean {
    return changes.some((change) =>
      Object.keys(change).some((field) => {
        const what = concerns[field as ChangeField]
        return what === 'catalogue' || (what === 'organizations' && this.#options.withOrganizations)
      }),
    )
  }

  async #all<Answer, Item>(
    ask: (page: Asked) => Promise<Page<Answer>>,
    itemsOf: (answer: Answer) => readonly Item[],
  ): Promise<readonly Item[]> {
    const all: Item[] = []
    for await (const items of this.#pages(ask, itemsOf)) all.push(...items)
    return all
  }

  #pages<Answer, Item>(ask: (page: Asked) => Promise<Page<Answer>>, itemsOf: (answer: Answer) => readonly Item[]) {
    return pagesOf(async (page) => {
      const answer = await ask(page)
      const items = itemsOf(answer)
      this.#first ??= answer.revision
      if (isLater(answer.revision, this.#last)) this.#last = answer.revision
      this.#count += items.length
      this.#options.report(`${counted(this.#count, 'thing')} read`)
      return { items, nextPageToken: answer.nextPageToken }
    })
  }
}

/** Answers of calls at the same time come in any order. What can't be compared shows at the end, as a change. */
function isLater(revision: string, last: string | undefined): boolean {
  return last === undefined || (compareRevisions(revision, last) ?? 1) > 0
}

/** An older sidecar has no scopes. */
function withoutScopes(error: unknown, revision: string | undefined) {
  if (!isRoleSetsError(error) || error.code !== 'unimplemented' || revision === undefined) throw error
  return { scopeKinds: [], scopeDefaults: [], nextPageToken: '', revision }
}
