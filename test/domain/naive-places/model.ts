/** The naive model of places: rules 18, 19 and 22 over whatever a write does, and what it shows. */

import { catalogueRules } from './catalogue.ts'
import { peopleRules } from './people.ts'
import { Refused, Run, type Inputs, type NaiveImpact, type Operation, type Write } from './run.ts'
import { scopeRules } from './scopes.ts'
import {
  isCurrent,
  isEligible,
  isIn,
  keyOfPlace,
  memberOf,
  type NaiveHolder,
  type NaivePlace,
  type World,
} from './world.ts'

/** What a call says about the whole write. */
export interface How {
  readonly actingUserId?: string | undefined
  readonly grantPolicy?: 'subset' | 'any' | undefined
  readonly allowNoAdministrator?: boolean | undefined
}

export interface Judged {
  /** Why it must be refused; none: it must be done. */
  readonly faults: ReadonlySet<string>
  readonly impact: NaiveImpact
  /** The organizations that lose their last administrator, in order. */
  readonly withoutAdministrator: readonly string[]
  readonly after: World
}

const rules: { readonly [Name in Operation]: (run: Run, input: Inputs[Name]) => void } = {
  ...catalogueRules,
  ...scopeRules,
  ...peopleRules,
}

/** Leaves the world as it is: `after` is what becomes of it. */
export function judge(before: World, { operation, input }: Write, how: How = {}): Judged {
  const run = new Run(structuredClone(before))
  const { world } = run
  const ended = acting(before, { operation, input } as Write, how)
  try {
    // Each operation has an input of its own, which the compiler can't follow through the table.
    const carryOut = rules[operation] as (run: Run, input: unknown) => void
    carryOut(run, input)
    if (ended !== undefined) demandGrants(run, before, ended)
    run.settle()
  } catch (error) {
    if (!(error instanceof Refused)) throw error
  }
  if (ended?.isManager === false) run.faults.add('user_lacks_permission')
  const withoutAdministrator = run.faults.size > 0 ? [] : losing(before, world)
  const isRefusing = before.settings.lastAdministrator === 'refuse' && how.allowNoAdministrator !== true
  if (isRefusing) run.demand(withoutAdministrator.length === 0, 'organization_minimum_permissions_needed')
  return { faults: run.faults, impact: run.impact, withoutAdministrator, after: world }
}

interface Acting {
  readonly own: ReadonlySet<string>
  readonly isManager: boolean
  readonly policy: 'subset' | 'any'
}

/** Rule 18: what the user holds in the place and in its organization, before the write. */
function acting(before: World, write: Write, { actingUserId, grantPolicy = 'subset' }: How): Acting | undefined {
  if (actingUserId === undefined) return undefined
  const { org, scope } = placeOf(before, write)
  const memberships = ['', scope].flatMap((each) => memberOf(before, { org, scope: each }, actingUserId) ?? [])
  const own = new Set(memberships.flatMap(({ roles }) => roles.flatMap((role) => before.roles[role] ?? [])))
  return { own, isManager: own.has('org:sys_memberships:manage'), policy: grantPolicy }
}

function placeOf(world: World, { operation, input }: Write): NaivePlace {
  const named = input as { readonly organizationId: string; readonly scope?: string; readonly invitationId?: string }
  const place = { org: named.organizationId, scope: named.scope ?? '' }
  if (operation !== 'revokeInvitation' || named.scope !== undefined) return place
  const found = world.invitations[Number(named.invitationId)]
  return found?.org === place.org ? found : place
}

function demandGrants(run: Run, before: World, { own, policy }: Acting): void {
  const current = (world: World) => world.members.filter((each) => isCurrent(world, each))
  const had = new Map(current(before).map((each) => [keyOfMember(each), each] as const))
  const given = [
    ...current(run.world).flatMap((each) => {
      const former = had.get(keyOfMember(each))
      // More time is given as a role is.
      return former !== undefined && each.until > former.until ? each.roles : added(former?.roles, each)
    }),
    ...run.world.invitations.flatMap((each, place) => added(before.invitations[place]?.roles, each)),
  ]
  const isWithin = given.every((role) => run.world.roles[role]?.every((permission) => own.has(permission)))
  run.demand(policy === 'any' || isWithin, 'grant_exceeds_own')
}

function keyOfMember(member: NaivePlace & { readonly user: string }): string {
  return `${keyOfPlace(member)} ${member.user}`
}

function added(had: readonly string[] = [], { roles }: NaiveHolder): string[] {
  return roles.filter((role) => !had.includes(role))
}

/**
 * Rule 19: organizations that are still there, had an administrator, and have none. Nobody is asked when a membership ends by
 * itself, so one with an end doesn't take the place of one without.
 */
function losing(before: World, after: World): string[] {
  const managed = (world: World, org: string) =>
    world.members
      .filter((each) => isIn({ org, scope: '' })(each) && isCurrent(world, each))
      .filter(({ roles }) => roles.some((role) => isEligible(world, role)))
      .map(({ until }) => until === Infinity)
  return Object.keys(after.orgs)
    .filter((org) => {
      const [had, has] = [managed(before, org), managed(after, org)]
      return had.includes(true) ? !has.includes(true) : had.length > 0 && has.length === 0
    })
    .sort()
}
