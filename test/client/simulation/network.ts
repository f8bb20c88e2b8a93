/**
 * A sidecar and the network before it, on simulated time: messages of a stream come in order and late, replies come late
 * and in any order, links break with and without a word, and the sidecar restarts, falls behind and comes back.
 */

import {
  RoleSetsError,
  type Transport,
  type UnaryCall,
  type WatchCall,
  type WatchMessage,
  type WatchRequest,
} from '@rolesets/client'
import { ScriptedStream } from '../scripted-transport.ts'
import type { SimulatedClock } from '../simulated-clock.ts'
import {
  answer,
  heldAt,
  memberAnswer,
  type NaiveQuestion,
  type NaiveStore,
  type Reach,
  type State,
} from './naive-store.ts'
import { assignPlan, permissionOf, roleOf, roleSetOf, scopeDefaultOf, scopeKindOf } from './writes.ts'

/** A scope is left out for the organization as a whole. */
type Question = Omit<NaiveQuestion, 'scope'> & { readonly scope?: string }

interface Request extends Question {
  readonly userId: string
  readonly reach?: Reach
  readonly atLeastRevision?: string
  readonly checks: readonly Question[]
  readonly roleSet: string
}

interface ServerStream {
  readonly client: ScriptedStream
  /** Number up to which it was sent. */
  sent: number
  lastArrivalMs: number
  isOver: boolean
}

export interface NetworkOptions {
  readonly clock: SimulatedClock
  readonly store: NaiveStore
  /** From 0 up to 1. */
  readonly random: () => number
  readonly maxStalenessMs: number
}

export class SimulatedNetwork implements Transport {
  readonly #options: NetworkOptions
  readonly #streams = new Set<ServerStream>()
  readonly #waiting = new Set<() => void>()
  /** Settings that were in force, and since when. */
  readonly settings: { readonly deniesUnknown: boolean; readonly sinceMs: number }[]
  /** Every message of the feed takes at least this long. */
  feedDelayMs = 5
  replyDelayMaxMs = 5
  #link: 'open' | 'broken' | 'silent' = 'open'
  #isUp = true
  #losesNext = false
  /** Counts restarts and broken links: what was under way before is lost. */
  #generation = 0
  #epoch: string
  #number: number
  /** Since when the sidecar hears nothing from its authority. */
  #cutOffSinceMs: number | undefined
  /** History before this was compacted. */
  #compactedTo = 0
  readonly #startMs: number
  readonly #clockRate: number

  constructor(options: NetworkOptions) {
    this.#options = options
    this.#epoch = options.store.epoch
    this.#number = options.store.head
    this.#startMs = options.clock.nowMs() - 1e6 * options.random()
    this.#clockRate = 1 + 1e-5 * (options.random() - 0.5)
    this.settings = [{ deniesUnknown: false, sinceMs: 0 }]
    this.#heartbeats()
  }

