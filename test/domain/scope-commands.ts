/** Commands on scopes, their kinds and their defaults, for the state in memory. Nobody is a member of a scope there. */

import { keyOfPlace, kindOfScope, type Assignment } from '@rolesets/core'
import type { PlannedCommand } from '../../packages/sidecar/src/domain/apply/step.ts'
import type { Context, Decided } from '../../packages/sidecar/src/domain/decided.ts'
import { assignToScope, renameScope } from '../../packages/sidecar/src/domain/scope-assignments.ts'
import type { ScopesInUse } from '../../packages/sidecar/src/domain/scope-facts.ts'
import { parseId } from '../../packages/sidecar/src/domain/fields.ts'
import { parseScope } from '../../packages/sidecar/src/domain/scopes.ts'
import {
  deleteScopeDefault,
  deleteScopeKind,
  setScopeDefault,
  setScopeKind,
} from '../../packages/sidecar/src/domain/scope-kinds.ts'
import type { State } from './state.ts'

const operations = [
  ...(['setScopeKind', 'deleteScopeKind', 'setScopeDefault', 'deleteScopeDefault'] as const),
  ...(['assignToScope', 'renameScope'] as const),
]

export type ScopeCommand = Extract<PlannedCommand, { operation: (typeof operations)[number] }>

/** The same command, if it is one of these. */
export function scopeCommandOf(command: { readonly operation: string }): ScopeCommand | undefined {
  return operations.some((operation) => operation === command.operation) ? (command as ScopeCommand) : undefined
}

const nobody = { usage: [], places: 0, firstPlaces: [] }

export function decideScopeCommand(state: State, command: ScopeCommand, context: Context): Decided<unknown> {
  const { catalogue } = state
  switch (command.operation) {
    case 'setScopeKind':
      return setScopeKind(catalogue, command.input, nobody, context)
    case 'deleteScopeKind': {
      const { kind } = command.input
      return deleteScopeKind(
        catalogue,
        command.input,
        inUse(state, ({ scope }) => kindOfScope(scope) === kind),
      )
    }
    case 'setScopeDefault':
      return setScopeDefault(catalogue, command.input, nobody, context)
    case 'deleteScopeDefault':
      return deleteScopeDefault(catalogue, command.input, nobody, context)
    case 'assignToScope':
      return assignToScope(catalogue, command.input, factsOf(state, command.input), context)
    case 'renameScope': {
      const { organizationId, scope, newScope = scope } = command.input
      const at = (key: string) => inUse(state, (each) => each.organizationId === organizationId && each.scope === key)
      const facts = { ...factsOf(state, command.input), target: at(newScope), inUse: at(scope) }
      return renameScope(catalogue, command.input, facts, context)
    }
  }
}

function inUse(state: State, isMeant: (assignment: Assignment) => boolean): ScopesInUse {
  return { members: 0, invitations: 0, assignments: [...state.assignments.values()].filter(isMeant).length }
}

/** As the operations do, it looks at the place before it looks for it. */
function factsOf(state: State, unparsed: { readonly organizationId: string; readonly scope: string }) {
  const organizationId = parseId(unparsed.organizationId, 'organization_id')
  const place = { organizationId, scope: parseScope(unparsed.scope) }
  return {
    ...nobody,
    organization: state.organizations.get(organizationId),
    wasDeleted: state.deletedOrganizations.has(organizationId),
    namesake: undefined,
    assignment: state.assignments.get(keyOfPlace(place)),
    scopeCount: state.scopesOf(organizationId).length,
  }
}
