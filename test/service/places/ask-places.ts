/** A few questions to a real service, as the naive model of places answers them. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Refusal } from '../../../packages/sidecar/src/domain/refusal.ts'
import { checked, memberChecked, scopesListed, type NaiveQuestion } from '../../domain/naive-places/answers.ts'
import type { World } from '../../domain/naive-places/world.ts'
import { reading, type OpenedService } from '../open-service.ts'

const often = <T>(some: readonly T[], ...rest: readonly T[]) =>
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...some) }, { weight: 1, arbitrary: fc.constantFrom(...rest) })

export const anyQuestions: fc.Arbitrary<readonly NaiveQuestion[]> = fc.array(
  fc.record({
    org: often(['o1', 'o1', 'o2'], 'o3'),
    scope: often(['', 'team:x', 'team:y', 'unit:x', 'unit:y', 'prod:x'], 'typo:x'),
    user: fc.constantFrom('u1', 'u2', 'u3', 'hal@x.io'),
    role: often(['org:admin', 'org:member', 'org:r1', 'org:r2', 'org:r3'], 'org:none'),
    permission: fc.constantFrom('', '', 'org:a:read', 'org:a:write', 'org:sys_memberships:manage', 'org:none:read'),
    reach: fc.constantFrom('PLACE', 'ORGANIZATION', 'EITHER'),
  }),
  { minLength: 4, maxLength: 4 },
)

/** @param note takes the reasons */
export async function compareAnswers(
  { service, admin }: OpenedService,
  world: World,
  { questions, note }: { readonly questions: readonly NaiveQuestion[]; readonly note: (reason: string) => void },
): Promise<void> {
  const { decisions, memberDecisions } = service
  for (const question of questions) {
    const what = JSON.stringify(question)
    const { org: organizationId, scope, user: userId, role, permission, reach } = question
    const place = { organizationId, scope }
    const { reason, roleSet } = await decisions.check({ ...place, role, permission }, reading())
    assert.deepEqual([reason, roleSet], checked(world, question), `check ${what}`)
    const asked = permission === '' ? { role, permission } : { role: '', permission }
    const held = await memberDecisions.checkMember({ ...place, userId, ...asked, anyRole: false, reach }, reading())
    assert.deepEqual({ reason: held.reason, roles: held.roles }, memberChecked(world, question), `member ${what}`)
    note(reason)
    note(held.reason)
  }
  const organizationId = questions[0]?.org ?? 'o1'
  const page = { ...reading(), pageSize: 500, pageToken: '' }
  const listed = await admin.listScopes({ organizationId }, page).catch((error: unknown) => {
    if (error instanceof Refusal && error.code === 'organization_not_found') return undefined
    throw error
  })
  const shown = listed?.items.map(({ scope, name, members, roleSet, origin }) =>
    [scope, name, members, roleSet, origin ?? ''].join(),
  )
  assert.deepEqual(shown?.sort(), scopesListed(world, organizationId), `scopes of ${organizationId}`)
}
