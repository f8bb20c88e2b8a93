/** What was changed, by which actor and when; and why a role could or could not be granted at a given time. */

import {
  type Catalogue,
  type Change,
  type PlaceOrigin,
  type Reason,
  type SealedChangeSet,
  editOf,
} from '@rolesets/core'
import { invalid, parseRef } from '../../domain/fields.ts'
import { parseOrganizationId } from '../../domain/questions.ts'
import { parseScopeOrWhole } from '../../domain/scopes.ts'
import type { HistoryQuery, Reader } from '../../storage/store.ts'
import { viewChangeSets, type AuditedChangeSetView } from './views.ts'
import type { PageCall, PageOf, ReadCall } from '../operations/call.ts'
import { explainAt } from './explain.ts'
import { explanationOf, timeText } from './explanation.ts'
import type { OperationOptions, Operations } from '../operations/operation.ts'
import { NotKept } from './past.ts'

/** All that is given must hold; empty and 0 are the same as not given. */
export interface ChangesFilter {
  /** Key or id of a permission, role or role set, id of an organization, user, membership or invitation, name or id of a key. */
  readonly thing?: string | undefined
  /** `<kind>:<name>`: what is of a scope: its role set, name, default, members and invitations. With a thing: of both. */
  readonly scope?: string | undefined
  readonly actor?: string | undefined
  /** For example `ReplaceRole`. */
  readonly operation?: string | undefined
  /** Unix milliseconds; from this moment on. */
  readonly fromMs?: number | undefined
  /** Unix milliseconds; before this moment. */
  readonly toMs?: number | undefined
  readonly oldestFirst?: boolean | undefined
}

export interface ChangesPage extends PageOf<AuditedChangeSetView> {
  /** `<epoch>:<number>` of the oldest change set that is kept. */
  readonly oldestRevision: string
}

export interface ExplainQuestion {
  readonly organizationId: string
  /** Empty or not given: the organization as a whole. */
  readonly scope?: string | undefined
  /** Key or id; a key that it had at that time will do. */
  readonly role: string
  /** Unix milliseconds; 0 or undefined: now. */
  readonly atMs?: number | undefined
}

export interface Explanation {
  readonly allowed: boolean
  readonly reason: Reason
  /** Key that the set had at that time; empty: the organization was unknown and those are denied, or a scope had no set. */
  readonly roleSet: string
  /** Of that time, `<epoch>:<number>`. */
  readonly revision: string
  /** The write that made the answer what it is; undefined: it was so before the history that is kept. */
  readonly because: AuditedChangeSetView | undefined
  /** The answer in a sentence. */
  readonly explanation: string
  /** Whether the store had the organization at that time. */
  readonly organizationRegistered: boolean
  /** Of a scope: why it had that role set; undefined: it had none. */
  readonly origin?: PlaceOrigin | undefined
  /** Of a scope: the write that gave it that role set, or left it without one; undefined: as of `because`. */
  readonly placeBecause?: AuditedChangeSetView | undefined
}

type AuditOptions = Pick<OperationOptions, 'store' | 'unknownOrganizations'>

/** Of JavaScript's dates. */
const timeMsMax = 8_640_000_000_000_000

