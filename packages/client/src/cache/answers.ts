/** The replies to questions, parsed. An answer that is older than what was asked for, or of another epoch, is rejected. */

import { formatRevision, mayFollow, reasons, storeNameOf, type Place, type Revision } from '@rolesets/core'
import { RoleSetsError } from '../errors.ts'
import * as read from '../wire/reading.ts'
import { flag, malformed, maybeFlag, maybeText, text } from '../wire/reading.ts'
import { ended, unregistered } from './catalogue.ts'
import type { AvailableRoles, Decision, RareFacts } from './decision.ts'

const readRevision = read.objectOf('the answer', { revision: read.revision })
const readBatch = read.objectOf('the answer', { results: read.listOf((result) => result) })
const scopeFields = { inScope: maybeFlag, organizationRoleSetId: maybeText, ownRoleSetId: maybeText }
const readResult = read.objectOf('a result', {
  ...{ allowed: flag, reason: read.oneOf(reasons), organizationRegistered: flag },
  ...{ roleSet: maybeText, roleSetId: maybeText, permissionRetired: maybeFlag, organizationDeleted: maybeFlag },
  ...scopeFields,
})
const permissions = read.frozen(read.texts)
const readRole = read.objectOf('a role', { id: text, key: text, name: maybeText, description: maybeText, permissions })
const readAvailableRoles = read.objectOf('the answer', {
  ...{ roles: read.frozen(read.listOf(read.frozen(readRole))), defaultRole: text, creatorRole: maybeText },
  ...{ roleSet: text, roleSetId: text, organizationRegistered: flag },
  ...scopeFields,
})

/** An answer of the sidecar, the revision at which it was given, and what it says about assignments. */
export interface SidecarAnswer<Value> {
  readonly value: Value
  readonly revision: Revision
  /** In the order of the questions. */
  readonly assignments: readonly AssignmentsOfPlace[]
  /** The sidecar denies organizations that it doesn't know: seen from the answer. */
  readonly unknownOrganizationsDenied: boolean
}

/** What an answer says of the place of its question. */
export interface AssignmentsOfPlace {
  /** Id of the organization's role set; `unregistered` or `ended` where the store doesn't have it. */
  readonly whole: string
  /** Id of the role set that the scope has of its own; null: none. Undefined: the question was about no scope. */
  readonly own: string | null | undefined
}

/** The first argument is the reply, and `atLeast` the revision that was asked for. */
export function parseCheck(reply: unknown, { scope }: Place, atLeast: Revision | undefined): SidecarAnswer<Decision> {
  const revision = revisionAtLeast(reply, atLeast)
  const { decision, assignments } = parseResult(reply, scope, revision)
  return { value: decision, revision, assignments: [assignments], unknownOrganizationsDenied: isDenied(decision) }
}

export function parseBatch(
  reply: unknown,
  places: readonly Place[],
  atLeast: Revision | undefined,
): SidecarAnswer<readonly Decision[]> {
  const revision = revisionAtLeast(reply, atLeast)
  const { results } = readBatch(reply)
  if (results.length !== places.length) {
    throw malformed(`${places.length} questions were answered with ${results.length} results`)
  }
  const parsed = results.map((result, at) => parseResult(result, places[at]?.scope ?? '', revision))
  const decisions = parsed.map(({ decision }) => decision)
  return {
    value: decisions,
    revision,
    assignments: parsed.map(({ assignments }) => assignments),
    unknownOrganizationsDenied: decisions.some(isDenied),
  }
}

export function parseAvailableRoles(
  reply: unknown,
  { organizationId, scope }: Place,
  atLeast: Revision | undefined,
): SidecarAnswer<AvailableRoles> {
  const revision = revisionAtLeast(reply, atLeast)
  const { organizationRegistered, roleSetId, inScope, organizationRoleSetId, ownRoleSetId, ...answer } =
    readAvailableRoles(reply)
  checkKnowsScopes(inScope, scope)
  const value: AvailableRoles = Object.freeze({
    organizationId,
    ...(scope === '' ? {} : { scope }),
    ...answer,
    revision: formatRevision(revision),
    source: 'sidecar',
    stale: false,
    ...registeredFact(organizationRegistered),
  })
  const wholeId = scope === '' ? roleSetId : organizationRoleSetId
  const whole = keptRoleSetId(wholeId, { organizationRegistered, organizationDeleted: false })
  const assignments = [{ whole, own: scope === '' ? undefined : ownRoleSetId || null }]
  return { value, revision, assignments, unknownOrganizationsDenied: false }
}

