/**
 * Which revisions a store has been at, and how each is named. A process names what it writes by a timeline of its own, which
 * begins with its first write. So a copy of a store that was put back goes on under another name than the store that was
 * lost, however the copy came into place, and a revision that was lost is known by its name.
 *
 * The process that made the store goes on with the name of the store, and so needs no row.
 */

import { epochOf, formatRevision, storeNameOf, type Revision } from '@rolesets/core'
import type { Lineage, Timeline } from '../store.ts'

export interface History {
  /** The name of the store. */
  readonly epoch: string
  /** The number of the last revision. */
  readonly revision: number
  /** All but the first one, in the order of their beginnings. */
  readonly timelines: readonly Timeline[]
}

interface Naming {
  /** Of the timeline that this process begins; undefined: it goes on with the last one. */
  readonly name: string | undefined
  /** Another store makes the revisions: a timeline that isn't known yet may be the next one there. */
  readonly isFollower: boolean
}

export function lineageOf(history: History, { name, isFollower }: Naming): Lineage {
  const all = [{ epoch: history.epoch, after: -1 }, ...history.timelines]
  const next = name === undefined ? undefined : beginning(history, name)
  const isAhead = next !== undefined && !all.some(({ epoch }) => epoch === next.epoch)
  return {
    timelines: history.timelines,
    textOf: (number) => {
      // A reader can be ahead of what was published by the write that begins the timeline.
      if (isAhead && number > history.revision) return formatRevision({ epoch: next.epoch, number })
      return formatRevision({ epoch: all.findLast(({ after }) => number > after)?.epoch ?? history.epoch, number })
    },
    has: ({ epoch, number }: Revision) => {
      const place = all.findIndex((timeline) => timeline.epoch === epoch)
      if (place === -1 && isFollower)
        return storeNameOf(epoch) === storeNameOf(history.epoch) && number > history.revision
      if (place === -1) return isAhead && epoch === next.epoch
      const end = all[place + 1]?.after ?? (isAhead ? history.revision : Infinity)
      return number <= end
    },
  }
}

/** The timeline that begins after the last revision. */
export function beginning({ epoch, revision }: History, name: string): Timeline {
  return { epoch: epochOf({ store: storeNameOf(epoch), name }), after: revision }
}
