/** The service `Decisions`. A question whose answer is in memory is answered in the tick in which it is read. */

import type { BatchCheckRequest__Output, CheckRequest__Output, DecisionsHandlers } from '@rolesets/proto'
import type { CheckAnswer } from '../service/decisions/answers.ts'
import type { BatchAnswer, Decisions } from '../service/decisions/decisions.ts'
import { unary, type Call, type Endpoint } from './handler.ts'
import { roleMessage } from './messages.ts'

export function decisionsHandlers(decisions: Decisions, endpoint: Endpoint): DecisionsHandlers {
  const { observer } = endpoint

  function observed(answer: CheckAnswer, startedAt: number): CheckAnswer {
    observer.decided(answer.reason, performance.now() - startedAt)
    return answer
  }

  function observedBatch({ results, revision }: BatchAnswer) {
    for (const { reason } of results) observer.decided(reason)
    return { results: [...results], revision }
  }

  return {
    Check: unary(endpoint, 'read', (request: CheckRequest__Output, call) => {
      const startedAt = performance.now()
      const now = decisions.checkNow(request, request.atLeastRevision)
      if (now !== undefined) return observed(now, startedAt)
      return decisions.check(request, readCall(request, call)).then((answer) => observed(answer, startedAt))
    }),

    BatchCheck: unary(endpoint, 'read', (request: BatchCheckRequest__Output, call) => {
      const now = decisions.batchCheckNow(request.checks, request.atLeastRevision)
      if (now !== undefined) return observedBatch(now)
      return decisions.batchCheck(request.checks, readCall(request, call)).then(observedBatch)
    }),

    ListAvailableRoles: unary(endpoint, 'read', async (request, call) => {
      const found = await decisions.listAvailableRoles(request.organizationId, readCall(request, call))
      const { roles, roleSet, organizationRegistered, revision } = found
      return {
        roles: roles.map(roleMessage),
        defaultRole: roleSet.defaultRole,
        creatorRole: roleSet.creatorRole,
        roleSet: roleSet.key,
        roleSetId: roleSet.id,
        organizationRegistered,
        revision,
      }
    }),
  }
}

/** A call that waits for a revision can take long, and must not hold up a server that stops. */
function readCall({ atLeastRevision }: { atLeastRevision: string }, call: Call) {
  return { atLeastRevision, signal: atLeastRevision === '' ? call.signal : call.waitSignal }
}
