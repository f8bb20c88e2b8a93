/** Plain grpc-js, one question in each call. */

import type { CheckResponse__Output } from '@rolesets/proto'
import { openDecisions } from '../decisions-channel.ts'
import type { AskerOf } from '../load.ts'
import { questionOf } from '../questions.ts'
import { verify, type OpenAsker } from './asker.ts'

export function open({ target, isConstant }: AskerOf<'check'>): OpenAsker {
  const decisions = openDecisions(target)
  const ask = async (index: number) => {
    const { organizationId, role, isAllowed } = questionOf(index)
    const answer = await new Promise<CheckResponse__Output | undefined>((resolve, reject) => {
      decisions.Check({ organizationId, role }, (error, reply) => (error ? reject(error) : resolve(reply)))
    })
    verify(answer?.allowed, isConstant || isAllowed, { organizationId, role })
  }
  return { questionsPerCall: 1, ask }
}
