/** What a story expects of a write: its impact, in few words. */

import type { ExecutionContext } from 'ava'
import type { Answer, Request, TestClient } from '../grpc/open-sidecar.ts'

/** As it comes over the wire. */
interface Impact extends Readonly<Record<string, unknown>> {
  readonly roles: readonly (Counted & { readonly toRole: string })[]
  readonly requiredMappings: readonly Counted[]
  readonly firstPlaces: readonly { readonly organizationId: string; readonly scope: string }[]
  readonly violations: readonly { readonly reason: string }[]
}

interface Counted {
  readonly role: string
  readonly members: number
  readonly invitations: number
  readonly organizations: number
}

export type Said = Readonly<Record<string, number | readonly string[]>>

/** The impact of a write, without what is zero or empty: `roles` with the numbers of members and invitations. */
export function impactOf(answer: Answer): Said {
  const { roles, firstPlaces, requiredMappings, violations, ...counts } = answer['impact'] as Impact
  const numbers = Object.entries(counts).map(([name, value]) => [name, Number(value)] as const)
  const lists = {
    roles: roles.map(
      ({ role, toRole, members, invitations }) => `${role} → ${toRole || '-'}: ${members} ${invitations}`,
    ),
    firstPlaces: firstPlaces.map(({ organizationId, scope }) => `${organizationId}/${scope}`),
    requiredMappings: requiredMappings.map(
      ({ role, members, invitations, organizations }) => `${role}: ${members} ${invitations} in ${organizations}`,
    ),
    violations: violations.map(({ reason }) => reason),
  }
  return Object.fromEntries([
    ...numbers.filter(([, value]) => value > 0),
    ...Object.entries(lists).filter(([, list]) => list.length > 0),
  ])
}

/** The dry run says what the write does, and the write does it. @returns what the dry run says */
export async function done(
  t: ExecutionContext,
  { write }: Pick<TestClient, 'write'>,
  call: string,
  request: Request,
): Promise<Said> {
  const planned = impactOf(await write(call, { ...request, dryRun: true }))
  t.deepEqual(planned, impactOf(await write(call, request)), `${call}: the dry run says what the write did`)
  return planned
}
