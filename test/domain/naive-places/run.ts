/**
 * One write against the naive model: the faults that it has, and what it does to whom. All faults are collected, because the
 * text doesn't say which of several is named.
 */

import type { Administration } from '../../../packages/sidecar/src/service/administration.ts'
import { keyOfPlace, type Held, type NaiveHolder, type NaivePlace, type World } from './world.ts'

export const operations = [
  ...(['createRole', 'updateRole', 'deleteRole', 'createRoleSet', 'updateRoleSet', 'addRoles'] as const),
  ...(['replaceRole', 'replaceRoleSet', 'deleteRoleSet', 'updateSettings'] as const),
  ...(['createOrganization', 'deleteOrganization', 'assignRoleSet', 'renameScope'] as const),
  ...(['setScopeKind', 'deleteScopeKind', 'setScopeDefault', 'deleteScopeDefault'] as const),
  ...(['createMembership', 'updateMembership', 'deleteMembership', 'removeUser'] as const),
  ...(['createInvitation', 'createInvitations', 'revokeInvitation', 'acceptInvitation'] as const),
]

export type Operation = (typeof operations)[number]

/** As callers give them; an invitation is named by its place among all. */
export type Inputs = { readonly [Name in Operation]: Parameters<Administration[Name]>[0] }

export type Write = {
  readonly [Name in Operation]: { readonly operation: Name; readonly input: Inputs[Name] }
}[Operation]

export interface NaiveCounts {
  members: number
  invitations: number
  organizations: number
}

export interface NaiveImpact {
  /** Each once, however many of its roles change. */
  members: number
  invitations: number
  /** Those whose roles change, that move, or that go. */
  organizations: number
  /** Scopes that get another set, or whose roles change. */
  places: number
  endedInvitations: number
  /** By `<role> to <role>`; the second is empty for what ends. */
  roles: Record<string, NaiveCounts>
  /** Who needs a mapping, by role. */
  required: Record<string, NaiveCounts>
}

export class Refused extends Error {}

export class Run {
  readonly world: World
  /** Why it must be refused. */
  readonly faults = new Set<string>()
  /** Why it may be refused, too: a write that changes nothing, and would be refused if it did. */
  readonly permitted = new Set<string>()
  readonly impact: NaiveImpact = {
    ...{ members: 0, invitations: 0, organizations: 0, places: 0, endedInvitations: 0 },
    ...{ roles: {}, required: {} },
  }
  readonly #seen = new Set<string>()
  readonly #counted = new Set<NaiveHolder>()

  constructor(world: World) {
    this.world = world
  }

  demand(condition: unknown, code: string): void {
    if (!condition) this.faults.add(code)
  }

  /** Without the thing, nothing more can be said about the write. */
  need<T>(thing: T | undefined, code: string): T {
    if (thing !== undefined) return thing
    this.faults.add(code)
    throw new Refused(code)
  }

  /** Further faults can't be looked for in what is not well-formed. */
  settle(): void {
    if (this.faults.size > 0) throw new Refused([...this.faults].join())
  }

  /** A holder gets a role instead of another one, or loses it with what ends. */
  note({ kind, holder }: Held, from: string, to: string): void {
    this.#count(this.impact.roles, `${from} to ${to}`, { kind, org: holder.org })
    if (this.#counted.has(holder)) return
    this.#counted.add(holder)
    this.impact[kind] += 1
  }

  noteRequired({ kind, holder }: Held, role: string): void {
    this.#count(this.impact.required, role, { kind, org: holder.org })
  }

  notePlace(place: NaivePlace): void {
    const key = `place ${keyOfPlace(place)}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.impact[place.scope === '' ? 'organizations' : 'places'] += 1
  }

  #count(table: Record<string, NaiveCounts>, key: string, { kind, org }: Pick<Held, 'kind'> & { org: string }): void {
    const counts = (table[key] ??= { members: 0, invitations: 0, organizations: 0 })
    counts[kind] += 1
    const seen = `${table === this.impact.roles} ${key} ${org}`
    if (!this.#seen.has(seen)) counts.organizations += 1
    this.#seen.add(seen)
  }
}
