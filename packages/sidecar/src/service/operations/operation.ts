/**
 * How every operation of the administration uses the storage: a write is one work of the one writer, decided by a rule and
 * recorded at once; a read sees one committed state. The files of the nouns only say which facts a rule needs.
 */

import {
  type Catalogue,
  type Change,
  limits,
  onBehalf,
  type Place,
  type RefusalCode,
  type UnknownOrganizations,
} from '@rolesets/core'
import { noImpact, type Context, type Decided, type IdPrefix, type Impact } from '../../domain/decided.ts'
import { administratorNeeded } from '../../domain/administrators.ts'
import { checkUnchanged } from '../../domain/precondition.ts'
import { Refusal } from '../../domain/refusal.ts'
import type { At, Foreseen, Page, Reader, Store, Writer } from '../../storage/store.ts'
import { decideOnBehalf, foreseenWith, onBehalfOf, type OnBehalf } from './acting.ts'
import type { Found, PageCall, PageOf, ReadCall, WriteCall, Written } from './call.ts'
import type { ReadModel } from '../decisions/read-model.ts'
import { createCheckWritable, type CheckWritable, type ReadOnly } from './read-only.ts'
import { Recording } from './recording.ts'
import { createTurnsOfReaders } from './turns-of-readers.ts'
import { viewImpact } from '../views.ts'
import { parseOwnRevision } from '../own-revision.ts'

export interface OperationOptions {
  readonly store: Store
  readonly unknownOrganizations: UnknownOrganizations
  readonly now: () => number
  readonly newId: (prefix: IdPrefix) => string
  /** Default: every write is taken. */
  readonly readOnly?: ReadOnly | undefined
}

/** What a command is given besides its input. */
export interface WriteScope {
  readonly writer: Writer
  readonly catalogue: Catalogue
  readonly context: Context
  /** Refuses if the thing has changed since the caller's expected revision. The rule decides about a missing thing. */
  readonly expectUnchanged: (thing: { readonly id: string; readonly revision: number } | undefined) => void
  /** The key of the caller may only read, so that a dry run must not be a load. */
  readonly isForReadKey: boolean
  /** For a command of several steps: records what a step decided, so that the next one sees it. */
  readonly record: (changes: readonly Change[]) => Promise<void>
}

/** A thing that the caller's expected revision is compared with. */
type Versioned = Parameters<WriteScope['expectUnchanged']>[0]

/** What differs from one kind of write to another. */
interface Ruling<I, T> {
  /** The single things that `decide` reads, as far as the input names them. */
  readonly foresee?: (input: I) => Foreseen
  /** Reads the facts and asks the rule. May run twice, so it has no effects of its own. */
  readonly decide: (scope: WriteScope, input: I) => Promise<Decided<T>> | Decided<T>
  /**
   * The place in which it gives roles or takes them away, for a write that can be made on behalf of a user (rule 18). What its
   * changes give is judged. Undefined: a call that names such a user is refused.
   */
  readonly actsIn?: (input: I) => Place
  /** The same, where only what is written to knows its place. Undefined: as the input says. */
  readonly actsInFound?: (reader: Reader, input: I) => Promise<Place>
  readonly deletes?: boolean
}

/** One kind of write: which facts its rule needs, and how its answer looks. */
export interface Command<I, T, V> extends Ruling<I, T> {
  /** The name of the RPC. */
  readonly operation: string
  /**
   * @param catalogue as it is after the write; for a deletion, as it was before
   * @param now the time of the write
   */
  readonly view: (value: T, catalogue: Catalogue, now: number) => V
}

export interface ListScope<I> {
  readonly reader: Reader
  readonly catalogue: Catalogue
  /** Unix milliseconds. */
  readonly now: number
  readonly input: I
}

/** One kind of list. */
export type List<I, T, V> = Listing<I, T> & (ViewOfOne<T, V> | ViewOfPage<I, T, V>)

interface ViewOfOne<T, V> {
  readonly view: (thing: T, catalogue: Catalogue, now: number) => V
}

/** For things that the catalogue alone doesn't show. */
interface ViewOfPage<I, T, V> {
  readonly viewPage: (things: readonly T[], scope: ListScope<I>) => Promise<readonly V[]>
}

interface Listing<I, T> {
  readonly read: (scope: ListScope<I>, page: Page) => Promise<readonly T[]> | readonly T[]
  /** What the next page begins after. */
  readonly cursorOf: (thing: T) => string
}

export type Operations = ReturnType<typeof createOperations>

