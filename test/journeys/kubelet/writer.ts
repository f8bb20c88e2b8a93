/** Adds members all the time, and remembers which writes were acknowledged. */

import { setTimeout as pause } from 'node:timers/promises'
import { isRoleSetsError, type RoleSetsClient } from '@rolesets/client'
import { Changing } from './changing.ts'
import type { Teardown } from './kubelet.ts'

const organizationId = 'org_pro'

export class Writer extends Changing {
  readonly acknowledged: string[] = []
  /** The codes of the others. Whether such a write was done isn't known. */
  readonly codes = new Set<string>()
  readonly #operator: RoleSetsClient
  readonly #lanes: readonly Promise<void>[]
  #isOver = false

  constructor(t: Teardown, operator: RoleSetsClient, lanes = 3) {
    super()
    this.#operator = operator
    this.#lanes = Array.from({ length: lanes }, (_, lane) => this.#write(lane))
    t.teardown(() => this.end())
  }

  async more(count: number): Promise<void> {
    const goal = this.acknowledged.length + count
    const describe = () => `${this.acknowledged.length} acknowledged, otherwise ${[...this.codes].join(', ')}`
    await this.until('acknowledged writes', () => this.acknowledged.length >= goal, describe)
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#lanes)
  }

  /** Acknowledged, and not there. */
  async lost(): Promise<readonly string[]> {
    const found = new Set<string>()
    let pageToken = ''
    do {
      const page = await this.#operator.admin.listMemberships({ organizationId, pageSize: 500, pageToken })
      for (const { userId } of page.memberships) found.add(userId)
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    return this.acknowledged.filter((userId) => !found.has(userId))
  }

  async #write(lane: number): Promise<void> {
    for (let turn = 0; !this.#isOver; turn++) {
      const userId = `user_${lane}_${turn}`
      try {
        await this.#operator.admin.createMembership({ organizationId, userId, role: 'org:member' })
        this.acknowledged.push(userId)
      } catch (error) {
        this.codes.add(isRoleSetsError(error) ? error.code : String(error))
        await pause(20)
      }
      this.changed()
    }
  }
}
