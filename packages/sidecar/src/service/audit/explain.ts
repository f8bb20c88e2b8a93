/**
 * Whether a role could be granted in an organization at a time, and which write made it so. The facts of the answer are
 * put together as they were, the rule of every decision is asked, and the newest write among those that made the facts is
 * the reason.
 *
 * The history doesn't have the setting that denies unregistered organizations, so the present one is used.
 */

import {
  type Catalogue,
  type Change,
  decide,
  editOf,
  type Decision,
  Index,
  type Role,
  type RoleSet,
  type SealedChangeSet,
  type UnknownOrganizations,
} from '@rolesets/core'
import type { Reader } from '../../storage/store.ts'
import { editOfId, isInitial, mapped, Moment, type Standing, type BeforeAfter } from './past.ts'

export interface ExplainedQuestion {
  readonly organizationId: string
  /** Key or id. */
  readonly role: string
  readonly revision: number
  readonly unknownOrganizations: UnknownOrganizations
}

export interface Explained extends Decision {
  readonly because: SealedChangeSet | undefined
  readonly isRegistered: boolean
  /** It was deleted before, and so unknown by any setting (rule 20). */
  readonly wasDeleted: boolean
}

/** @throws NotKept */
export async function explainAt(reader: Reader, present: Catalogue, question: ExplainedQuestion): Promise<Explained> {
  const { organizationId, role: ref, revision, unknownOrganizations } = question
  const moment = new Moment(reader, present, revision)
  const assignment = await moment.assignment(organizationId)
  const known = await registration(moment, organizationId)
  const wasDeleted = assignment.value === null && (await isEnded(reader, known, organizationId))
  const named = await namedRole(moment, ref, present)
  const place = await placeOf(moment, assignment.value ?? undefined, present)
  const membership = await roleInSet(moment, { roleId: named.value?.id ?? '', roleSet: place.roleSet }, present)
  const catalogue = { ...present, roles: indexOf(named.value), roleSets: indexOf(place.roleSet) }
  const decision = decide(
    catalogue,
    { role: ref },
    { roleSetId: assignment.value ?? undefined, unknownOrganizations: wasDeleted ? 'deny' : unknownOrganizations },
  )
  const facts = {
    ORGANIZATION_UNKNOWN: [assignment],
    ROLE_UNKNOWN: unknownOrganizations === 'deny' ? [named, known] : [named],
    ROLE_IN_SET: [assignment, place, named, membership],
    ROLE_NOT_IN_SET: [assignment, place, named, membership],
    PERMISSION_NOT_IN_ROLE: [],
    PERMISSION_UNKNOWN: [],
    SCOPE_KIND_UNKNOWN: [],
    SCOPE_UNASSIGNED: [],
  }[decision.reason]
  return { ...decision, because: newest(facts), isRegistered: assignment.value !== null, wasDeleted }
}

/** Since when the organization is known; of one that isn't, since when it is gone. */
async function registration(moment: Moment, organizationId: string): Promise<Standing<boolean>> {
  return moment.standing(
    organizationId,
    (change) => mapped(editOfId(change, 'organization', organizationId), isThere),
    true,
  )
}

/** Of one that wasn't there: whether it had been. Without a trace in the kept history, what is remembered now says it. */
async function isEnded(reader: Reader, known: Standing<boolean>, organizationId: string): Promise<boolean> {
  if (!known.value) return known.since !== undefined
  return (await reader.deletedOrganizations([organizationId])).has(organizationId)
}

/** The role that had the key, or has the id. */
async function namedRole(moment: Moment, ref: string, present: Catalogue): Promise<Standing<Role | null>> {
  const holder = await moment.standing(ref, (change) => keyStepOf(change, ref), present.roles.byKey(ref)?.id ?? null)
  const id = holder.value ?? ref
  const { value } = await moment.standing(id, (change) => editOfId(change, 'role', id), present.roles.byId(id) ?? null)
  if (holder.value !== null) return { value, since: holder.since }
  const existence = await moment.standing(id, (change) => mapped(editOfId(change, 'role', id), isThere), value !== null)
  return { value, since: existence.since ?? holder.since }
}

/** The organization's role set, or the initial one, which counts for unregistered ones. */
async function placeOf(moment: Moment, roleSetId: string | undefined, present: Catalogue) {
  const id = roleSetId ?? (await moment.initialRoleSet())
  const presently = present.roleSets.byId(id) ?? null
  const { value: roleSet } = await moment.standing(id, (change) => editOfId(change, 'role_set', id), presently)
  if (roleSetId !== undefined) return { roleSet, since: undefined }
  const stepOf = (change: Change) => mapped(editOfId(change, 'role_set', id), isInitial)
  return { roleSet, since: (await moment.standing(id, stepOf, true)).since }
}

/** Null: there was no such set. */
async function roleInSet(
  moment: Moment,
  { roleId, roleSet }: { readonly roleId: string; readonly roleSet: RoleSet | null },
  present: Catalogue,
): Promise<Standing<boolean | null>> {
  const id = roleSet?.id ?? ''
  const holds = (set: RoleSet | null) => set?.roleIds.includes(roleId) ?? null
  const presently = holds(present.roleSets.byId(id) ?? null)
  return moment.standing(id, (change) => mapped(editOfId(change, 'role_set', id), holds), presently)
}

/** Which role had a key. */
function keyStepOf(change: Change, key: string): BeforeAfter<string | null> | undefined {
  const step = mapped(editOf(change, 'role'), (role) => (role?.key === key ? role.id : null))
  return step !== undefined && step.before === null && step.after === null ? undefined : step
}

function isThere(thing: object | null): boolean {
  return thing !== null
}

function indexOf<T extends { readonly id: string; readonly key: string }>(thing: T | null): Index<T> {
  return new Index(thing === null ? [] : [thing])
}

function newest(facts: readonly { readonly since: SealedChangeSet | undefined }[]): SealedChangeSet | undefined {
  return facts.flatMap(({ since }) => since ?? []).sort((a, b) => b.revision - a.revision)[0]
}
