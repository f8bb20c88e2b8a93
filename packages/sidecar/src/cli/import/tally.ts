/** What an import has found and done, by kind of thing, and what it skipped and why. */

import { counted } from '@rolesets/core'
import { linesText } from '../output/lines.ts'

/** How one thing of each kind is called. Slugs are those that an organization had to go without. */
export const singular = {
  permissions: 'permission',
  roles: 'role',
  roleSets: 'role set',
  organizations: 'organization',
  slugs: 'slug',
  memberships: 'membership',
  invitations: 'invitation',
}

export type Kind = keyof typeof singular
const kinds = Object.keys(singular) as readonly Kind[]
type Outcome = 'created' | 'changed' | 'unchanged' | 'skipped'

/** Reasons are kept up to this many; all are counted. */
const reasonsMax = 1_000

export interface Skipped {
  readonly kind: Kind
  /** Key or id; of a membership or an invitation, after the id of the organization and a slash. */
  readonly id: string
  readonly reason: string
}

export class Tally {
  readonly skipped: Skipped[] = []
  readonly #counts = Object.fromEntries(
    kinds.map((kind) => [kind, { created: 0, changed: 0, unchanged: 0, skipped: 0 }]),
    // There is an entry for each kind.
  ) as Record<Kind, Record<Outcome, number>>

  count(kind: Kind, outcome: Exclude<Outcome, 'skipped'>, times = 1): void {
    this.#counts[kind][outcome] += times
  }

  skip(kind: Kind, id: string, reason: string): void {
    this.#counts[kind].skipped++
    if (this.skipped.length < reasonsMax) this.skipped.push({ kind, id, reason })
  }

  total(outcome: Outcome): number {
    return kinds.reduce((sum, kind) => sum + this.#counts[kind][outcome], 0)
  }

  /** With how many of each were there: done and skipped together. */
  report(): Readonly<Record<Kind, Readonly<Record<Outcome | 'there', number>>>> {
    const entries = kinds.map((kind) => {
      const counts = this.#counts[kind]
      return [kind, { there: Object.values(counts).reduce((sum, each) => sum + each, 0), ...counts }] as const
    })
    // There is an entry for each kind.
    return Object.fromEntries(entries) as ReturnType<Tally['report']>
  }

  text(): string {
    const columns = ['there', 'created', 'changed', 'unchanged', 'skipped'] as const
    const head = ['', ...columns]
    const shown = Object.entries(this.report()).filter(([kind, { there }]) => kind !== 'slugs' || there > 0)
    const rows = shown.map(([kind, counts]) => {
      return [kind === 'roleSets' ? 'role sets' : kind, ...columns.map((column) => String(counts[column]))]
    })
    const lines = [head, ...rows].map(([first = '', ...cells]) => {
      return `${first.padEnd(13)}${cells.map((cell) => cell.padStart(11)).join('')}`
    })
    const reasons = this.skipped.map(({ kind, id, reason }) => `  ${singular[kind]} ${id}: ${reason}`)
    const more = this.total('skipped') - this.skipped.length
    const tail = more > 0 ? [`  and ${counted(more, 'thing')} more.`] : []
    return linesText([...lines, ...(reasons.length > 0 ? ['Skipped:', ...reasons, ...tail] : [])])
  }
}