/** Commands whose answers look alike. The name of each is that of its RPC, which begins with a capital. */
export function commandsOf<Inputs, T, V>(
  view: Command<never, T, V>['view'],
  rulings: { readonly [Name in keyof Inputs]: Ruling<Inputs[Name], T> },
) {
  const commands = Object.entries<Ruling<never, T>>(rulings).map(([name, ruling]) => {
    const operation = name.charAt(0).toUpperCase() + name.slice(1)
    return [name, { ...ruling, operation, view }]
  })
  // `fromEntries` forgets which name has which type.
  return Object.fromEntries(commands) as { readonly [Name in keyof Inputs]: Command<Inputs[Name], T, V> }
}

/** A rule that needs no more than the catalogue. */
export function catalogueRule<I, T>(
  rule: (catalogue: Catalogue, input: I, context: Context) => Decided<T>,
  thingOf?: (catalogue: Catalogue, input: I) => Versioned,
): Ruling<I, T> {
  return {
    decide: ({ catalogue, context, expectUnchanged }, input) => {
      expectUnchanged(thingOf?.(catalogue, input))
      return rule(catalogue, input, context)
    },
  }
}

/** A rule that needs facts from the store. */
export function factRule<I, F, T>(
  rule: (...given: [catalogue: Catalogue, input: I, facts: F, context: Context]) => Decided<T>,
  factsOf: (scope: WriteScope, input: I) => Promise<F>,
  more: Omit<Ruling<I, T>, 'decide'> = {},
): Ruling<I, T> {
  const decide: Ruling<I, T>['decide'] = async (scope, input) =>
    rule(scope.catalogue, input, await factsOf(scope, input), scope.context)
  return { ...more, decide }
}

/** A list of things that are in memory. */
export function catalogueList<T extends { readonly id: string }, V>(
  thingsOf: (catalogue: Catalogue) => Iterable<T>,
  view: ViewOfOne<T, V>['view'],
): List<void, T, V> {
  return { read: ({ catalogue }, page) => pageOf(thingsOf(catalogue), page), view, cursorOf: ({ id }) => id }
}

export function createOperations(options: OperationOptions, readModel: ReadModel) {
  const { store } = options
  const checkWritable = createCheckWritable(options.readOnly)

  async function read<T>(call: ReadCall, work: (reader: Reader) => Promise<T>): Promise<At<T>> {
    if (call.atLeastRevision) await readModel.reach(call.atLeastRevision, call.signal)
    return store.read(work)
  }

  const revisionText = (number: number) => store.lineage.textOf(number)

  return {
    checkWritable,

    write: createWrite(options, checkWritable),

    find: async <V>(
      call: ReadCall,
      work: (reader: Reader, catalogue: Catalogue, now: number) => Promise<V> | V,
    ): Promise<Found<V>> => {
      const { revision, value } = await read(call, async (reader) =>
        work(reader, await reader.catalogue(), timeAt(reader, options.now())),
      )
      return { value, revision: revisionText(revision) }
    },

    list: async <I, T, V>(list: List<I, T, V>, input: I, call: PageCall): Promise<PageOf<V>> => {
      const size = parsePageSize(call.pageSize)
      const after = call.pageToken === '' ? undefined : parsePageToken(call.pageToken)
      const { revision, value } = await read(call, async (reader) => {
        const catalogue = await reader.catalogue()
        // One more than requested shows whether there is another page.
        const now = timeAt(reader, options.now())
        const scope = { reader, catalogue, now, input }
        const things = await list.read(scope, { size: size + 1, after })
        const page = things.slice(0, size)
        const last = page.at(-1)
        return {
          items:
            'viewPage' in list
              ? await list.viewPage(page, scope)
              : page.map((thing) => list.view(thing, catalogue, now)),
          nextPageToken: things.length > size && last !== undefined ? formatPageToken(list.cursorOf(last)) : '',
        }
      })
      return { ...value, revision: revisionText(revision) }
    },
  }
}

/** The one way in: what is refused here is refused for every API. */
function createWrite(options: OperationOptions, checkWritable: CheckWritable) {
  const { store } = options
  const takeTurn = createTurnsOfReaders()

  async function write<I, T, V>(command: Command<I, T, V>, input: I, call: WriteCall): Promise<Written<V>> {
    const { operation } = command
    const { expectedRevision } = call
    const expected = expectedRevision
      ? parseOwnRevision(store, expectedRevision, 'expected_revision').number
      : undefined
    const { actor, dryRun, signal } = call
    const acting = onBehalfOf(command, input, call)
    const foreseen = foreseenWith(command.foresee?.(input), acting)
    const provenance = { actor, operation, at: options.now(), dryRun, foreseen, signal }
    const expectUnchanged: WriteScope['expectUnchanged'] = (thing) => checkUnchanged(thing, expected)
    const { revision, value } = await store.write(provenance, async (writer) => {
      const before = await writer.catalogue()
      const own = call.onlyRegistered === true ? { ...options, unknownOrganizations: 'deny' as const } : options
      const context = contextOf(own, timeAt(writer, provenance.at), writer.nextRevision)
      const recording = new Recording(writer, context.now)
      const record = (changes: readonly Change[]) => recording.record(changes)
      const isForReadKey = call.isForReadKey === true
      const scope = { writer, catalogue: before, context, expectUnchanged, isForReadKey, record }
      return run(command, input, { ...scope, recording, call, onBehalf: acting }).catch(async (error: unknown) => {
        if (!call.dryRun || !isViolation(error)) throw error
        // What was recorded before the refusal is undone with the rest of the dry run.
        return { thing: undefined, impact: viewImpact(refusedImpact(error), before, await writer.catalogue()) }
      })
    })
    return { value: value.thing, impact: value.impact, revision: store.lineage.textOf(revision) }
  }

  return async <I, T, V>(command: Command<I, T, V>, input: I, call: WriteCall): Promise<Written<V>> => {
    checkWritable(call)
    if (call.isForReadKey !== true) return write(command, input, call)
    if (!call.dryRun) throw new Error('A border let a caller write whose key may only read.')
    return takeTurn(() => write(command, input, call), call.signal)
  }
}

