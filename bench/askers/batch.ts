/** Plain grpc-js, many questions in each call. */

import type { BatchCheckResponse__Output } from '@rolesets/proto'
import { openDecisions } from '../decisions-channel.ts'
import type { AskerOf } from '../load.ts'
import { questionOf } from '../questions.ts'
import { verify, type OpenAsker } from './asker.ts'

export function open({ target, questionsPerCall }: AskerOf<'batch'>): OpenAsker {
  const decisions = openDecisions(target)
  const ask = async (index: number) => {
    const questions = Array.from({ length: questionsPerCall }, (_, place) =>
      questionOf(index * questionsPerCall + place),
    )
    const checks = questions.map(({ organizationId, role }) => ({ organizationId, role }))
    const answer = await new Promise<BatchCheckResponse__Output | undefined>((resolve, reject) => {
      decisions.BatchCheck({ checks }, (error, reply) => (error ? reject(error) : resolve(reply)))
    })
    questions.forEach((question, place) => verify(answer?.results[place]?.allowed, question.isAllowed, question))
  }
  return { questionsPerCall, ask }
}
