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
  type RoleSetsClient,
} from '@rolesets/client'
import { counted, sortByKey } from '@rolesets/core'
import { pagesOf } from '../run/pages.ts'
import type { ReportProgress } from '../run/progress.ts'
import { describeOrganization, describePermission, describeRole, describeRoleSet, type Described } from './described.ts'

interface ReadingOptions {
  readonly limits: AdminOptions
  readonly withOrganizations: boolean
  readonly report: ReportProgress
}

type Page<Items> = Items & { readonly nextPageToken: string; readonly revision: string }
type Asked = { readonly pageSize: number; readonly pageToken?: string }

/** What of a file a change can concern. Members, parts of organizations and settings are in no file. */
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
  assignmentPut: 'nothing',
  assignmentDeleted: 'nothing',
  scopeKindPut: 'nothing',
  scopeKindDeleted: 'nothing',
  scopeDefaultPut: 'nothing',
  scopeDefaultDeleted: 'nothing',
  scopeRenamed: 'nothing',
  membersReassigned: 'nothing',
  membershipPut: 'nothing',
  membershipDeleted: 'nothing',
  invitationPut: 'nothing',
  accessKeyPut: 'nothing',
  settingsPut: 'nothing',
  historyCompacted: 'nothing',
}

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
    if (!withOrganizations) return
    const pages = this.#pages(
      (page) => admin.listOrganizations(page, limits),
      ({ organizations: items }) => items,
    )
    for await (const organizations of pages) yield* organizations.map(describeOrganization)
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
      this.#last = answer.revision
      this.#count += items.length
      this.#options.report(`${counted(this.#count, 'thing')} read`)
      return { items, nextPageToken: answer.nextPageToken }
    })
  }
}
