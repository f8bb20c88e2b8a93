/** The replies to questions, parsed. An answer older than what was asked for, or of another epoch, is no answer. */

import type { Assignment, AvailableRole, AvailableRoles, Decision } from './decision.ts'
import { reasons } from './decision.ts'
import {
  booleanOf,
  fieldsOf,
  garbage,
  listOf,
  maybeTextOf,
  oneOf,
  revisionOf,
  textOf,
  textsOf,
} from '../wire/reading.ts'
import type { Fields } from '../wire/reading.ts'
import { formatRevision, type Revision } from '../revision.ts'

/** An answer, the revision at which it was given, and what it tells about where organizations stand. */
export interface Answer<Value> {
  readonly value: Value
  readonly revision: Revision
  /** In the order of the questions. */
  readonly assignments: readonly Assignment[]
  /** The sidecar denies organizations that it doesn't know: seen from the answer. */
  readonly unknownOrganizationsDenied: boolean
}

/** `atLeast` is the revision that was asked for. */
export function parseCheck(reply: unknown, organizationId: string, atLeast: Revision | undefined): Answer<Decision> {
  const fields = fieldsOf(reply, 'the answer')
  const revision = revisionAtLeast(fields, atLeast)
  const { decision, assignment } = parseResult(fields, organizationId, revision)
  return { value: decision, revision, assignments: [assignment], unknownOrganizationsDenied: isDenied(decision) }
}

export function parseBatch(
  reply: unknown,
  organizationIds: readonly string[],
  atLeast: Revision | undefined,
): Answer<readonly Decision[]> {
  const fields = fieldsOf(reply, 'the answer')
  const revision = revisionAtLeast(fields, atLeast)
  const results = listOf(fields, 'results')
  if (results.length !== organizationIds.length) {
    throw garbage(`${organizationIds.length} questions were answered with ${results.length} results`)
  }
  const parsed = organizationIds.map((id, at) => parseResult(fieldsOf(results[at], 'a result'), id, revision))
  const decisions = parsed.map(({ decision }) => decision)
  return {
    value: decisions,
    revision,
    assignments: parsed.map(({ assignment }) => assignment),
    unknownOrganizationsDenied: decisions.some(isDenied),
  }
}

export function parseAvailableRoles(
  reply: unknown,
  organizationId: string,
  atLeast: Revision | undefined,
): Answer<AvailableRoles> {
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
  const assignment = { organizationId, roleSetId: booleanOf(fields, 'organizationRegistered') ? roleSetId : '' }
  return { value, revision, assignments: [assignment], unknownOrganizationsDenied: false }
}

function revisionAtLeast(fields: Fields, atLeast: Revision | undefined): Revision {
  const revision = revisionOf(fields)
  if (atLeast === undefined) return revision
  if (revision.epoch !== atLeast.epoch) throw garbage('it is of another epoch than was asked for')
  if (revision.number < atLeast.number) throw garbage('it is older than was asked for')
  return revision
}

function parseResult(fields: Fields, organizationId: string, revision: Revision) {
  const reason = oneOf(fields, 'reason', reasons)
  const allowed = booleanOf(fields, 'allowed')
  if (allowed !== (reason === 'ROLE_IN_SET')) throw garbage('`allowed` and `reason` contradict each other')
  const registered = booleanOf(fields, 'organizationRegistered')
  const unknown = reason === 'ORGANIZATION_UNKNOWN'
  if (unknown && registered) throw garbage('an organization is registered and unknown')
  const roleSet = unknown ? maybeTextOf(fields, 'roleSet') : textOf(fields, 'roleSet')
  const roleSetId = unknown ? '' : textOf(fields, 'roleSetId')
  const decision: Decision = { allowed, reason, roleSet, revision: formatRevision(revision), source: 'sidecar' }
  const assignment: Assignment = { organizationId, roleSetId: registered ? roleSetId : '' }
  return { decision: Object.freeze(decision), assignment }
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
