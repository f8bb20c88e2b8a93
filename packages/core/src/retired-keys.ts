/**
 * Keys that permissions had and that no permission has now, because it was deleted or got another key (rule 20). They differ
 * from keys that the store never knew: a token that still lists one must not count.
 */

import { limits } from './limits.ts'

/** Immutable. */
export class RetiredKeys {
  /** In the order in which they were retired. */
  readonly keys: ReadonlySet<string>
  /**
   * False: more keys were retired than are kept (`limits.retiredPermissionKeysMax`). Then every key that no permission has
   * is taken for retired. That refuses more than is necessary, and never less.
   */
  readonly isComplete: boolean

  constructor(keys: Iterable<string> = [], isComplete = true) {
    this.keys = new Set(keys)
    this.isComplete = isComplete
  }

  /** @param key one that no permission has */
  has(key: string): boolean {
    return !this.isComplete || this.keys.has(key)
  }

  /**
   * One change of a permission after the other, because a key can be retired and taken again within one change set.
   *
   * @param changes `from` is undefined for a new permission, `to` for one that is deleted
   */
  after(changes: readonly { readonly from: string | undefined; readonly to: string | undefined }[]): RetiredKeys {
    // Nearly all changes are of none: a permission is new, or keeps its key.
    const isOfNone = changes.every(({ from, to }) => from === to || (from === undefined && !this.keys.has(to ?? '')))
    if (isOfNone) return this
    const keys = new Set(this.keys)
    let { isComplete } = this
    for (const { from, to } of changes) {
      if (to !== undefined) keys.delete(to)
      if (from === undefined || from === to || keys.has(from)) continue
      if (keys.size < limits.retiredPermissionKeysMax) keys.add(from)
      else isComplete = false
    }
    return new RetiredKeys(keys, isComplete)
  }
}
