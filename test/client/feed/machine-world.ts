/**
 * The machine beside a store that is only a list: each committed write is a token. The world carries out what the machine
 * says, and compares what the sink then has with the list.
 */

import { RoleSetsError, type Permission, type RoleSetsErrorCode } from '@rolesets/client'
import {
  begin,
  transition,
  type FollowerEvent,
  type FollowerState,
  type SinkWrite,
  type Transition,
} from '../../../packages/client/src/feed/machine.ts'
import type { ReceivedMessage } from '../../../packages/client/src/feed/stream.ts'

export type Command =
  | 'commit'
  | 'restore'
  | 'failOver'
  | 'compact'
  | 'call'
  | 'deliver'
  | 'deliverAll'
  | 'lose'
  | 'repeat'
  | 'lateHeartbeat'
  | 'break'
  | 'sinkFails'
  | 'renew'
  | 'endPause'
  | 'startOver'
  | 'close'

/** Where the present stream stands: the number of the next change set, or how many parts of the snapshot were sent. */
interface Stream {
  readonly epoch: number
  isUp: boolean
  next: number | undefined
  chunks: number
  /** How many tokens the parts of its snapshot have. */
  sent: number
  isRefused: RoleSetsErrorCode | undefined
}

export class MachineWorld {
  state: FollowerState
  /** What the sink has, and where. */
  sink: { readonly epoch: string; readonly tokens: readonly string[] } | undefined
  isProven = false
  /** Of the snapshot that is coming. */
  parts: string[] = []
  readonly writes: string[] = []
  readonly reports: string[] = []
  #epoch = 1
  #tokens: string[] = ['t0']
  #made = 1
  #compactedTo = 0
  #stream: Stream | undefined
  #isPaused = false
  #atOnce = 0
  #sinkFails = false

  constructor() {
    const first = begin(undefined)
    this.state = first.state
    this.#carryOut(first)
  }

