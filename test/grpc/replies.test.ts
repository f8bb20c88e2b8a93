import test from 'ava'
import fc from 'fast-check'
import { loadContract, type CheckResponse } from '@rolesets/proto'
import { reusingReplies } from '../../packages/sidecar/src/grpc/replies.ts'

const { Decisions: decisions } = loadContract()

const result = fc.record({
  allowed: fc.boolean(),
  reason: fc.constantFrom('ROLE_IN_SET' as const, 'ROLE_NOT_IN_SET' as const, 'ORGANIZATION_UNKNOWN' as const),
  roleSet: fc.string(),
  roleSetId: fc.string(),
  organizationRegistered: fc.boolean(),
})

test('answers whose bytes are used again are read as if each had been encoded for itself', (t) => {
  const { Check, BatchCheck } = reusingReplies(decisions)
  fc.assert(
    fc.property(
      fc.array(result, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(4), { maxLength: 20 }),
      fc.string(),
      (answers, places, revision) => {
        const results = places.map((place) => answers[place % answers.length] as (typeof answers)[number])
        const batch = { results, revision }
        const plainly = decisions.BatchCheck.responseSerialize(batch)
        t.deepEqual(
          BatchCheck.responseDeserialize(BatchCheck.responseSerialize(batch)),
          BatchCheck.responseDeserialize(plainly),
        )
        for (const answer of answers) {
          const check: CheckResponse = { ...answer, revision }
          for (let time = 0; time < 2; time++)
            t.deepEqual(Check.responseSerialize(check), decisions.Check.responseSerialize(check))
        }
      },
    ),
  )
})
