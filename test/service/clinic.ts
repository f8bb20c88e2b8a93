/** A clinic with a clock, for tests of memberships with an end: bob is a nurse there until `end`, also in the ward. */

import type { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import type { OpenedService } from './open-service.ts'
import { addRoleSet, openTestService, reading, writing } from './open-service.ts'

export const begin = 1_700_000_000_000
export const end = begin + 60_000
export const acme = 'org_acme'
export const ward = 'department:ward'
export const page = { ...reading(), pageSize: 0, pageToken: '' }

export const dry = () => writing({ dryRun: true })

export async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: Refusal) => error.code,
  )
}

export type Clinic = Awaited<ReturnType<typeof openClinic>>

export async function openClinic(t: Parameters<typeof openTestService>[0]) {
  const clock = { now: begin }
  const opened: OpenedService = await openTestService(t, { now: () => clock.now })
  const { admin } = opened
  await addRoleSet(opened, 'role_set:clinic', ['org:nurse', 'org:doctor'])
  await addRoleSet(opened, 'role_set:small', [])
  await addRoleSet(opened, 'role_set:wards', ['org:nurse'])
  await admin.setScopeKind({ kind: 'department', fallback: 'role_set', roleSet: 'role_set:wards' }, writing())
  await admin.createOrganization({ id: acme, roleSet: 'role_set:clinic', createdBy: 'ann' }, writing())
  await admin.createOrganization({ id: 'org_other', roleSet: 'role_set:clinic', createdBy: 'ann' }, writing())
  const join = (userId: string, role: string, more: { scope?: string; expiresAtMs?: number; id?: string } = {}) => {
    const { id: organizationId = acme, ...rest } = more
    return admin.createMembership({ organizationId, userId, role, ...rest }, writing())
  }
  await join('bob', 'org:nurse', { expiresAtMs: end })
  await join('bob', 'org:nurse', { scope: ward })
  return { ...opened, clock, join }
}
