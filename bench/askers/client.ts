/** Our client as applications use it: from its cache, once it has asked for an organization. */

import { createRoleSetsClient } from '@rolesets/client'
import type { AskerOf } from '../load.ts'
import { questionOf } from '../questions.ts'
import { verify, type OpenAsker } from './asker.ts'

export async function open({ target }: AskerOf<'client'>): Promise<OpenAsker> {
  const roleSets = createRoleSetsClient({ target })
  await roleSets.ready()
  const ask = async (index: number) => {
    const { organizationId, role, isAllowed } = questionOf(index)
    const decision = await roleSets.check(organizationId, role)
    verify(decision.allowed, isAllowed, { organizationId, role })
  }
  return { questionsPerCall: 1, ask }
}
