/**
 * Whether a role could be granted in an organization or a scope of it at a time, and which write made it so. The facts of the
 * answer are put together as they were, the rule of every decision is asked, and the newest write among those that made the
 * facts is the reason. What is of scopes alone is in explain-scope.ts.
 *
 * The history doesn't have the setting that denies unregistered organizations, so the present one is used.
 */

import {
  type Catalogue,
  type Change,
  decide,
  editOf,
  type Decision,
  type OrganizationStanding,
  type PlaceOrigin,
  type Role,
  type SealedChangeSet,
} from '@rolesets/core'
import type { Reader } from '../../storage/store.ts'
import { indexOf, newest, roleInSet, roleSetThen, type ExplainedQuestion, type Facts } from './explain-facts.ts'
import { decideInScope } from './explain-scope.ts'
import { editOfId, isInitial, isThere, mapped, Moment, type Standing, type BeforeAfter } from './past.ts'

export interface Explained extends Decision {
  readonly because: SealedChangeSet | undefined
  readonly isRegistered: boolean
  /** It was deleted before, and so unknown by any setting (rule 20). */
  readonly wasDeleted: boolean
  /** Of a scope: why it had its role set; undefined: it had none, or the question is about the organization as a whole. */
  readonly origin?: PlaceOrigin | undefined
  /** Of a scope: what gave it its role set, or left it without one. */
  readonly placeBecause?: SealedChangeSet | undefined
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
  const facts = { moment, present, assignment, known, wasDeleted, named, place }
  const standing = {
    roleSetId: assignment.value ?? undefined,
    unknownOrganizations: wasDeleted ? ('deny' as const) : unknownOrganizations,
  }
  const decided = await (question.scope === ''
    ? decideInWhole(facts, question, standing)
    : decideInScope(facts, question, standing))
  return { ...decided, isRegistered: assignment.value !== null, wasDeleted }
}

async function decideInWhole(
  { moment, present, assignment, known, named, place }: Facts,
  { role, unknownOrganizations }: ExplainedQuestion,
  standing: OrganizationStanding,
) {
  const membership = await roleInSet(moment, { roleId: named.value?.id ?? '', roleSet: place.roleSet }, present)
  const catalogue = { ...present, roles: indexOf(named.value), roleSets: indexOf(place.roleSet) }
  const decision = decide(catalogue, { role }, standing)
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
  return { ...decision, because: newest(facts) }
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
  const roleSet = await roleSetThen(moment, id, present)
  if (roleSetId !== undefined) return { roleSet, since: undefined }
  const stepOf = (change: Change) => mapped(editOfId(change, 'role_set', id), isInitial)
  return { roleSet, since: (await moment.standing(id, stepOf, true)).since }
}

/** Which role had a key. */
function keyStepOf(change: Change, key: string): BeforeAfter<string | null> | undefined {
  const step = mapped(editOf(change, 'role'), (role) => (role?.key === key ? role.id : null))
  return step !== undefined && step.before === null && step.after === null ? undefined : step
}