export function createAudit(operations: Operations, { store, unknownOrganizations }: AuditOptions) {
  return {
    /** @throws Refusal for a page or a time that can't be */
    listChanges: async (filter: ChangesFilter, call: PageCall): Promise<ChangesPage> => {
      const query = parseFilter(filter)
      let oldest = 0
      const page = await operations.list(
        {
          read: async ({ reader, catalogue }, { size, after }) => {
            oldest = (await reader.historyAnchor()).revision + 1
            const subject = filter.thing ? await subjectOf(filter.thing, reader, catalogue) : undefined
            const place = { size, after: after === undefined ? undefined : parseCursor(after) }
            return reader.history({ ...query, subject }, { ...place, oldestFirst: filter.oldestFirst === true })
          },
          viewPage: (changeSets: readonly SealedChangeSet[], scope) => viewChangeSets(changeSets, scope, store.lineage),
          cursorOf: ({ revision }) => String(revision),
        },
        undefined,
        call,
      )
      return { ...page, oldestRevision: store.lineage.textOf(oldest) }
    },

    /** @throws Refusal `invalid_field` at `at_ms` when the kept history doesn't reach back to this time */
    explain: async (unparsed: ExplainQuestion, call: ReadCall): Promise<Explanation> => {
      const organizationId = parseOrganizationId(unparsed.organizationId, 'organization_id')
      const scope = parseScopeOrWhole(unparsed.scope)
      const role = parseRef(unparsed.role, 'role')
      const atMs = unparsed.atMs ? parseTime(unparsed.atMs, 'at_ms') : undefined
      const { value } = await operations.find(call, async (reader, catalogue) => {
        const revision = atMs === undefined ? reader.revision : await revisionAt(reader, atMs)
        const question = { organizationId, scope, role, revision, unknownOrganizations }
        const explained = await explainAt(reader, catalogue, question).catch((error: unknown) => {
          if (!(error instanceof NotKept)) throw error
          throw invalid('at_ms', `can't be answered. ${error.message}. Ask about a later time.`)
        })
        const view = async (changeSet: SealedChangeSet | undefined) =>
          changeSet && (await viewChangeSets([changeSet], { reader, catalogue }, store.lineage))[0]
        const { allowed, reason, roleSet, origin, isRegistered: organizationRegistered } = explained
        return {
          ...{ allowed, reason, roleSet: roleSet?.key ?? '', organizationRegistered },
          because: await view(explained.because),
          revision: store.lineage.textOf(revision),
          explanation: explanationOf({ organizationId, scope, role }, explained),
          ...(scope !== '' && { origin, placeBecause: await view(explained.placeBecause) }),
        }
      })
      return value
    },
  }
}

function parseFilter({ scope, actor, operation, fromMs, toMs }: ChangesFilter): HistoryQuery {
  return {
    ...(scope ? { scope: parseScopeOrWhole(scope) } : {}),
    ...(actor ? { actor } : {}),
    ...(operation ? { operation } : {}),
    ...(fromMs ? { from: parseTime(fromMs, 'from_ms') } : {}),
    ...(toMs ? { to: parseTime(toMs, 'to_ms') } : {}),
  }
}

function parseTime(value: number, field: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= timeMsMax) return value
  throw invalid(field, 'must be a time in Unix milliseconds.')
}

function parseCursor(cursor: string): number {
  if (/^[0-9]{1,15}$/.test(cursor)) return Number(cursor)
  throw invalid('page_token', 'is of another list. Use the next_page_token of the page before.')
}

/**
 * What a change set about the thing is found by. A key or a name is first that of a thing that is there; an id can look
 * like the name of an access key, and is then taken for the id, because the access key has an id, too.
 */
async function subjectOf(thing: string, reader: Reader, catalogue: Catalogue): Promise<string> {
  const { permissions, roles, roleSets } = catalogue
  const present = permissions.find(thing) ?? roles.find(thing) ?? roleSets.find(thing)
  if (present !== undefined) return present.id
  const [newest] = await reader.history({ subject: thing }, { size: 1 })
  if (newest !== undefined) return newest.changes.flatMap((change) => idOfKeyed(change, thing) ?? []).at(-1) ?? thing
  return (await reader.accessKeys()).find(({ name }) => name === thing)?.id ?? thing
}

/** The id of the thing that had the key before or after a change. */
function idOfKeyed(change: Change, key: string): string | undefined {
  const { before, after } = editOf(change, 'permission') ?? editOf(change, 'role') ?? editOf(change, 'role_set') ?? {}
  return [after, before].find((thing) => thing?.key === key)?.id
}

/** The number of the last write that was committed up to a time. */
async function revisionAt(reader: Reader, atMs: number): Promise<number> {
  const [last] = await reader.history({ to: atMs + 1 }, { size: 1 })
  if (last !== undefined) return last.revision
  const [oldest] = await reader.history({}, { size: 1, oldestFirst: true })
  const begin = oldest === undefined ? 'now' : timeText(oldest.committedAt)
  throw invalid('at_ms', `is ${timeText(atMs)}, before the stored history begins (${begin}). Use a later time.`)
}