interface Running {
  readonly recording: Recording
  readonly call: WriteCall
  /** The user on whose behalf the call is made, if it names one. */
  readonly onBehalf: OnBehalf | undefined
}

/** Decides, records, and shows what came of it. */
async function run<I, T, V>(
  command: Command<I, T, V>,
  input: I,
  { recording, call, onBehalf: acting, ...scope }: WriteScope & Running,
) {
  const { writer, catalogue: before, context } = scope
  const place = acting && (await command.actsInFound?.(writer, input))
  const user = acting && place ? { ...acting, place } : acting
  const decided = await decideOnBehalf(user, scope, () => command.decide(scope, input))
  await scope.record(acting === undefined ? decided.changes : onBehalf(decided.changes, acting.userId))
  const after = await writer.catalogue()
  const { repeated } = recording
  const impact = {
    ...decided.impact,
    withoutAdministrator: await recording.withoutAdministrator(after),
    ...(repeated.members + repeated.invitations > 0 && { repeated }),
  }
  const isRefused = impact.withoutAdministrator.organizations > 0 && call.allowNoAdministrator !== true
  if (isRefused && before.settings.lastAdministrator === 'refuse')
    throw administratorNeeded(impact, await recording.hasAdministratorForATime(after, impact.withoutAdministrator))
  const thing = command.view(decided.value, command.deletes === true ? before : after, context.now)
  return { thing, impact: viewImpact(impact, before, after) }
}

/** Refusals that a preview throws like any other call: the request is malformed, or the thing has changed. */
const neverViolations: ReadonlySet<RefusalCode> = new Set([
  'invalid_field',
  'limit_exceeded',
  'invalid_revision',
  'revision_conflict',
])

export function isViolation(error: unknown): error is Refusal {
  return error instanceof Refusal && !neverViolations.has(error.code) && !error.code.endsWith('_not_found')
}

function refusedImpact({ code, message, field, facts, impact = noImpact }: Refusal): Impact {
  return { ...impact, violations: [{ code, message, field, facts }, ...impact.violations] }
}

/** Time never runs back behind a write: what was expired for it stays so when the clock is set back. */
export function timeAt({ committedAt }: Pick<Reader, 'committedAt'>, now: number): number {
  return Math.max(now, committedAt)
}

export function contextOf(options: OperationOptions, now: number, revision: number): Context {
  return { now, revision, newId: options.newId, unknownOrganizations: options.unknownOrganizations }
}

/** A page of things that are in memory, ordered by id. */
export function pageOf<T extends { readonly id: string }>(things: Iterable<T>, { size, after }: Page): readonly T[] {
  const ordered = [...things].sort((a, b) => (a.id < b.id ? -1 : 1))
  return (after === undefined ? ordered : ordered.filter(({ id }) => id > after)).slice(0, size)
}

function parsePageSize(size: number): number {
  if (size === 0) return limits.pageSizeDefault
  if (Number.isInteger(size) && size > 0 && size <= limits.pageSizeMax) return size
  const message = `page_size is ${size}. It must be from 1 to ${limits.pageSizeMax}.`
  throw new Refusal('limit_exceeded', message, { field: 'page_size', facts: { limit: String(limits.pageSizeMax) } })
}

/** Opaque to callers, so that what is in it can change. */
function formatPageToken(cursor: string): string {
  return Buffer.from(cursor, 'utf8').toString('base64url')
}

function parsePageToken(token: string): string {
  const cursor = Buffer.from(token, 'base64url').toString('utf8')
  if (cursor !== '' && formatPageToken(cursor) === token) return cursor
  throw new Refusal('invalid_field', 'The page token is invalid. Use the next_page_token of the previous page.', {
    field: 'page_token',
  })
}
