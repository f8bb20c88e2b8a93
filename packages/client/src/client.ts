/**
 * The client: it connects the cache, the feed and the calls to the sidecar, and has the methods that applications use.
 */

import { mayFollow } from '@rolesets/core'
import { createAdministration } from './administration/administration.ts'
import { openBackup, type BackupOptions } from './administration/backup.ts'
import type { Administration } from './administration/calls.ts'
import * as parse from './arguments.ts'
import type { AskOptions } from './arguments.ts'
import { Asking } from './cache/asking.ts'
import { cacheSink } from './cache/cache-sink.ts'
import { Cache } from './cache/cache.ts'
import { CachedDecisions } from './cache/cached-decisions.ts'
import { CachedMembers } from './cache/cached-members.ts'
import type { AvailableRoles, CachedQuestion, Decision, Question } from './cache/decision.ts'
import { Freshness } from './cache/freshness.ts'
import { Lookups } from './cache/lookups.ts'
import { MemberCache } from './cache/member-cache.ts'
import type { MemberCheck, MemberDecision, MemberRoles } from './cache/member-decision.ts'
import { Conditions } from './conditions.ts'
import { isRoleSetsError, RoleSetsError } from './errors.ts'
import type { ChangeSet } from './feed/changes.ts'
import { Follower } from './feed/follower.ts'
import type { ClientEvent } from './feed/machine.ts'
import { watchChangeSets, type WatchOptions } from './feed/watch.ts'
import * as parseOf from './member-arguments.ts'
import type { MemberCheckOptions, MemberRolesOptions } from './member-arguments.ts'
import { parseOptions, type ParsedOptions, type RoleSetsClientOptions } from './options.ts'
import { notReadyError } from './readiness.ts'
import { closedError, Waiting } from './waiting.ts'
import { createCalls } from './wire/calls.ts'
import { openGrpcTransport } from './wire/grpc-transport.ts'
import type { Transport } from './wire/transport.ts'

const readyTimeoutMsDefault = 10_000

export interface ReadyOptions {
  /** Default 10 000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface Status {
  /** `fresh`: the cache decides. `connecting`: there is none yet. `stale`: it is older than `maxStalenessMs`. */
  readonly state: 'connecting' | 'fresh' | 'stale' | 'closed'
  /** What the feed has delivered, `<epoch>:<number>`. */
  readonly revision: string | undefined
  /** Time since the cache was last known to have everything. */
  readonly ageMs: number | undefined
  /** Questions answered from the cache. */
  readonly hits: number
  /** Questions for which the sidecar was asked. */
  readonly misses: number
  /** Why there is no connection; its `detail` names the cause. Undefined while there is one. */
  readonly error: RoleSetsError | undefined
}

/**
 * Everything throws RoleSetsError. Questions: `invalid_argument`, `unavailable` or `deadline_exceeded` (there is no
 * decision: refuse), `aborted`, `closed`, `revision_of_another_epoch` (forget the revision that was passed in).
 */
export interface RoleSetsClient extends AsyncDisposable {
  /** Settles when the cache is fresh. @throws RoleSetsError `not_ready`; `detail`: `unreachable`, `waiting`, `loading`, `stale` */
  ready(options?: ReadyOptions): Promise<void>
  /** Says whether a role can be given to members of an organization, or of a scope of it. From the cache while it is fresh. */
  check(organizationId: string, role: string, options?: AskOptions): Promise<Decision>
  /**
   * The same at once; undefined when the sidecar must be asked. It allocates nothing. The third argument is a permission, or an
   * object with a scope; where this is always the same, make it once.
   */
  checkCached(organizationId: string, role: string, about?: string | CachedQuestion): Decision | undefined
  /** Up to 10 000 questions, all at one revision. */
  checkMany(
    questions: readonly Question[],
    options?: Omit<AskOptions, 'permission' | 'scope'>,
  ): Promise<readonly Decision[]>
  /** The same at once; undefined unless all can be answered from the cache. */
  checkManyCached(questions: readonly Question[]): readonly Decision[] | undefined
  /**
   * For a role picker. When the sidecar is away, the last known state, with `stale: true`.
   * @throws RoleSetsError also `organization_not_found`, where unknown organizations are denied; `scope_kind_not_found` and
   *   `scope_without_role_set`, where a scope has no role set
   */
  availableRoles(organizationId: string, options?: Omit<AskOptions, 'permission'>): Promise<AvailableRoles>
  /**
   * Says whether a user holds a role now, or a permission through one, whatever a token still says. From the cache while it
   * is fresh; a client without a key isn't told of memberships by the feed, and asks the sidecar each time.
   */
  checkMember(organizationId: string, userId: string, question: MemberCheckOptions): Promise<MemberDecision>
  /** The same at once; undefined when the sidecar must be asked. Allocates nothing. */
  checkMemberCached(organizationId: string, userId: string, question: MemberCheck): MemberDecision | undefined
  /** Everything that a user holds now. */
  memberRoles(organizationId: string, userId: string, options?: MemberRolesOptions): Promise<MemberRoles>
  status(): Status
  /**
   * Every change as it is committed, resumed over broken connections; ends when the signal aborts or the client closes.
   * @throws RoleSetsError `cursor_compacted`, `cursor_in_the_future` or `revision_of_another_epoch`: begin without `after`
   */
  watch(options?: WatchOptions): AsyncIterable<ChangeSet>
  readonly admin: Administration
  /** Everything that waits is rejected with `closed`. Can be called twice. */
  close(): Promise<void>
}