  run(command: Command): void {
    switch (command) {
      case 'commit':
        this.#tokens.push(`t${this.#made++}`)
        break
      case 'restore':
      case 'failOver':
        this.#epoch++
        this.#tokens = this.#tokens.slice(0, Math.max(1, this.#tokens.length - 2))
        this.#compactedTo = 0
        // A stream that goes on sends what another epoch has.
        if (this.#stream && (command === 'restore' || this.#stream.next === undefined)) this.run('break')
        break
      case 'compact':
        this.#compactedTo = this.#tokens.length
        break
      case 'call':
        this.#call()
        break
      case 'deliver':
        this.#deliver()
        break
      case 'deliverAll':
        for (let each = 0; each < 20; each++) this.#deliver()
        break
      case 'lose':
        this.#tokens.push(`t${this.#made++}`)
        if (this.#stream?.next !== undefined && this.#stream.next < this.#tokens.length) this.#stream.next++
        this.#deliver()
        break
      case 'repeat':
        if (this.#stream?.next !== undefined && this.#stream.next > 1) this.#stream.next--
        break
      case 'lateHeartbeat': {
        const { cursor } = this.state
        if (!this.#stream?.isUp || cursor === undefined || cursor.number < 2) break
        const revision = { ...cursor, number: cursor.number - 1 }
        this.#take(message(revision, { kind: 'heartbeat', heartbeat: { stalenessMs: 0 } }))
        break
      }
      case 'break':
        if (this.#stream) this.#take(failed('unavailable'))
        break
      case 'sinkFails':
        this.#sinkFails = true
        this.#deliver()
        this.#sinkFails = false
        break
      case 'renew':
        // It comes once in ten minutes.
        this.#atOnce = 0
        if (this.#stream) this.#take({ kind: 'renewal_due' })
        break
      case 'endPause':
        if (this.#isPaused) this.#take({ kind: 'pause_over' })
        break
      case 'startOver':
        this.#take({ kind: 'start_over', error: error('revision_of_another_epoch') })
        break
      case 'close':
        this.#take({ kind: 'close' })
        break
    }
  }

  /** Nothing disturbs it any more. @returns whether the sink is proven to have everything. */
  calmDown(): boolean {
    for (let step = 0; step < 40 + 3 * this.#tokens.length; step++) {
      if (this.isProven && this.state.name === 'live' && this.#hasEverything()) return true
      if (this.#isPaused) this.run('endPause')
      else this.#deliver()
    }
    return false
  }

  #hasEverything(): boolean {
    return this.sink?.epoch === `e${this.#epoch}` && this.sink.tokens.length === this.#tokens.length
  }

  #call(): void {
    if (this.#stream === undefined || this.#stream.isUp) return
    this.#stream.isUp = true
    this.#take({ kind: 'called' })
  }

  /** What an honest sender sends next. */
  #deliver(): void {
    const stream = this.#stream
    if (stream === undefined) return
    if (!stream.isUp) this.#call()
    else if (stream.isRefused !== undefined) this.#take(failed(stream.isRefused))
    else if (stream.next === undefined) this.#deliverChunk(stream)
    else if (stream.next < this.#tokens.length) this.#deliverChangeSet(stream, stream.next)
    else this.#take(message(this.#revision(this.#tokens.length), { kind: 'heartbeat', heartbeat: { stalenessMs: 0 } }))
  }

  #deliverChunk(stream: Stream): void {
    // What is committed after the first part comes before the last one.
    if (stream.chunks > 0 && stream.sent < this.#tokens.length) return this.#deliverLater(stream)
    const last = ++stream.chunks === 2
    // Only the ids are looked at.
    const permissions = (last ? [] : this.#tokens).map((id) => ({ id }) as Permission)
    const chunk = { permissions, roles: [], roleSets: [], last, unknownOrganizationsDenied: false }
    stream.sent = this.#tokens.length
    if (last) stream.next = stream.sent
    this.#take(message(this.#revision(stream.sent), { kind: 'snapshot_chunk', chunk }))
  }

  #deliverLater(stream: Stream): void {
    this.#take(
      message(this.#revision(stream.sent + 1), { kind: 'change_set', changeSet: this.#changeSet(stream.sent) }),
    )
    stream.sent++
  }

  #deliverChangeSet(stream: Stream, at: number): void {
    stream.next = at + 1
    this.#take(message(this.#revision(at + 1), { kind: 'change_set', changeSet: this.#changeSet(at) }))
  }

  #changeSet(at: number) {
    const operation = this.#tokens[at] ?? ''
    return { revision: `e${this.#epoch}:${at + 1}`, committedAtMs: 0, actor: 'a', operation, changes: [] }
  }

  #revision(number: number) {
    return { epoch: `e${this.#epoch}`, number }
  }

  #take(event: FollowerEvent): void {
    const before = this.state
    const next = transition(this.state, event)
    if (before.name === 'closed') same(next.effects.length, 0, 'nothing happens after the end (F16)')
    if (next.write !== undefined && this.#sinkFails) {
      this.#carryOut(transition(this.state, failed('unavailable')))
    } else {
      if (next.write !== undefined) this.#write(next.write)
      this.#carryOut(next)
    }
    this.#check(before, event)
  }

  #write(write: SinkWrite): void {
    this.writes.push(write.to)
    switch (write.to) {
      case 'adopt': {
        const { chunk, changeSet, isFirst, isLast, revision } = write.part
        if (isFirst) this.parts = []
        this.parts.push(...(chunk?.permissions.map(({ id }) => id) ?? [changeSet?.operation ?? '']))
        if (!isLast) break
        this.sink = { epoch: revision.epoch, tokens: this.parts }
        this.isProven = false
        break
      }
      case 'apply':
        if (this.sink === undefined) throw new Error('A change set came before a snapshot (F10).')
        this.sink = { ...this.sink, tokens: [...this.sink.tokens, write.changeSet.operation] }
        this.isProven = false
        break
      case 'prove':
        same(write.alive.revision.number, this.sink?.tokens.length, 'only what the sink has is proven (F5)')
        same(this.#hasEverything(), true, 'what is proven has everything (F5)')
        this.isProven = true
        break
    }
  }

  #carryOut({ state, effects }: Transition): void {
    this.state = state
    for (const effect of effects) {
      if (effect.type === 'end') [this.#stream, this.#isPaused] = [undefined, false]
      else if (effect.type === 'report') this.#report(effect.event.type)
      else if (effect.type === 'pause') {
        same(this.#stream === undefined && !this.#isPaused, true, 'a pause begins when nothing else goes on (F1)')
        this.#isPaused = true
        this.#atOnce = 0
      } else this.#open(effect.after)
    }
  }

  #open(after: FollowerState['cursor']): void {
    same(this.#stream === undefined, true, 'a stream begins when there is no other (F1)')
    this.#isPaused = false
    const has = this.sink && after && { epoch: this.sink.epoch, number: this.sink.tokens.length }
    same(JSON.stringify(after), JSON.stringify(has), 'a stream goes on after what the sink has (F2)')
    same(++this.#atOnce <= 4, true, 'streams do not follow each other without a pause (L1, L2)')
    const isRefused = after && this.#refusal(after.epoch, after.number)
    this.#stream = { epoch: this.#epoch, isUp: false, next: after?.number, chunks: 0, sent: 0, isRefused }
  }

  #refusal(epoch: string, number: number): RoleSetsErrorCode | undefined {
    if (epoch !== `e${this.#epoch}`) return 'revision_of_another_epoch'
    if (number > this.#tokens.length) return 'cursor_in_the_future'
    return number < this.#compactedTo ? 'cursor_compacted' : undefined
  }

  #report(type: string): void {
    const isConnected = this.reports.findLast((each) => each === 'connected' || each === 'disconnected') === 'connected'
    if (type === 'connected') same(isConnected, false, 'a connection is reported once (F17)')
    if (type === 'started_over') this.isProven = false
    this.reports.push(type)
  }

  #check(before: FollowerState, event: FollowerEvent): void {
    const { name, cursor, partsAt } = this.state
    const where = `${before.name} × ${event.kind}`
    const expected = { paused: [false, true], closed: [false, false] } as { [name: string]: boolean[] | undefined }
    same(
      JSON.stringify([this.#stream !== undefined, this.#isPaused]),
      JSON.stringify(expected[name] ?? [true, false]),
      `${where}: a stream or a pause, never both (F1)`,
    )
    if (name === 'resumed' || name === 'adopted' || name === 'live') {
      same(cursor?.number, this.sink?.tokens.length, `${where}: the cursor is what the sink has (F2)`)
    }
    if (name !== 'snapshot') same(partsAt, undefined, `${where}: parts of a snapshot belong to one stream (F4)`)
    if (name === 'live' && event.kind === 'heartbeat') this.#atOnce = 0
    if (this.sink === undefined || this.sink.epoch !== `e${this.#epoch}`) return
    const log = this.#tokens.slice(0, this.sink.tokens.length)
    same(this.sink.tokens.join(), log.join(), `${where}: the sink has the log, whole and in order (F3)`)
  }
}

type Body = Omit<Extract<ReceivedMessage, { kind: 'heartbeat' }>, keyof Envelope> | OtherBody
type OtherBody =
  | Omit<Extract<ReceivedMessage, { kind: 'change_set' }>, keyof Envelope>
  | Omit<Extract<ReceivedMessage, { kind: 'snapshot_chunk' }>, keyof Envelope>
type Envelope = Pick<ReceivedMessage, 'revision' | 'sentAtMs' | 'sentAtLeastMs'>

export function message(revision: ReceivedMessage['revision'], body: Body): ReceivedMessage {
  return { revision, sentAtMs: 0, sentAtLeastMs: 0, ...body }
}

export function error(code: RoleSetsErrorCode): RoleSetsError {
  return new RoleSetsError(code, 'As the test wants it.')
}

export function failed(code: RoleSetsErrorCode): FollowerEvent {
  return { kind: 'failed', error: error(code) }
}

function same(actual: unknown, expected: unknown, rule: string): void {
  if (actual !== expected) throw new Error(`${rule}: ${String(actual)} instead of ${String(expected)}`)
}
