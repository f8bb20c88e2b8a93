/**
 * What explains an answer about a scope: also the own role set of the scope, the default of its key and its kind, as they were.
 * They are facts only as far as they decided, so that the write that is named is one that made the answer what it is.
 */

import {
  type Change,
  decide,
  editOf,
  type OrganizationStanding,
  type Place,
  type Reason,
  roleSetOfPlace,
  type RoleSetOfPlace,
  type ScopeDefault,
  type ScopeKind,
  kindOfScope,
} from '@rolesets/core'
import {
  indexOf,
  newest,
  roleInSet,
  roleSetThen,
  type ExplainedQuestion,
  type Facts,
  type Since,
} from './explain-facts.ts'
import { callsAboutMembers, isThere, mapped, type BeforeAfter, type Standing } from './past.ts'

/** What gave a scope its role set. */
interface ScopeFacts {
  readonly place: Place
  readonly kind: Standing<ScopeKind | null>
  readonly byDefault: Standing<ScopeDefault | null>
  readonly own: Standing<string | null>
}

/** @throws NotKept */
export async function decideInScope(facts: Facts, question: ExplainedQuestion, standing: OrganizationStanding) {
  const { moment, present, named } = facts
  const { scope } = question
  const ofScope = await scopeFacts(facts, question)
  const { kind, byDefault, own } = ofScope
  const then = { ...present, scopeKinds: mapOf(kind, kindOfScope(scope)), scopeDefaults: mapOf(byDefault, scope) }
  const whole = facts.place.roleSet
  const found = roleSetOfPlace(then, { scope, own: own.value, organizationRoleSetId: whole?.id ?? '' })
  const roleSet = 'reason' in found ? null : await roleSetThen(moment, found.roleSetId, present)
  const catalogue = { ...then, roles: indexOf(named.value), roleSets: indexOf(whole, roleSet) }
  const decision = decide(catalogue, question, { ...standing, scope, own: own.value })
  const because = await reasonsOf(decision.reason, { facts, question, ofScope, found, roleSet })
  return {
    ...decision,
    because: newest(because.all),
    placeBecause: newest(because.ofPlace),
    origin: decision.roleSet === undefined || 'reason' in found ? undefined : found.origin,
  }
}

async function scopeFacts({ moment, present, assignment, known }: Facts, place: Place): Promise<ScopeFacts> {
  const { scope } = place
  const kind = kindOfScope(scope)
  const presentKind = present.scopeKinds.get(kind) ?? null
  const presentDefault = present.scopeDefaults.get(scope) ?? null
  const since = known.since?.revision
  return {
    place,
    kind: await moment.standing(kind, (change) => editOfKind(change, kind), presentKind),
    byDefault: await moment.standing(aboutDefault(scope), (change) => editOfDefault(change, scope), presentDefault),
    own: assignment.value === null ? never(null) : await moment.ownRoleSet(place, since),
  }
}

interface Reasons {
  readonly facts: Facts
  readonly question: ExplainedQuestion
  readonly ofScope: ScopeFacts
  readonly found: RoleSetOfPlace
  readonly roleSet: Parameters<typeof roleInSet>[1]['roleSet']
}

/** `ofPlace`: what led to the role set of the scope; `all`: also what made the answer with this set. */
async function reasonsOf(reason: Reason, { facts, question, ofScope, found, roleSet }: Reasons) {
  const { moment, present, assignment, named } = facts
  if (reason === 'ORGANIZATION_UNKNOWN') return { all: [assignment], ofPlace: [] }
  const ofPlace = placeReasons(facts, ofScope, found)
  const registered = await registrationReasons(facts, question)
  if (reason === 'ROLE_UNKNOWN')
    return { all: [named, ...registered, ...(await hasSetReasons(facts, ofScope))], ofPlace }
  if (roleSet === null) return { all: [...ofPlace, ...registered], ofPlace }
  const membership = await roleInSet(moment, { roleId: named.value?.id ?? '', roleSet }, present)
  return { all: [...ofPlace, ...registered, named, membership], ofPlace }
}

/** Each step that was passed to get there: that there is no set of its own is a reason, too. */
function placeReasons(
  { assignment, place }: Facts,
  { kind, byDefault, own }: ScopeFacts,
  found: RoleSetOfPlace,
): readonly Since[] {
  if ('reason' in found) return found.reason === 'SCOPE_KIND_UNKNOWN' ? [kind] : [kind, byDefault, own]
  const steps = { own: [own], default: [byDefault, own], kind: [kind, byDefault, own] }
  return found.origin === 'organization' ? [...steps.kind, assignment, place] : steps[found.origin]
}

/** The organization counts only as far as its registration made a difference: an unknown one can have the initial set. */
async function registrationReasons({ moment, known }: Facts, question: ExplainedQuestion): Promise<readonly Since[]> {
  const { organizationId, unknownOrganizations } = question
  if (unknownOrganizations === 'deny') return [known]
  if (!known.value || known.since === undefined) return []
  return (await moment.wasDeletedBefore(organizationId, known.since.revision)) ? [known] : []
}

/**
 * Since when the scope has had a role set, whichever: as long as any of what gives it one has been there. A kind that has
 * scopes or defaults is not deleted.
 */
async function hasSetReasons(
  { moment }: Facts,
  { place, kind, byDefault, own }: ScopeFacts,
): Promise<readonly Since[]> {
  const { scope } = place
  const gives = (it: ScopeKind | null) => it !== null && it.fallback !== 'none'
  const giving = (change: Change) => mapped(editOfKind(change, kindOfScope(scope)), gives)
  const defaulting = (change: Change) => mapped(editOfDefault(change, scope), isThere)
  const ways = [
    ...(gives(kind.value) ? [await moment.standing(kindOfScope(scope), giving, true)] : []),
    ...(byDefault.value === null ? [] : [await moment.standing(aboutDefault(scope), defaulting, true)]),
    ...(own.value === null ? [] : [await moment.hasOwnRoleSet(place)]),
  ]
  return ways.sort((a, b) => (a.since?.revision ?? 0) - (b.since?.revision ?? 0)).slice(0, 1)
}

function editOfKind(change: Change, kind: string): BeforeAfter<ScopeKind | null> | undefined {
  const edit = editOf(change, 'scope_kind')
  return (edit?.after ?? edit?.before)?.kind === kind ? edit : undefined
}

function editOfDefault(change: Change, scope: string): BeforeAfter<ScopeDefault | null> | undefined {
  const edit = editOf(change, 'scope_default')
  return (edit?.after ?? edit?.before)?.scope === scope ? edit : undefined
}

function aboutDefault(subject: string) {
  return { subject, exceptOperations: callsAboutMembers }
}

function never<T>(value: T): Standing<T> {
  return { value, since: undefined }
}

function mapOf<T>({ value }: Standing<T | null>, key: string): ReadonlyMap<string, T> {
  return new Map(value === null ? [] : [[key, value]])
}
