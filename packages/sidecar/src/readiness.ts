/**
 * Whether the sidecar may answer, and what it still waits for. While it waits it stays alive: calls are refused with the
 * reason, and the probes show it. Callers without a key read all of this, so it names no organization, person or key.
 */

/** Something that the sidecar waits for. */
export interface Wait {
  /** From now on it waits because something is wrong. @param why as for `waitFor` */
  readonly because: (why: string) => void
  /** It has come. Can be called twice. */
  readonly over: () => void
}

export interface WaitingFor {
  readonly what: string
  readonly why: string
}

/** As `/readyz` shows them. */
export interface HealthFacts {
  /** The store is open. */
  readonly started: boolean
  /** Nothing is waited for, and the sidecar isn't stopping: calls are accepted. */
  readonly ready: boolean
  /** The data is within the bound of staleness. */
  readonly fresh: boolean
  /** False: the store refuses every write, and only a restart may help. Left out: it accepts them. */
  readonly writable?: false
  /** Why it isn't writable. */
  readonly error?: { readonly code: string; readonly message: string }
  /** Left out: it isn't. */
  readonly stopping?: true
  /** Left out: nothing. */
  readonly waiting_for?: readonly WaitingFor[]
  /** What other rooms show. */
  readonly [shown: string]: unknown
}

const whyCharactersMax = 1_000

export class Readiness {
  readonly #waits = new Set<{ what: string; why: string; isFault: boolean }>()
  readonly #shown = new Map<string, () => unknown>()
  readonly #listeners = new Set<() => void>()
  #isFresh: (() => boolean) | undefined
  #hasBeenReady = false
  #unwritable: HealthFacts['error'] | true | undefined
  #isStopping = false

  /**
   * A wait that belongs to every start; `because` says that something is wrong.
   * @param what one word in snake case, for programs @param why a sentence: what is missing, and what to do
   */
  waitFor(what: string, why: string): Wait {
    const wait = { what, why: bounded(why), isFault: false }
    this.#waits.add(wait)
    this.#changed()
    return {
      because: (next) => {
        const reason = bounded(next)
        if (!this.#waits.has(wait) || wait.why === reason) return
        wait.why = reason
        wait.isFault = true
        this.#changed()
      },
      over: () => {
        if (this.#waits.delete(wait)) this.#changed()
      },
    }
  }

  /** Adds facts of another room to what `/readyz` shows. @param read is called with each probe; undefined: nothing to show */
  show(name: string, read: () => unknown): void {
    this.#shown.set(name, read)
  }

  /** The store is open. @param isFresh whether its data is within the bound of staleness */
  start(isFresh: () => boolean): void {
    this.#isFresh = isFresh
    this.#changed()
  }

  /** @param why the store refuses every write, for anyone */
  setWritable(isWritable: boolean, why?: HealthFacts['error']): void {
    this.#unwritable = isWritable ? undefined : (why ?? true)
    this.#changed()
  }

  /** It is not ready from now on. */
  stop(): void {
    this.#isStopping = true
    this.#changed()
  }

  get isReady(): boolean {
    return this.#isFresh !== undefined && this.#waits.size === 0 && !this.#isStopping
  }

  /** Once it was ready, this stays true. */
  get hasBeenReady(): boolean {
    return this.#hasBeenReady
  }

  get isWritable(): boolean {
    return this.#unwritable === undefined
  }

  get isStopping(): boolean {
    return this.#isStopping
  }

  get waitingFor(): readonly WaitingFor[] {
    return [...this.#waits].map(({ what, why }) => ({ what, why }))
  }

  /** Whether something is wrong, so that somebody has to do something. */
  get isHeldUp(): boolean {
    return [...this.#waits].some(({ isFault }) => isFault)
  }

  /** For the callers that are refused meanwhile. Undefined: nothing is waited for. */
  get waitingText(): string | undefined {
    if (this.#waits.size === 0) return undefined
    const waits = [...this.#waits]
    const names = waits.map(({ what }) => `the ${what.replaceAll('_', ' ')}`).join(' and ')
    return `The sidecar is not ready: it waits for ${names}. ${waits.map(({ why }) => why).join(' ')}`
  }

  facts(): HealthFacts {
    const waitingFor = this.waitingFor
    const why = this.#unwritable
    return {
      started: this.#isFresh !== undefined,
      ready: this.isReady,
      fresh: this.isReady && this.#isFresh?.() === true,
      ...(why === undefined ? {} : { writable: false }),
      ...(typeof why === 'object' ? { error: why } : {}),
      ...(this.#isStopping ? { stopping: true } : {}),
      ...(waitingFor.length > 0 ? { waiting_for: waitingFor } : {}),
      ...this.#readShown(),
    }
  }

  /** @returns ends the subscription */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Settles when it is ready, or can't become so any more. @returns whether it is ready */
  async whenReady(): Promise<boolean> {
    return new Promise((resolve) => {
      const look = () => {
        if (!this.isReady && !this.#isStopping) return
        end()
        resolve(this.isReady)
      }
      const end = this.subscribe(look)
      look()
    })
  }

  #readShown(): Record<string, unknown> {
    const shown: Record<string, unknown> = {}
    for (const [name, read] of this.#shown) {
      const facts = read()
      if (facts !== undefined) shown[name] = facts
    }
    return shown
  }

  #changed(): void {
    this.#hasBeenReady ||= this.isReady
    for (const listener of [...this.#listeners]) listener()
  }
}

function bounded(why: string): string {
  return why.length <= whyCharactersMax ? why : `${why.slice(0, whyCharactersMax - 1)}…`
}
