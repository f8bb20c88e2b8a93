/** One run of the simulation: a client, what happens to it, and every answer held against the naive store. */

import {
  createRoleSetsClient,
  type Decision,
  type MemberDecision,
  type MemberRequirement,
  type Question,
  type RoleSetsClient,
} from '@rolesets/client'
import { SimulatedClock } from '../simulated-clock.ts'
import { answer, memberAnswer, memberKey, NaiveStore, type Reach, type State } from './naive-store.ts'
import { SimulatedNetwork } from './network.ts'
import { organizationIds, permissionKeys, roleKeys, scopeKeys, userIds } from './plans.ts'
import { firstState, write, type Write } from './writes.ts'

export type Command =
  | { readonly kind: 'write'; readonly write: Write }
  | { readonly kind: 'ownWrite'; readonly a: number; readonly b: number }
  | { readonly kind: 'ask'; readonly a: number; readonly b: number }
  | { readonly kind: 'askMany' }
  | { readonly kind: 'askMember'; readonly a: number; readonly b: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'delay'; readonly feedMs: number; readonly replyMs: number }
  | { readonly kind: 'link'; readonly how: 'broken' | 'silent' | 'open' }
  | { readonly kind: 'restart'; readonly downMs: number; readonly deniesUnknown: boolean }
  | { readonly kind: 'restore'; readonly back: number }
  | { readonly kind: 'compact' }
  | { readonly kind: 'cutOff' }
  | { readonly kind: 'rejoin' }
  | { readonly kind: 'failOver'; readonly behind: number }
  | { readonly kind: 'lose' }

const deadlineMs = 250
/** Clocks differ by a hundred thousandth, and times on the wire are whole milliseconds. */
const slackMs = 5

interface Revision {
  readonly epoch: number
  readonly number: number
}

export class World {
  readonly #clock = new SimulatedClock()
  readonly #store = new NaiveStore(() => this.#clock.nowMs(), firstState())
  readonly #random: () => number
  readonly #network: SimulatedNetwork
  readonly #client: RoleSetsClient
  readonly #maxStalenessMs: number
  readonly #asked: Promise<void>[] = []
  #failure: unknown
  /** The newest revision that the feed has delivered or an own write has made. */
  #seen: Revision = { epoch: 0, number: 0 }
  /** Answers from the cache that were held against the store. */
  cachedAnswers = 0
  cachedMemberAnswers = 0

  constructor(seed: number, maxStalenessMs: number) {
    this.#random = randomFrom(seed)
    this.#maxStalenessMs = maxStalenessMs
    const [clock, random] = [this.#clock, this.#random]
    this.#network = new SimulatedNetwork({ clock, random, maxStalenessMs, store: this.#store })
    this.#client = createRoleSetsClient({ transport: this.#network, clock, random, maxStalenessMs, deadlineMs })
    clock.onStep = () => this.#look()
  }

  async run(commands: readonly Command[]): Promise<void> {
    await this.#clock.advance(100)
    for (const command of commands) await this.#do(command)
    await this.#converge()
    await this.#client.close()
  }

  async #do(command: Command): Promise<void> {
    const network = this.#network
    switch (command.kind) {
      case 'write':
        write(this.#store, command.write)
        network.sync()
        break
      case 'ownWrite':
        void this.#ownWrite(command.a, command.b)
        break
      case 'ask':
        this.#later(this.#ask(questionOf(command.a, command.b)))
        break
      case 'askMany':
        this.#later(this.#askMany())
        break
      case 'askMember':
        this.#later(this.#askMember(command.a, command.b))
        break
      case 'wait':
        return this.#clock.advance(command.ms)
      case 'delay':
        network.feedDelayMs = command.feedMs
        network.replyDelayMaxMs = command.replyMs
        break
      case 'link':
        if (command.how === 'open') network.mendLink()
        else network.breakLink(command.how)
        break
      case 'restart':
        network.goDown()
        await this.#clock.advance(command.downMs)
        network.comeUp(command.deniesUnknown)
        break
      case 'restore':
        this.#store.restore(command.back)
        network.sync()
        break
      case 'compact':
        network.compact()
        break
      case 'cutOff':
        network.cutOff()
        break
      case 'rejoin':
        network.rejoin()
        break
      case 'failOver':
        network.failOver(command.behind)
        break
      case 'lose':
        network.loseNext()
        break
    }
    await this.#clock.settle()
  }

  /** A failure outside of a step fails the run at its end. */
  #later(work: Promise<void>): void {
    this.#asked.push(work.catch((error: unknown) => void (this.#failure ??= error)))
  }

  async #ownWrite(a: number, b: number): Promise<void> {
    const organizationId = organizationIds[a % organizationIds.length] ?? ''
    const roleSets = [...this.#store.state.roleSets.keys()]
    try {
      const roleSet = roleSets[b % roleSets.length] ?? ''
      const { revision } = await this.#client.admin.assignRoleSet({ organizationId, roleSet }, { deadlineMs: 2000 })
      this.#see(revision)
    } catch {
      // It may have been written or not; nothing follows from it.
    }
  }

