/** A transport that does what the test says: each call waits for its reply, each stream for its messages. */

import {
  RoleSetsError,
  type Transport,
  type UnaryCall,
  type WatchCall,
  type WatchMessage,
  type WatchRequest,
} from '@rolesets/client'

export interface ScriptedCall extends UnaryCall {
  readonly method: string
  readonly request: { readonly [field: string]: unknown }
  reply(value: unknown): void
  fail(error: unknown): void
}

export class ScriptedTransport implements Transport {
  readonly calls: ScriptedCall[] = []
  readonly streams: ScriptedStream[] = []
  closed = 0

  unary(method: string, request: object, call: UnaryCall): Promise<unknown> {
    return new Promise((reply, fail) => {
      const { signal, deadlineMs, actor } = call
      this.calls.push({ method, request: { ...request }, reply, fail, signal, deadlineMs, actor })
    })
  }

  watch(request: WatchRequest, call: WatchCall): AsyncIterable<WatchMessage> {
    const stream = new ScriptedStream(request, call)
    this.streams.push(stream)
    return stream
  }

  close(): void {
    this.closed++
  }

  get stream(): ScriptedStream {
    return last(this.streams)
  }

  get call(): ScriptedCall {
    return last(this.calls)
  }
}

export class ScriptedStream implements AsyncIterable<WatchMessage>, AsyncIterator<WatchMessage> {
  readonly after: string
  readonly snapshotScope: string
  readonly call: WatchCall
  readonly #queue: (WatchMessage | Error | undefined)[] = []
  #wake = () => {}

  constructor({ after, snapshotScope }: WatchRequest, call: WatchCall) {
    this.after = after
    this.snapshotScope = snapshotScope
    this.call = call
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Anything, sensible or not. */
  send(...messages: unknown[]): void {
    this.#queue.push(...(messages as WatchMessage[]))
    this.#wake()
  }

  /** Without an error it ends as if all were well. */
  end(error?: Error): void {
    this.#queue.push(error)
    this.#wake()
  }

  async next(): Promise<IteratorResult<WatchMessage>> {
    while (this.#queue.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
    const item = this.#queue.shift()
    if (item instanceof Error) throw item
    return item === undefined ? { done: true, value: undefined } : { done: false, value: item }
  }
}

export function unavailable(): RoleSetsError {
  return new RoleSetsError('unavailable', 'It is away.')
}

function last<Item>(items: readonly Item[]): Item {
  const item = items.at(-1)
  if (item === undefined) throw new Error('Nothing has been called yet.')
  return item
}