  get #deniesUnknown(): boolean {
    return this.settings.at(-1)?.deniesUnknown ?? false
  }

  /** What the store has committed gets to the sidecar, unless that is cut off. */
  sync(): void {
    const { store } = this.#options
    if (this.#cutOffSinceMs !== undefined) return
    if (this.#epoch !== store.epoch) {
      this.#epoch = store.epoch
      this.#compactedTo = 0
      this.#endStreams()
    }
    this.#number = store.head
    for (const stream of this.#streams) this.#catchUp(stream)
    for (const look of [...this.#waiting]) look()
  }

  compact(): void {
    this.#compactedTo = this.#number
  }

  cutOff(): void {
    this.#cutOffSinceMs ??= this.#options.clock.nowMs()
  }

  rejoin(): void {
    this.#cutOffSinceMs = undefined
    this.sync()
  }

  /** Another sidecar answers from now on, one that is behind, and knows since when. */
  failOver(behind: number): void {
    this.#endStreams()
    this.#number = Math.max(1, this.#number - behind)
    this.cutOff()
    const behindSinceMs = this.#options.store.currentUntilMs(this.#epoch, this.#number)
    this.#cutOffSinceMs = Math.min(this.#cutOffSinceMs ?? Infinity, behindSinceMs)
  }

  /** The next change set gets lost, and what follows doesn't. */
  loseNext(): void {
    this.#losesNext = true
  }

  goDown(): void {
    this.#isUp = false
    this.#generation++
    this.#endStreams()
  }

  comeUp(deniesUnknown = this.#deniesUnknown): void {
    this.#isUp = true
    if (deniesUnknown !== this.#deniesUnknown)
      this.settings.push({ deniesUnknown, sinceMs: this.#options.clock.nowMs() })
  }

  breakLink(how: 'broken' | 'silent'): void {
    this.#link = how
    this.#generation++
    if (how === 'broken') this.#endStreams()
    else this.#streams.clear()
  }

  mendLink(): void {
    this.#link = 'open'
  }

  async unary(method: string, request: object, { signal }: UnaryCall): Promise<unknown> {
    const generation = this.#generation
    await this.#travel(this.#delayMs())
    await this.#arrives(generation)
    const reply = await this.#answer(method, request as Request, signal)
    await this.#travel(this.#delayMs())
    await this.#arrives(generation)
    return reply
  }

  watch(request: WatchRequest, call: WatchCall): AsyncIterable<WatchMessage> {
    const client = new ScriptedStream(request, call)
    const generation = this.#generation
    void this.#travel(this.#delayMs()).then(() => {
      if (this.#link === 'silent') return
      call.onCall()
      void this.#travel(this.#delayMs()).then(() => {
        if (generation !== this.#generation || !this.#isUp || this.#link !== 'open') return client.end(away())
        this.#serve(client)
      })
    })
    return client
  }

  close(): void {}

  #serve(client: ScriptedStream): void {
    const stream: ServerStream = { client, sent: 0, lastArrivalMs: 0, isOver: false }
    const end = (code: 'revision_of_another_epoch' | 'cursor_in_the_future' | 'cursor_compacted') =>
      this.#send(stream, new RoleSetsError(code, 'The cursor is of no use.'))
    const [epoch, number] = client.after.split(':')
    if (client.after === '') {
      stream.sent = this.#number
      this.#send(stream, { snapshotChunk: this.#snapshot() })
    } else if (epoch !== this.#epoch) return end('revision_of_another_epoch')
    else if (Number(number) > this.#number) return end('cursor_in_the_future')
    else if (Number(number) < this.#compactedTo) return end('cursor_compacted')
    else stream.sent = Number(number)
    this.#streams.add(stream)
    this.#catchUp(stream)
    this.#send(stream, { heartbeat: this.#heartbeat() })
  }

  #catchUp(stream: ServerStream): void {
    while (stream.sent < this.#number) {
      stream.sent++
      const revision = `${this.#epoch}:${stream.sent}`
      if (this.#losesNext) {
        this.#losesNext = false
        continue
      }
      const changes = this.#options.store.changesOf(this.#epoch, stream.sent)
      this.#send(stream, { changeSet: { revision, committedAtMs: 1, actor: 'a', operation: 'Write', changes } })
    }
  }

  #snapshot() {
    const state = this.#state()
    return {
      permissions: [...state.permissions.keys()].map((id) => permissionOf(state, id)),
      roles: [...state.roles.keys()].map((id) => roleOf(state, id)),
      roleSets: [...state.roleSets.keys()].map((id) => roleSetOf(state, id)),
      scopeKinds: [...state.kinds.keys()].map((kind) => scopeKindOf(state, kind)),
      scopeDefaults: [...state.defaults.keys()].map((scope) => scopeDefaultOf(state, scope)),
      retiredPermissions: [...state.gone],
      last: true,
      unknownOrganizationsDenied: this.#deniesUnknown,
    }
  }

  #heartbeats(): void {
    for (const stream of this.#streams) this.#send(stream, { heartbeat: this.#heartbeat() })
    this.#options.clock.setTimer(1000, () => this.#heartbeats())
  }

  #heartbeat() {
    const nowMs = this.#options.clock.nowMs()
    const stalenessMs = nowMs - (this.#cutOffSinceMs ?? nowMs)
    return { stalenessMs, unknownOrganizationsDenied: this.#deniesUnknown, membershipsShown: true }
  }

  /** In order, and never sooner than what was sent before. */
  #send(stream: ServerStream, message: object | RoleSetsError): void {
    const { clock, random } = this.#options
    const sentAtMs = Math.floor((clock.nowMs() - this.#startMs) * this.#clockRate)
    const whole = { revision: `${this.#epoch}:${stream.sent}`, sentAtMs, ...message } as unknown as WatchMessage
    const generation = this.#generation
    stream.lastArrivalMs = Math.max(stream.lastArrivalMs, clock.nowMs() + this.feedDelayMs + 5 * random())
    clock.setTimer(stream.lastArrivalMs - clock.nowMs(), () => {
      if (generation !== this.#generation || stream.isOver) return
      if (message instanceof RoleSetsError) stream.client.end(message)
      else stream.client.send(whole)
    })
  }

  #endStreams(): void {
    for (const stream of this.#streams) {
      stream.isOver = true
      stream.client.end(away())
    }
    this.#streams.clear()
  }

  async #answer(method: string, request: Request, signal: AbortSignal): Promise<unknown> {
    const { clock, maxStalenessMs } = this.#options
    if (method === 'Administration/AssignRoleSet') return this.#assign(request)
    if (request.atLeastRevision) await this.#reach(request.atLeastRevision, signal)
    const staleMs = clock.nowMs() - (this.#cutOffSinceMs ?? clock.nowMs())
    if (staleMs > maxStalenessMs) throw away()
    const state = this.#state()
    const revision = `${this.#epoch}:${this.#number}`
    const reply = (question: Question) => {
      const asked = { ...question, scope: question.scope ?? '' }
      const { reason, registered, gone, inScope, ...where } = answer(state, asked, this.#deniesUnknown)
      const permissionRetired = gone && reason === 'PERMISSION_UNKNOWN'
      const facts = {
        organizationRegistered: registered,
        organizationDeleted: gone && !permissionRetired,
        permissionRetired,
        ...(inScope && { ...inScope, inScope: true }),
      }
      return { allowed: reason === 'ROLE_IN_SET', reason, ...facts, ...where, revision }
    }
    if (method === 'Decisions/CheckMember') return this.#memberReply(state, request)
    return method === 'Decisions/Check' ? reply(request) : { results: request.checks.map(reply), revision }
  }

  #memberReply(state: State, request: Request) {
    const nowMs = this.#options.clock.nowMs()
    const question = { ...request, scope: request.scope ?? '', reach: request.reach ?? 'PLACE' }
    const { scope } = question
    const deniesUnknown = this.#deniesUnknown
    const { reason, roles } = memberAnswer(state, question, { deniesUnknown, nowMs })
    const about = { ...question, role: '', permission: '' }
    const place = answer(state, about, deniesUnknown)
    const whole = answer(state, { ...about, scope: '' }, deniesUnknown)
    const held = heldAt(state, question, nowMs)
    const ends = [held.whole, held.place].flatMap((member) => (member ? member.untilMs - nowMs : []))
    const endsInMs = Math.min(Infinity, ...ends)
    return {
      ...{ allowed: reason.startsWith('MEMBER_HOLDS_ROLE'), reason, roles, permissions: [] },
      ...{ roleSet: place.roleSet, roleSetId: whole.roleSetId, organizationRegistered: whole.registered },
      organizationDeleted: whole.gone,
      permissionRetired: reason === 'PERMISSION_UNKNOWN' && state.gone.has(question.permission),
      roleIds: held.place?.roleIds ?? [],
      endsInMs: endsInMs === Infinity ? 0 : endsInMs,
      ...(scope !== '' && {
        ...{ inScope: true, ownRoleSetId: state.scopes.get(`${question.organizationId}\n${scope}`) ?? '' },
        organizationRoleIds: held.whole?.roleIds ?? [],
      }),
      revision: `${this.#epoch}:${this.#number}`,
    }
  }

  #assign({ organizationId, roleSet }: Request) {
    const { store } = this.#options
    if (this.#cutOffSinceMs !== undefined || this.#epoch !== store.epoch) throw away()
    const { state } = store
    const roleSetId = state.roleSets.has(roleSet) ? roleSet : state.initialRoleSetId
    const plan = assignPlan(state, organizationId, roleSetId)
    store.commit(plan.state, plan.changes(plan.state))
    this.sync()
    return { revision: `${store.epoch}:${store.head}` }
  }

  async #reach(revision: string, signal: AbortSignal): Promise<void> {
    const [epoch, number] = revision.split(':')
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (epoch !== this.#epoch) reject(new RoleSetsError('revision_of_another_epoch', 'It is of another epoch.'))
        else if (this.#number < Number(number) && !signal.aborted) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      signal.addEventListener('abort', look, { once: true })
      look()
    })
  }

  #state(): State {
    const state = this.#options.store.stateAt(this.#epoch, this.#number)
    if (state === undefined) throw new Error('The sidecar is where the store has never been.')
    return state
  }

  #delayMs(): number {
    return this.#options.random() * this.replyDelayMaxMs
  }

  async #travel(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => this.#options.clock.setTimer(delayMs, resolve))
  }

  /** Otherwise it is lost: with a word, or without one. */
  async #arrives(generation: number): Promise<void> {
    if (this.#link === 'silent') await new Promise(() => {})
    if (generation !== this.#generation || !this.#isUp || this.#link !== 'open') throw away()
  }
}

function away(): RoleSetsError {
  return new RoleSetsError('unavailable', 'It is away.')
}
