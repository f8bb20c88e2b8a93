/**
 * Cerbos's own client. Cerbos stores no organizations, so each question contains the organization's role set, as if its
 * look-up cost nothing: the role set is the principal's role, and the role to be granted is the action.
 */

import { GRPC } from '@cerbos/grpc'
import type { AskerOf } from '../load.ts'
import { questionOf } from '../questions.ts'
import { verify, type OpenAsker } from './asker.ts'

export const resourceKind = 'organization'

/** A role set as a role of Cerbos. Its names must not contain a colon. */
export function cerbosRoleOf(roleSet: string): string {
  return roleSet.replace(':', '_')
}

export function open({ target, questionsPerCall }: AskerOf<'cerbos'>): OpenAsker {
  const cerbos = new GRPC(target, { tls: false })
  const askOne = async (index: number) => {
    const { organizationId, role, roleSet, isAllowed } = questionOf(index)
    const principal = { id: 'user', roles: [cerbosRoleOf(roleSet)] }
    const allowed = await cerbos.isAllowed({
      principal,
      resource: { kind: resourceKind, id: organizationId },
      action: role,
    })
    verify(allowed, isAllowed, { organizationId, role })
  }
  const askMany = async (index: number) => {
    // A call of Cerbos has one principal, so all organizations of a batch have the same role set.
    const parity = index % 2
    const questions = Array.from({ length: questionsPerCall }, (_, place) =>
      questionOf(2 * (index * questionsPerCall + place) + parity),
    )
    const principal = { id: 'user', roles: [cerbosRoleOf(questions[0]?.roleSet ?? '')] }
    const resources = questions.map(({ organizationId, role }) => ({
      resource: { kind: resourceKind, id: organizationId },
      actions: [role],
    }))
    const answer = await cerbos.checkResources({ principal, resources })
    questions.forEach((question, place) => {
      verify(answer.results[place]?.isAllowed(question.role), question.isAllowed, question)
    })
  }
  return { questionsPerCall, ask: questionsPerCall === 1 ? askOne : askMany }
}
