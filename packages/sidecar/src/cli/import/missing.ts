/**
 * What the sidecar has and the source doesn't have any more. A list can shift while it is read, so the source is asked
 * again for each of these things. All are listed; they are only ended on demand, after everything was read.
 */

import type { Written } from '@rolesets/client'
import { counted } from '@rolesets/core'
import pMap from 'p-map'
import { linesText } from '../output/lines.ts'
import { singular, type Skipped } from './tally.ts'
import { isRefusal, tryWrite } from './write.ts'

const missingKinds = ['organizations', 'memberships', 'invitations'] as const
type MissingKind = (typeof missingKinds)[number]

/** The source answers so many at the same time. */
const asking = 8
/** Those that wait for the disk at the same time share a transaction. */
const writing = 16
/** One run remembers so many of each kind; it only counts the others, and the next run finds them. */
const rememberedMax = 10_000
const namedMax = 1_000
/** In a text that is not the preview of an end. */
const shownMax = 20
/** A source that has none of the sidecar's organizations may be the wrong one; so many may be missing all the same. */
const strangersMax = 10

interface MissingThing {
  readonly kind: MissingKind
  /** As in the list of what was skipped. */
  readonly id: string
  /** Asks the source again. */
  readonly isAtSource: () => Promise<boolean>
  readonly end: () => Promise<Written>
}

interface Options {
  /** `--end-missing`. */
  readonly end: boolean
  readonly dryRun: boolean
}

export class Missing {
  readonly refused: Skipped[] = []
  readonly #options: Options
  #things: MissingThing[] = []
  readonly #counts = { organizations: 0, memberships: 0, invitations: 0 }
  readonly #beyond = { organizations: 0, memberships: 0, invitations: 0 }
  #ended = new Set<MissingThing>()
  #obstacle = ''

  constructor(options: Options) {
    this.#options = options
  }

  add(thing: MissingThing): void {
    if (this.#counts[thing.kind] >= rememberedMax) return void this.#beyond[thing.kind]++
    this.#counts[thing.kind]++
    this.#things.push(thing)
  }

  /** From now on nothing is ended in this run. The reason is a sentence. */
  forbid(reason: string): void {
    this.#obstacle = reason
  }

  /** After everything was read, and only then. A source that fails here ends the import, and nothing is ended. */
  async settle({ matched, report }: { matched: number; report: (text: string) => void }): Promise<void> {
    if (this.#things.length > 0) report(`asking the source again for ${counted(this.#things.length, 'thing')}`)
    const asked = await pMap(this.#things, (thing) => thing.isAtSource(), { concurrency: asking })
    this.#things = this.#things.filter((_thing, at) => asked[at] === false)
    const strangers = this.#of('organizations').length
    if (this.#options.end && matched === 0 && strangers > strangersMax) {
      this.forbid(
        `The source has none of the sidecar's organizations, and ${strangers} would be deleted: it may be the wrong source.`,
      )
    }
    if (!this.#options.end || this.#obstacle !== '') return
    if (this.#things.length > 0) report(`ending ${counted(this.#things.length, 'thing')}`)
    await pMap(this.#things, (thing) => this.#end(thing), { concurrency: writing })
  }

  get isEmpty(): boolean {
    return this.#things.length === 0
  }

  get endedCount(): number {
    return this.#ended.size
  }

  /** Whether something that was to be ended was not. */
  get isLeft(): boolean {
    return this.#options.end && (this.#obstacle !== '' || this.refused.length > 0 || this.#isMore)
  }

  report() {
    const kinds = missingKinds.map((kind) => {
      const things = this.#of(kind)
      const ended = things.filter((thing) => this.#ended.has(thing)).length
      const ids = things.slice(0, namedMax).map(({ id }) => id)
      return [kind, { count: things.length, ended, notAsked: this.#beyond[kind], ids }] as const
    })
    return { obstacle: this.#obstacle, ...Object.fromEntries(kinds), refused: this.refused.slice(0, namedMax) }
  }

  text(): string {
    const { end, dryRun } = this.#options
    const isEnding = end && this.#obstacle === ''
    const lines = missingKinds.flatMap((kind) => this.#linesOf(kind, isEnding && dryRun ? namedMax : shownMax))
    const heading = !isEnding ? 'Not' : dryRun ? 'Would be ended, because not' : 'Ended, because not'
    return linesText([
      ...(lines.length > 0 ? [`${heading} at the source:`, ...lines] : []),
      ...(this.refused.length > 0 ? ['Not ended:', ...this.refused.slice(0, namedMax).map(refusedLine)] : []),
      ...(this.#isMore ? ['There may be more: run the import again after these are ended.'] : []),
      ...(this.#obstacle === ''
        ? []
        : [`${end ? 'Nothing was ended' : 'Organizations were not compared'}: ${this.#obstacle}`]),
      ...(lines.length > 0 && !end ? ['They stay in the sidecar. To end them, run it with --end-missing.'] : []),
    ])
  }

  #linesOf(kind: MissingKind, max: number): readonly string[] {
    const { end } = this.#options
    const all = this.#of(kind)
    const things = end && this.#obstacle === '' ? all.filter((thing) => this.#ended.has(thing)) : all
    if (things.length === 0) return []
    const names = things.slice(0, max).map(({ id }) => `    ${id}`)
    const more = things.length - names.length
    return [`  ${counted(things.length, singular[kind])}:`, ...names, ...(more > 0 ? [`    and ${more} more`] : [])]
  }

  get #isMore(): boolean {
    return missingKinds.some((kind) => this.#beyond[kind] > 0)
  }

  #of(kind: MissingKind): readonly MissingThing[] {
    return this.#things.filter((thing) => thing.kind === kind)
  }

  async #end(thing: MissingThing): Promise<void> {
    const answer = await tryWrite(thing.end)
    if (!isRefusal(answer)) return void this.#ended.add(thing)
    const { kind, id } = thing
    this.refused.push({ kind, id, reason: answer.message })
  }
}

function refusedLine({ kind, id, reason }: Skipped): string {
  return `  ${singular[kind]} ${id}: ${reason}`
}
