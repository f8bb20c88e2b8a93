/** The replies to questions, parsed. An answer that is older than what was asked for, or of another epoch, is rejected. */

import { formatRevision, reasons, type Revision } from '@rolesets/core'
import {
  booleanOf,
  fieldsOf,
  malformed,
  listOf,
  maybeTextOf,
  oneOf,
  revisionOf,
  textOf,
  textsOf,
} from '../wire/reading.ts'
import type { Fields } from '../wire/reading.ts'
import { unregistered } from './catalogue.ts'
import type { AvailableRole, AvailableRoles, Decision } from './decision.ts'

/** An answer of the sidecar, the revision at which it was given, and what it says about assignments. */
export interface SidecarAnswer<Value> {
  readonly value: Value
  readonly revision: Revision
  /** Ids of the organizations' role sets, in the order of the questions; empty: not registered. */
  readonly roleSetIds: readonly string[]
  /** The sidecar denies organizations that it doesn't know: seen from the answer. */
  readonly unknownOrganizationsDenied: boolean
}

/** `atLeast` is the revision that was asked for. */
export function parseCheck(reply: unknown, atLeast: Revision | undefined): SidecarAnswer<Decision> {
  const fields = fieldsOf(reply, 'the answer')
  const revision = revisionAtLeast(fields, atLeast)
  const { decision, roleSetId } = parseResult(fields, revision)
  return { value: decision, revision, roleSetIds: [roleSetId], unknownOrganizationsDenied: isDenied(decision) }
}

export function parseBatch(
  reply: unknown,
  count: number,
  atLeast: Revision | undefined,
): SidecarAnswer<readonly Decision[]> {
  const fields = fieldsOf(reply, 'the answer')
  const revision = revisionAtLeast(fields, atLeast)
  const results = listOf(fields, 'results')
  if (results.length !== count) {
    throw malformed(`${count} questions were answered with ${results.length} results`)
  }
  const parsed = results.map((result) => parseResult(fieldsOf(result, 'a result'), revision))
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
  const fields = fieldsOf(reply, 'the answer')
  const revision = revisionAtLeast(fields, atLeast)
  const roleSetId = textOf(fields, 'roleSetId')
  const value: AvailableRoles = Object.freeze({
    organizationId,
    roles: Object.freeze(listOf(fields, 'roles').map(parseAvailableRole)),
    defaultRole: textOf(fields, 'defaultRole'),
    creatorRole: textOf(fields, 'creatorRole'),
    roleSet: textOf(fields, 'roleSet'),
    revision: formatRevision(revision),
    source: 'sidecar',
    stale: false,
  })
  const isRegistered = booleanOf(fields, 'organizationRegistered')
  const roleSetIds = [isRegistered ? roleSetId : unregistered]
  return { value, revision, roleSetIds, unknownOrganizationsDenied: false }
}

function revisionAtLeast(fields: Fields, atLeast: Revision | undefined): Revision {
  const revision = revisionOf(fields)
  if (atLeast === undefined) return revision
  if (revision.epoch !== atLeast.epoch) throw malformed('it is of another epoch than was asked for')
  if (revision.number < atLeast.number) throw malformed('it is older than was asked for')
  return revision
}

function parseResult(fields: Fields, revision: Revision) {
  const reason = oneOf(fields, 'reason', reasons)
  const allowed = booleanOf(fields, 'allowed')
  if (allowed !== (reason === 'ROLE_IN_SET')) throw malformed('`allowed` and `reason` contradict each other')
  const registered = booleanOf(fields, 'organizationRegistered')
  const unknown = reason === 'ORGANIZATION_UNKNOWN'
  if (unknown && registered) throw malformed('an organization is reported as registered and as unknown')
  const roleSet = unknown ? maybeTextOf(fields, 'roleSet') : textOf(fields, 'roleSet')
  const roleSetId = unknown ? '' : textOf(fields, 'roleSetId')
  const decision: Decision = { allowed, reason, roleSet, revision: formatRevision(revision), source: 'sidecar' }
  return { decision: Object.freeze(decision), roleSetId: registered ? roleSetId : unregistered }
}

function isDenied(decision: Decision): boolean {
  return decision.reason === 'ORGANIZATION_UNKNOWN'
}

function parseAvailableRole(role: unknown): AvailableRole {
  const fields = fieldsOf(role, 'a role')
  return Object.freeze({
    id: textOf(fields, 'id'),
    key: textOf(fields, 'key'),
    name: maybeTextOf(fields, 'name'),
    description: maybeTextOf(fields, 'description'),
    permissions: Object.freeze(textsOf(fields, 'permissions')),
  })
}
