/** Seats in the naive model: those of members of the organization as a whole, and of pending invitations to it. */

import type { Run } from './run.ts'
import { isCurrent, isPending, type NaivePlace } from './world.ts'

/** After what was added. */
export function demandRoom(run: Run, org: string): void {
  const { members, invitations } = occupied(run, org)
  demandAtMost(run, org, members + invitations)
}

/** Before an invitation turns into a member. */
export function demandSeat(run: Run, org: string): void {
  demandAtMost(run, org, occupied(run, org).members + 1)
}

function demandAtMost(run: Run, org: string, seats: number): void {
  const quota = run.world.orgs[org]?.quota ?? 0
  run.demand(quota === 0 || seats <= quota, 'membership_quota_exceeded')
}

function occupied({ world }: Run, org: string) {
  const isWhole = (each: NaivePlace) => each.org === org && each.scope === ''
  return {
    members: world.members.filter((each) => isWhole(each) && isCurrent(world, each)).length,
    invitations: world.invitations.filter((each) => isWhole(each) && isPending(world, each)).length,
  }
}
