/** Our client as applications use it, with every organization of the questions in its cache. */

import { createRoleSetsClient } from '@rolesets/client'
import type { AskerOf } from '../load.ts'
import { organizationsAsked, questionOf } from '../questions.ts'
import { verify, type OpenAsker } from './asker.ts'

export async function open({ target }: AskerOf<'client'>): Promise<OpenAsker> {
  const roleSets = createRoleSetsClient({ target })
  await roleSets.ready()
  const everyOrganization = Array.from({ length: organizationsAsked }, (_, index) => questionOf(index))
  await roleSets.checkMany(everyOrganization.map(({ organizationId, role }) => ({ organizationId, role })))
  const ask = async (index: number) => {
    const { organizationId, role, isAllowed } = questionOf(index)
    const decision = await roleSets.check(organizationId, role)
    verify(decision.allowed, isAllowed, { organizationId, role })
  }
  return { questionsPerCall: 1, ask }
}
