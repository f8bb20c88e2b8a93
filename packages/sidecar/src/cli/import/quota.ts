/**
 * The member limit of one organization. The source can have more members than the limit, for example after the limit
 * was lowered. The import then lifts the limit here until all members are imported.
 */

import type { Written } from '@rolesets/client'
import type { ImportContext } from './context.ts'
import { isRefusal, tryWrite, type Refused } from './write.ts'

export class Quota {
  readonly #context: ImportContext
  readonly #organizationId: string
  readonly #max: number
  #lifted: Promise<Written | Refused> | undefined

  constructor(context: ImportContext, organizationId: string, max: number) {
    this.#context = context
    this.#organizationId = organizationId
    this.#max = max
  }

  /** Writes what takes room. @returns why it was refused, or undefined: it wasn't */
  async write(ask: () => Promise<Written>): Promise<Refused | undefined> {
    const answer = await tryWrite(ask)
    if (!isRefusal(answer)) return undefined
    if (answer.code !== 'membership_quota_exceeded' || this.#max === 0) return answer
    if (this.#context.dryRun) return undefined
    await (this.#lifted ??= this.#set(0))
    const again = await tryWrite(ask)
    return isRefusal(again) ? again : undefined
  }

  /** The limit as it should be. A run that ends before finds the other limit at its next one, and corrects it. */
  async restore(): Promise<void> {
    if (this.#lifted !== undefined) await this.#set(this.#max)
  }

  #set(maxAllowedMemberships: number): Promise<Written | Refused> {
    const { admin, calls } = this.#context
    const organizationId = this.#organizationId
    return tryWrite(() => admin.updateOrganization({ organizationId, maxAllowedMemberships }, calls))
  }
}