  async #ask(question: Question): Promise<void> {
    const seen = this.#seen
    const decision = await this.#client
      .check(question.organizationId, question.role, optionsOf(question))
      .catch(() => undefined)
    if (decision !== undefined) this.#judge(question, decision, seen)
  }

  async #askMany(): Promise<void> {
    const seen = this.#seen
    const questions = organizationIds.map((_, at) => questionOf(at, at * 7))
    const decisions = (await this.#client.checkMany(questions).catch(() => undefined)) ?? []
    decisions.forEach((decision, at) => this.#judge(questions[at] ?? questionOf(0, 0), decision, seen))
    if (new Set(decisions.map(({ revision }) => revision)).size > 1) throw new Error('A batch has several revisions.')
  }

  async #askMember(a: number, b: number): Promise<void> {
    const seen = this.#seen
    const { organizationId, userId, question } = memberQuestionOf(a, b)
    const decision = await this.#client.checkMember(organizationId, userId, question).catch(() => undefined)
    if (decision !== undefined) this.#judgeMember({ organizationId, userId, question }, decision, seen)
  }

  /** After everything that happens: what would the cache say now? */
  #look(): void {
    const { revision } = this.#client.status()
    if (revision !== undefined) this.#see(revision)
    for (const organizationId of organizationIds) {
      const { role, permission, scope } = questionOf(0, Math.floor(this.#random() * 1000))
      const about = scope === undefined ? permission : { scope, ...(permission !== undefined && { permission }) }
      const decision = this.#client.checkCached(organizationId, role, about)
      if (decision !== undefined) this.#judge({ organizationId, role, permission, scope }, decision, this.#seen)
    }
    for (let a = 0; a < organizationIds.length * userIds.length; a++) {
      const asked = memberQuestionOf(a, Math.floor(this.#random() * 1000))
      const decision = this.#client.checkMemberCached(asked.organizationId, asked.userId, asked.question)
      if (decision !== undefined) this.#judgeMember(asked, decision, this.#seen)
    }
  }

  #see(revision: string): void {
    const seen = this.#parse(revision)
    if (isOlder(this.#seen, seen)) this.#seen = seen
  }

  #judge(question: Question, decision: Decision, seen: Revision): void {
    const nowMs = this.#clock.nowMs()
    const { state, boundMs, say } = this.#examine(question, decision, seen)
    if (decision.source === 'cache') this.cachedAnswers++
    const { permission = '', scope = '', ...asked } = question
    const answers = this.#settingsSince(nowMs - boundMs).map((denies) =>
      answer(state, { ...asked, permission, scope }, denies),
    )
    const isGone = decision.organizationDeleted === true || decision.permissionRetired === true
    const isRight = answers.some(
      ({ reason, roleSet, gone }) => reason === decision.reason && roleSet === decision.roleSet && gone === isGone,
    )
    if (!isRight || decision.allowed !== (decision.reason === 'ROLE_IN_SET')) say('The store says otherwise')
  }

  /** A membership can end while the answer is on its way, and the clocks differ a little. */
  #judgeMember(asked: MemberAsked, decision: MemberDecision, seen: Revision): void {
    const nowMs = this.#clock.nowMs()
    const { state, boundMs, say } = this.#examine(asked, decision, seen)
    const isCached = decision.source === 'cache'
    if (isCached) this.cachedMemberAnswers++
    const { organizationId, userId, question } = asked
    const { role = '', permission = '', scope = '', reach = 'PLACE' } = question
    const naive = { organizationId, userId, role, permission, scope, reach }
    const moments = isCached ? [nowMs, nowMs + slackMs] : [nowMs - deadlineMs, nowMs + slackMs]
    const answers = moments.flatMap((moment) =>
      this.#settingsSince(nowMs - boundMs).map((deniesUnknown) =>
        memberAnswer(state, naive, { deniesUnknown, nowMs: moment }),
      ),
    )
    const said = JSON.stringify(decision.roles)
    const isRight = answers.some(({ reason, roles }) => reason === decision.reason && JSON.stringify(roles) === said)
    if (!isRight || decision.allowed !== decision.reason.startsWith('MEMBER_HOLDS_ROLE'))
      say('The store says otherwise')
  }

  /** What holds for every answer: it is of a state of the store, not too old, and no older than what was seen. */
  #examine(question: object, decision: Pick<Decision, 'revision' | 'source'>, seen: Revision): Examined {
    const nowMs = this.#clock.nowMs()
    const [epoch = '', number = ''] = decision.revision.split(':')
    const boundMs = this.#maxStalenessMs + slackMs + (decision.source === 'cache' ? 0 : deadlineMs)
    const say = (what: string): never => {
      const state = JSON.stringify({ question, decision, seen, status: this.#client.status(), nowMs })
      throw new Error(`${what}: ${state}`)
    }
    const state = this.#store.stateAt(epoch, Number(number)) ?? say('The store was never there')
    const oldestMs = this.#store.currentUntilMs(epoch, Number(number))
    if (oldestMs < nowMs - boundMs) say(`It is ${nowMs - oldestMs} ms old`)
    if (isOlder(this.#parse(decision.revision), seen)) say('It is older than what was seen')
    return { state, boundMs, say }
  }

  #settingsSince(sinceMs: number): readonly boolean[] {
    const { settings } = this.#network
    return settings
      .filter((_, at) => (settings[at + 1]?.sinceMs ?? Infinity) >= sinceMs)
      .map(({ deniesUnknown }) => deniesUnknown)
  }

  /** After the last disturbance the cache comes to what the store has, and is fresh. */
  async #converge(): Promise<void> {
    const network = this.#network
    Object.assign(network, { feedDelayMs: 5, replyDelayMaxMs: 5 })
    network.comeUp()
    network.mendLink()
    network.rejoin()
    await this.#clock.advance(30_000)
    await Promise.all(this.#asked)
    if (this.#failure !== undefined) throw this.#failure as Error
    const status = this.#client.status()
    const head = `${this.#store.epoch}:${this.#store.head}`
    if (status.state !== 'fresh' || status.revision !== head) {
      throw new Error(`It does not converge to ${head}: ${JSON.stringify(status)}`)
    }
    const asked = organizationIds.map((_, at) => this.#ask(questionOf(at, at)))
    await this.#clock.advance(1000)
    await Promise.all(asked)
    const members = Array.from({ length: organizationIds.length * userIds.length }, (_, a) => memberQuestionOf(a, a))
    const askedMembers = members.map((_, a) => this.#askMember(a, a))
    await this.#clock.advance(1000)
    await Promise.all(askedMembers)
    for (const asked of members) {
      const { organizationId, userId, question } = asked
      const decision = this.#client.checkMemberCached(organizationId, userId, question)
      const isCached = decision?.revision === head || this.#endsBySelf(asked)
      if (!isCached) throw new Error(`${userId} of ${organizationId} is not answered from the cache at ${head}.`)
    }
    for (const organizationId of organizationIds) {
      const decision = this.#client.checkCached(organizationId, 'org:r0')
      if (decision?.revision !== head) throw new Error(`${organizationId} is not answered from the cache at ${head}.`)
    }
  }

  /** Its time, or that of the membership in the organization, may be over since it was asked about. */
  #endsBySelf({ organizationId, userId, question: { scope = '' } }: MemberAsked): boolean {
    const { members } = this.#store.state
    return ['', scope].some((place) => {
      const until = members.get(memberKey(organizationId, userId, place))?.untilMs ?? Infinity
      return until !== Infinity
    })
  }

  #parse(revision: string): Revision {
    const [epoch = '', number] = revision.split(':')
    return { epoch: this.#store.epochNumberOf(epoch), number: Number(number) }
  }
}

function questionOf(a: number, b: number): Question {
  const organizationId = organizationIds[a % organizationIds.length] ?? ''
  const role = [...roleKeys, 'role_1', 'org:nobody'][b % (roleKeys.length + 2)] ?? ''
  const permission = [undefined, undefined, ...permissionKeys, 'org:no:such'][b % 5]
  const scope = [undefined, undefined, undefined, ...scopeKeys][(a + 3 * b) % (scopeKeys.length + 3)]
  return { organizationId, role, permission, scope }
}

interface MemberAsked {
  readonly organizationId: string
  readonly userId: string
  readonly question: MemberRequirement & { readonly scope?: string; readonly reach?: Reach }
}

function memberQuestionOf(a: number, b: number): MemberAsked {
  const { organizationId, role, permission } = questionOf(a, b)
  const userId = userIds[Math.floor(a / organizationIds.length) % userIds.length] ?? ''
  const asked = permission === undefined ? { role } : { permission }
  const scope = ['', '', 'team:a', 'team:a', 'team:b', 'unit:a', 'odd:a'][(a + b) % 7] ?? ''
  if (scope === '') return { organizationId, userId, question: asked }
  const reach = (['PLACE', 'PLACE', 'ORGANIZATION', 'EITHER'] as const)[b % 4] ?? 'PLACE'
  return { organizationId, userId, question: { ...asked, scope, reach } }
}

interface Examined {
  readonly state: State
  readonly boundMs: number
  readonly say: (what: string) => never
}

function optionsOf({ permission, scope }: Question): { permission?: string; scope?: string } {
  return { ...(permission !== undefined && { permission }), ...(scope !== undefined && { scope }) }
}

function isOlder(a: Revision, b: Revision): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.number < b.number)
}

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
