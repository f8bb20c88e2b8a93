/** The service `Decisions`. A question whose answer is in memory is answered in the tick in which it is read. */

import type { BatchCheckRequest__Output, CheckRequest__Output, DecisionsHandlers } from '@rolesets/proto'
import type { CheckAnswer } from '../service/decisions/answers.ts'
import type { BatchAnswer } from '../service/decisions/decisions.ts'
import type { Service } from '../service/service.ts'
import { unary, type Call, type Endpoint } from './handler.ts'
import { memberDecisionsHandlers } from './member-decisions.ts'
import { roleMessage } from './messages.ts'
import type { GrpcObserver } from './observer.ts'
import { readCall } from './requests.ts'

type AnswerSource = Parameters<GrpcObserver['decided']>[1]

export function decisionsHandlers(
  { decisions, memberDecisions }: Pick<Service, 'decisions' | 'memberDecisions'>,
  endpoint: Endpoint,
): DecisionsHandlers {
  const { observer } = endpoint

  function observed(answer: CheckAnswer, source: AnswerSource, startedAt: number): CheckAnswer {
    observer.decided(answer.reason, source, performance.now() - startedAt)
    return answer
  }

  function observedBatch(
    { results, revision }: BatchAnswer,
    sourceOf: (place: number) => AnswerSource,
    startedAt: number,
  ) {
    results.forEach(({ reason }, place) => observer.decided(reason, sourceOf(place)))
    observer.batchAnswered(performance.now() - startedAt)
    return { results: [...results], revision }
  }

  async function checkLater(request: CheckRequest__Output, call: Call, startedAt: number): Promise<CheckAnswer> {
    let source: AnswerSource = 'memory'
    const answer = await decisions.check(request, { ...readCall(request, call), onRead: () => (source = 'store') })
    return observed(answer, source, startedAt)
  }

  async function batchCheckLater(request: BatchCheckRequest__Output, call: Call, startedAt: number) {
    const read = new Set<string>()
    const onRead = (organizationId: string) => read.add(organizationId)
    const batch = await decisions.batchCheck(request.checks, { ...readCall(request, call), onRead })
    const sourceOf = (place: number) => (read.has(request.checks[place]?.organizationId ?? '') ? 'store' : 'memory')
    return observedBatch(batch, sourceOf, startedAt)
  }

  return {
    Check: unary(endpoint, 'read', (request: CheckRequest__Output, call) => {
      const startedAt = performance.now()
      const now = decisions.checkNow(request, request.atLeastRevision)
      return now === undefined ? checkLater(request, call, startedAt) : observed(now, 'memory', startedAt)
    }),

    BatchCheck: unary(endpoint, 'read', (request: BatchCheckRequest__Output, call) => {
      const startedAt = performance.now()
      const now = decisions.batchCheckNow(request.checks, request.atLeastRevision)
      if (now === undefined) return batchCheckLater(request, call, startedAt)
      return observedBatch(now, () => 'memory', startedAt)
    }),

    ListAvailableRoles: unary(endpoint, 'read', async (request, call) => {
      const found = await decisions.listAvailableRoles(request, readCall(request, call))
      const { roles, roleSet, ...more } = found
      return {
        roles: roles.map(roleMessage),
        defaultRole: roleSet.defaultRole,
        creatorRole: roleSet.creatorRole,
        roleSet: roleSet.key,
        roleSetId: roleSet.id,
        ...more,
      }
    }),

    ...memberDecisionsHandlers(memberDecisions, endpoint),
  }
}
