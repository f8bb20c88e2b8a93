/** The replies to questions, parsed. An answer that is older than what was asked for, or of another epoch, is rejected. */

import { formatRevision, mayFollow, reasons, storeNameOf, type Revision } from '@rolesets/core'
import * as read from '../wire/reading.ts'
import { flag, malformed, maybeFlag, maybeText, text } from '../wire/reading.ts'
import { ended, unregistered } from './catalogue.ts'
import type { AvailableRoles, Decision } from './decision.ts'

const readRevision = read.objectOf('the answer', { revision: read.revision })
const readBatch = read.objectOf('the answer', { results: read.listOf((result) => result) })
const readResult = read.objectOf('a result', {
  ...{ allowed: flag, reason: read.oneOf(reasons), organizationRegistered: flag },
  ...{ roleSet: maybeText, roleSetId: maybeText, permissionRetired: maybeFlag, organizationDeleted: maybeFlag },
})
const permissions = read.frozen(read.texts)
const readRole = read.objectOf('a role', { id: text, key: text, name: maybeText, description: maybeText, permissions })
const readAvailableRoles = read.objectOf('the answer', {
  ...{ roles: read.frozen(read.listOf(read.frozen(readRole))), defaultRole: text, creatorRole: maybeText },
  ...{ roleSet: text, roleSetId: text, organizationRegistered: flag },
})

/** An answer of the sidecar, the revision at which it was given, and what it says about assignments. */
export interface SidecarAnswer<Value> {
  readonly value: Value
  readonly revision: Revision
  /** Ids of the organizations' role sets, in the order of the questions; empty: not registered. */
  readonly roleSetIds: readonly string[]
  /** The sidecar denies organizations that it doesn't know: seen from the answer. */
  readonly unknownOrganizationsDenied: boolean
}

/** The first argument is the reply, and `atLeast` the revision that was asked for. */
export function parseCheck(reply: unknown, atLeast: Revision | undefined): SidecarAnswer<Decision> {
  const revision = revisionAtLeast(reply, atLeast)
  const { decision, roleSetId } = parseResult(reply, revision)
  return { value: decision, revision, roleSetIds: [roleSetId], unknownOrganizationsDenied: isDenied(decision) }
}

export function parseBatch(
  reply: unknown,
  count: number,
  atLeast: Revision | undefined,
): SidecarAnswer<readonly Decision[]> {
  const revision = revisionAtLeast(reply, atLeast)
  const { results } = readBatch(reply)
  if (results.length !== count) {
    throw malformed(`${count} questions were answered with ${results.length} results`)
  }
  const parsed = results.map((result) => parseResult(result, revision))
  const decisions = parsed.map(({ decision }) => decision)
  return {
    value: decisions,
    revision,
    roleSetIds: parsed.map(({ roleSetId }) => roleSetId),
    unknownOrganizationsDenied: decisions.some(isDenied),
  }
}

export function parseAvailableRoles(
  reply: unknown,
  organizationId: string,
  atLeast: Revision | undefined,
): SidecarAnswer<AvailableRoles> {
  const revision = revisionAtLeast(reply, atLeast)
  const { organizationRegistered, roleSetId, ...answer } = readAvailableRoles(reply)
  const value: AvailableRoles = Object.freeze({
    organizationId,
    ...answer,
    revision: formatRevision(revision),
    source: 'sidecar',
    stale: false,
    ...registeredFact(organizationRegistered),
  })
  const roleSetIds = [organizationRegistered ? roleSetId : unregistered]
  return { value, revision, roleSetIds, unknownOrganizationsDenied: false }
}

function revisionAtLeast(reply: unknown, atLeast: Revision | undefined): Revision {
  const { revision } = readRevision(reply)
  if (atLeast === undefined) return revision
  if (storeNameOf(revision.epoch) !== storeNameOf(atLeast.epoch))
    throw malformed('it is of another epoch than was asked for')
  // The sidecar has looked whether its history has the revision that was asked for.
  if (!mayFollow(revision, atLeast)) throw malformed('it is older than was asked for')
  return revision
}

function parseResult(result: unknown, revision: Revision) {
  const { reason, allowed, organizationRegistered: registered, ...answer } = readResult(result)
  const { roleSet, roleSetId, permissionRetired, organizationDeleted } = answer
  if (allowed !== (reason === 'ROLE_IN_SET')) throw malformed('`allowed` and `reason` contradict each other')
  const unknown = reason === 'ORGANIZATION_UNKNOWN'
  if (unknown && registered) throw malformed('an organization is reported as registered and as unknown')
  if (!unknown && (roleSet === '' || roleSetId === '')) throw malformed('`roleSet` or `roleSetId` is missing')
  if (permissionRetired && reason !== 'PERMISSION_UNKNOWN') throw malformed('a permission that is known is retired')
  if (organizationDeleted && !unknown) throw malformed('an organization is reported as deleted and as known')
  const more = {
    ...(permissionRetired ? ({ permissionRetired } as const) : {}),
    ...(organizationDeleted ? ({ organizationDeleted } as const) : {}),
  }
  const at = formatRevision(revision)
  const facts = { ...more, ...registeredFact(registered) }
  const decision: Decision = { allowed, reason, roleSet, revision: at, source: 'sidecar', ...facts }
  return {
    decision: Object.freeze(decision),
    roleSetId: registered ? roleSetId : organizationDeleted ? ended : unregistered,
  }
}

/** Nothing where it is as it mostly is. */
function registeredFact(isRegistered: boolean): Pick<Decision, 'organizationRegistered'> {
  return isRegistered ? {} : { organizationRegistered: false }
}

/** One that was deleted is unknown by any setting. */
function isDenied({ reason, organizationDeleted }: Decision): boolean {
  return reason === 'ORGANIZATION_UNKNOWN' && organizationDeleted !== true
}