/** A sidecar that doesn't know scopes answers for the organization as a whole, which may offer more. */
export function checkKnowsScopes(inScope: boolean, scope: string): void {
  if (inScope === (scope !== '')) return
  if (inScope) throw malformed('it is about a scope, and none was asked about')
  const message =
    'The sidecar is of a version that knows no scopes, so there is no decision about one. Upgrade the sidecar.'
  throw new RoleSetsError('unavailable', message, { detail: 'scopes_unknown' })
}

/** @throws RoleSetsError when the answer is older than what was asked for, or of another epoch */
export function revisionAtLeast(reply: unknown, atLeast: Revision | undefined): Revision {
  const { revision } = readRevision(reply)
  if (atLeast === undefined) return revision
  if (storeNameOf(revision.epoch) !== storeNameOf(atLeast.epoch))
    throw malformed('it is of another epoch than was asked for')
  // The sidecar has looked whether its history has the revision that was asked for.
  if (!mayFollow(revision, atLeast)) throw malformed('it is older than was asked for')
  return revision
}

function parseResult(result: unknown, scope: string, revision: Revision) {
  const { reason, allowed, organizationRegistered: registered, ...answer } = readResult(result)
  const { roleSet, roleSetId, permissionRetired, organizationDeleted } = answer
  checkKnowsScopes(answer.inScope, scope)
  if (allowed !== (reason === 'ROLE_IN_SET')) throw malformed('`allowed` and `reason` contradict each other')
  const unknown = reason === 'ORGANIZATION_UNKNOWN'
  checkOrganization(unknown, { organizationRegistered: registered, organizationDeleted })
  const isWithout = reason === 'SCOPE_KIND_UNKNOWN' || reason === 'SCOPE_UNASSIGNED'
  if (isWithout && scope === '') throw malformed('an organization as a whole is answered as a scope')
  if (!unknown && !isWithout && (roleSet === '' || roleSetId === ''))
    throw malformed('`roleSet` or `roleSetId` is missing')
  if (permissionRetired && reason !== 'PERMISSION_UNKNOWN') throw malformed('a permission that is known is retired')
  const at = formatRevision(revision)
  const facts = rareFacts({ permissionRetired, organizationDeleted, organizationRegistered: registered })
  const decision: Decision = { allowed, reason, roleSet, revision: at, source: 'sidecar', ...facts }
  const wholeId = scope === '' ? roleSetId : answer.organizationRoleSetId
  if (registered && wholeId === '') throw malformed('`organizationRoleSetId` is missing')
  const whole = keptRoleSetId(wholeId, { organizationRegistered: registered, organizationDeleted })
  const own = scope === '' ? undefined : answer.ownRoleSetId || null
  return { decision: Object.freeze(decision), assignments: { whole, own } satisfies AssignmentsOfPlace }
}

/** What an answer says of the organization. */
interface OrganizationFacts {
  readonly organizationRegistered: boolean
  readonly organizationDeleted: boolean
}

/** @param isUnknown by the reason of the answer */
export function checkOrganization(
  isUnknown: boolean,
  { organizationRegistered, organizationDeleted }: OrganizationFacts,
): void {
  if (isUnknown && organizationRegistered) throw malformed('an organization is reported as registered and as unknown')
  if (organizationDeleted && !isUnknown) throw malformed('an organization is reported as deleted and as known')
}

/** What the cache keeps of an organization: the id of its role set, or why it has none. */
export function keptRoleSetId(id: string, { organizationRegistered, organizationDeleted }: OrganizationFacts): string {
  return organizationRegistered ? id : organizationDeleted ? ended : unregistered
}

/** The facts that a decision leaves out where they are as they mostly are. */
export function rareFacts({
  permissionRetired,
  organizationDeleted,
  organizationRegistered,
}: OrganizationFacts & { readonly permissionRetired: boolean }): RareFacts {
  return {
    ...(permissionRetired && { permissionRetired }),
    ...(organizationDeleted && { organizationDeleted }),
    ...registeredFact(organizationRegistered),
  }
}

/** Nothing where it is as it mostly is. */
function registeredFact(isRegistered: boolean): Pick<RareFacts, 'organizationRegistered'> {
  return isRegistered ? {} : { organizationRegistered: false }
}

/** One that was deleted is unknown by any setting. */
function isDenied({ reason, organizationDeleted }: Decision): boolean {
  return reason === 'ORGANIZATION_UNKNOWN' && organizationDeleted !== true
}
