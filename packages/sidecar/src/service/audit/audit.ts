/** What was changed, by which actor and when; and why a role could or could not be granted at a given time. */

import { type Catalogue, type Change, type Reason, type SealedChangeSet, editOf } from '@rolesets/core'
import { invalid, parseRef } from '../../domain/fields.ts'
import { parseOrganizationId } from '../../domain/questions.ts'
import type { HistoryQuery, Reader } from '../../storage/store.ts'
import { viewChangeSets, type AuditedChangeSetView } from './views.ts'
import type { PageCall, PageOf, ReadCall } from '../operations/call.ts'
import { explainAt, type Explained } from './explain.ts'
import type { OperationOptions, Operations } from '../operations/operation.ts'
import { NotKept } from './past.ts'

/** All that is given must hold; empty and 0 are the same as not given. */
export interface ChangesFilter {
  /** Key or id of a permission, role or role set, id of an organization, user, membership or invitation, name or id of a key. */
  readonly thing?: string | undefined
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
  /** Key or id; a key that it had at that time will do. */
  readonly role: string
  /** Unix milliseconds; 0 or undefined: now. */
  readonly atMs?: number | undefined
}

export interface Explanation {
  readonly allowed: boolean
  readonly reason: Reason
  /** Key that the set had at that time; empty: the organization was unknown and those are denied. */
  readonly roleSet: string
  /** Of that time, `<epoch>:<number>`. */
  readonly revision: string
  /** The write that made the answer what it is; undefined: it was so before the history that is kept. */
  readonly because: AuditedChangeSetView | undefined
  /** The answer in a sentence. */
  readonly explanation: string
  /** Whether the store had the organization at that time. */
  readonly organizationRegistered: boolean
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
      const role = parseRef(unparsed.role, 'role')
      const atMs = unparsed.atMs ? parseTime(unparsed.atMs, 'at_ms') : undefined
      const { value } = await operations.find(call, async (reader, catalogue) => {
        const revision = atMs === undefined ? reader.revision : await revisionAt(reader, atMs)
        const question = { organizationId, role, revision, unknownOrganizations }
        const explained = await explainAt(reader, catalogue, question).catch((error: unknown) => {
          if (!(error instanceof NotKept)) throw error
          throw invalid('at_ms', `can't be answered. ${error.message}. Ask about a later time.`)
        })
        const reasons = explained.because ? [explained.because] : []
        const [because] = await viewChangeSets(reasons, { reader, catalogue }, store.lineage)
        const { allowed, reason, roleSet, isRegistered: organizationRegistered } = explained
        return {
          ...{ allowed, reason, roleSet: roleSet?.key ?? '', because, organizationRegistered },
          revision: store.lineage.textOf(revision),
          explanation: sentence({ organizationId, role }, explained),
        }
      })
      return value
    },
  }
}

function parseFilter({ actor, operation, fromMs, toMs }: ChangesFilter): HistoryQuery {
  return {
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

function sentence({ organizationId, role }: { organizationId: string; role: string }, explained: Explained): string {
  const { allowed, because } = explained
  const since =
    because === undefined
      ? 'in the whole stored history'
      : `since ${timeText(because.committedAt)}, by ${because.operation} of ${because.actor} (revision ${because.revision})`
  return `${allowed ? 'Yes' : 'No'}: ${reasonText({ organizationId, role }, explained)}, ${since}.`
}

function reasonText(question: { organizationId: string; role: string }, explained: Explained): string {
  const { organizationId, role } = question
  const { reason, roleSet, isRegistered, wasDeleted } = explained
  if (wasDeleted) return `${organizationId} was deleted`
  const set = isRegistered
    ? `${roleSet?.key}, the role set of ${organizationId}`
    : `${roleSet?.key}, the initial role set, which holds for ${organizationId} because it isn't registered`
  if (reason === 'ROLE_IN_SET') return `${role} is in ${set}`
  if (reason === 'ROLE_NOT_IN_SET') return `${role} is not in ${set}`
  if (reason === 'ROLE_UNKNOWN') return `there is no role ${role}`
  return `${organizationId} is not known, and unknown organizations are denied`
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