/**
 * Connects in the background, at once and for as long as the client is open; `ready()` settles when the cache is there.
 * @throws RoleSetsError `invalid_argument`
 */
export function createRoleSetsClient(options: RoleSetsClientOptions): RoleSetsClient {
  return new Client(parseOptions(options))
}

class Client implements RoleSetsClient {
  readonly admin: Administration
  readonly #options: ParsedOptions
  readonly #transport: Transport
  readonly #waiting: Waiting
  readonly #cache: Cache
  readonly #freshness: Freshness
  readonly #follower: Follower
  readonly #asking: Asking
  readonly #decisions: CachedDecisions
  readonly #members: CachedMembers
  /** Aborted when the client closes: it ends the watches. */
  readonly #closing = new AbortController()
  /** Whether the cache has become fresh. */
  readonly #conditions = new Conditions()
  readonly #close = () => void this.close()

  constructor(options: ParsedOptions) {
    const { clock, random, onEvent, connection } = options
    this.#options = options
    // Without a transport there is a connection: the options were parsed so.
    this.#transport = options.transport ?? openGrpcTransport(connection as NonNullable<typeof connection>)
    const transport = this.#transport
    const waiting = (this.#waiting = new Waiting(clock))
    const cache = (this.#cache = new Cache(options.organizationsMax))
    const freshness = (this.#freshness = new Freshness(options.maxStalenessMs))
    const calls = createCalls(transport, waiting, clock)
    const onChange = () => this.#conditions.changed()
    const members = new MemberCache(cache, options.membersMax)
    const sink = cacheSink({ cache, members, freshness, clock })
    const hear = (event: ClientEvent) => {
      // What the cache has is of no use for a decision until the snapshot has come.
      if (event.type === 'started_over') freshness.forget()
      // The history has another revision there, or ends before: nothing was seen of what it has now.
      if (event.type === 'started_over' && event.error.code === 'revision_of_another_epoch') cache.forgetFloor()
      onEvent(event)
    }
    const follower = (this.#follower = new Follower({ transport, clock, sink, random, onEvent: hear, onChange }))
    const onAnotherEpoch = (error: RoleSetsError) => follower.startOver(error)
    const asking = (this.#asking = new Asking({ calls, cache, freshness, clock, onAnotherEpoch }))
    this.#decisions = new CachedDecisions({ asking, lookups: new Lookups(waiting, clock), cache })
    this.#members = new CachedMembers({ asking, lookups: new Lookups(waiting, clock), cache, members })
    const backup = (options?: BackupOptions) => openBackup({ transport, waiting }, options)
    this.admin = createAdministration({ calls, beginWrite: () => this.#beginWrite(), backup })
    options.signal?.addEventListener('abort', this.#close, { once: true })
    if (options.signal?.aborted) this.#close()
  }

  async ready(options: ReadyOptions = {}): Promise<void> {
    const { timeoutMs, signal } = parse.parseObject(options, 'options') as ReadyOptions
    const deadlineMs = parse.parseDurationMs(timeoutMs ?? readyTimeoutMsDefault, 'timeoutMs')
    const limits = { deadlineMs, signal: parse.parseSignal(signal) }
    try {
      const isFresh = () => this.#freshness.isFresh(this.#options.clock.nowMs())
      await this.#waiting.bounded((ended) => this.#conditions.until(isFresh, ended), limits)
    } catch (error) {
      if (!isRoleSetsError(error) || error.code !== 'deadline_exceeded') throw error
      const isLoaded = this.#cache.catalogue !== undefined
      throw notReadyError(this.#follower.state, { timeoutMs: deadlineMs, isLoaded })
    }
  }

  async check(organizationId: string, role: string, options?: AskOptions): Promise<Decision> {
    const parsed = parse.parseAskOptions(options, this.#options.deadlineMs)
    const { permission, scope } = parsed
    const question = parse.parseQuestion({ organizationId, role, permission, scope }, '')
    return this.#decisions.fromCache(question, parsed.atLeast) ?? this.#decisions.check(question, parsed)
  }

  checkCached(organizationId: string, role: string, about?: string | CachedQuestion): Decision | undefined {
    if (typeof about === 'object') parse.parseObject(about, 'about')
    return this.#decisions.remembered(organizationId, role, about) ?? this.#fromCache(organizationId, role, about)
  }

  #fromCache(organizationId: string, role: string, about: string | CachedQuestion | undefined): Decision | undefined {
    const { permission, scope } = typeof about === 'object' ? about : { permission: about }
    return this.#decisions.fromCache(parse.parseQuestion({ organizationId, role, permission, scope }, ''))
  }

  async checkMany(
    questions: readonly Question[],
    options?: Omit<AskOptions, 'permission' | 'scope'>,
  ): Promise<readonly Decision[]> {
    const parsed = parse.parseAskOptions(options, this.#options.deadlineMs)
    const asked = parse.parseQuestions(questions)
    return this.#decisions.manyFromCache(asked, parsed.atLeast) ?? this.#decisions.checkMany(asked, parsed)
  }

  checkManyCached(questions: readonly Question[]): readonly Decision[] | undefined {
    return this.#decisions.manyFromCache(parse.parseQuestions(questions))
  }

  async availableRoles(organizationId: string, options?: Omit<AskOptions, 'permission'>): Promise<AvailableRoles> {
    const parsed = parse.parseAskOptions(options, this.#options.deadlineMs)
    const place = { organizationId: parse.parseName(organizationId, 'organizationId'), scope: parsed.scope ?? '' }
    return this.#decisions.rolesFromCache(place, parsed.atLeast) ?? this.#decisions.availableRoles(place, parsed)
  }

  async checkMember(organizationId: string, userId: string, question: MemberCheckOptions): Promise<MemberDecision> {
    const check = parseOf.parseMemberCheck(question)
    const member = parseOf.parseMember(organizationId, userId, question.scope)
    const options = parseOf.parseMemberOptions(question, this.#options.deadlineMs)
    return this.#members.fromCache(member, check, options.atLeast) ?? this.#members.check(member, check, options)
  }

  checkMemberCached(organizationId: string, userId: string, question: MemberCheck): MemberDecision | undefined {
    return (
      this.#members.remembered(organizationId, userId, question) ??
      this.#members.fromCache(
        parseOf.parseMember(organizationId, userId, (question as MemberCheck | null | undefined)?.scope),
        parseOf.parseMemberCheck(question),
      )
    )
  }

  async memberRoles(organizationId: string, userId: string, options?: MemberRolesOptions): Promise<MemberRoles> {
    const parsed = parseOf.parseMemberOptions(options, this.#options.deadlineMs)
    const member = parseOf.parseMember(organizationId, userId, options?.scope)
    const reach = parseOf.parseReach(options?.reach)
    return this.#members.rolesFromCache(member, reach, parsed.atLeast) ?? this.#members.roles(member, reach, parsed)
  }

  status(): Status {
    const { hits, misses } = this.#asking
    const nowMs = this.#options.clock.nowMs()
    const revision = this.#cache.catalogue?.revision
    const { isConnected, lastError } = this.#follower.state
    const error = isConnected || this.#waiting.isClosed ? undefined : lastError
    return { state: this.#state(nowMs), revision, ageMs: this.#freshness.ageMs(nowMs), hits, misses, error }
  }

  watch(options: WatchOptions = {}): AsyncIterable<ChangeSet> {
    const { after, signal } = parse.parseObject(options, 'options') as WatchOptions
    const cursor = after === undefined ? undefined : parse.parseRevisionArgument(after, 'after')
    const ends = [this.#closing.signal, parse.parseSignal(signal)].filter((each) => each !== undefined)
    if (this.#waiting.isClosed) throw closedError()
    const { clock, random } = this.#options
    const source = { transport: this.#transport, clock, random, after: cursor }
    return watchChangeSets({ ...source, signal: AbortSignal.any(ends) })
  }

  async close(): Promise<void> {
    if (!this.#waiting.isClosed) {
      this.#options.signal?.removeEventListener('abort', this.#close)
      this.#freshness.forget()
      this.#waiting.close()
      void this.#follower.close()
      this.#closing.abort()
      this.#transport.close()
    }
    await this.#follower.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #state(nowMs: number): Status['state'] {
    if (this.#waiting.isClosed) return 'closed'
    if (this.#freshness.isFresh(nowMs)) return 'fresh'
    return this.#cache.catalogue === undefined ? 'connecting' : 'stale'
  }

  /** After a write, nothing is answered from before it. */
  #beginWrite(): (revision: string) => void {
    const epochBefore = this.#cache.catalogue?.epoch
    return (revision) => {
      this.#cache.raiseFloor(revision, epochBefore)
      const { catalogue, floor } = this.#cache
      // On a later timeline of the same store, the feed is about to deliver it.
      if (catalogue === undefined || floor === undefined || mayFollow(floor, catalogue)) return
      const message = `The store was restored: it is at ${revision}, and the cache is of epoch ${catalogue.epoch}.`
      this.#follower.startOver(new RoleSetsError('revision_of_another_epoch', message))
    }
  }
}
