/** Brings the store to a described state: the steps of a plan, each by the rule of its own command, in one write. */

import {
  type Manifest,
  type Organization,
  type OrganizationManifest,
  type ParsedManifest,
  keyOfPlace,
  limits,
} from '@rolesets/core'
import { parseManifest } from '../../domain/apply/parse-manifest.ts'
import { planApply } from '../../domain/apply/plan.ts'
import type { ApplyStep, PlannedCommand } from '../../domain/apply/step.ts'
import { decided, impactOf, noImpact, type Decided, type Impact } from '../../domain/decided.ts'
import { Refusal } from '../../domain/refusal.ts'
import type { Writer } from '../../storage/store.ts'
import type { Applied } from './call.ts'
import { readScopes } from './described-things.ts'
import { commandsOf, isViolation, type WriteScope } from './operation.ts'
import { organizationCommands } from './organizations.ts'
import { permissionCommands } from './permissions.ts'
import { roleSetCommands } from './role-sets.ts'
import { roleCommands } from './roles.ts'
import { scopeCommands, scopeDefaultCommands, scopeKindCommands } from './scopes.ts'
import { Pauses } from '../pauses.ts'

export interface ApplyInput {
  readonly manifest: Manifest
  /** The manifest is a `ParsedManifest`: the caller has searched it for faults, and found none. */
  readonly isParsed?: boolean
  /** Delete what isn't described. */
  readonly prune: boolean
}

/** More refusals than that are the same mistake again and again. */
const refusalsMax = 100

export const applyCommands = commandsOf((applied: Applied) => applied, {
  apply: {
    // The storage reads these together. A list that is too long or malformed is refused before anything is read.
    foresee: ({ manifest }: ApplyInput) => {
      const organizations: unknown = manifest.organizations
      if (!Array.isArray(organizations) || organizations.length > limits.manifestOrganizationsMax) return {}
      return { organizationIds: organizations.flatMap((item: Partial<OrganizationManifest> | null) => item?.id ?? []) }
    },
    decide: async (scope, { manifest, isParsed, prune }: ApplyInput) => {
      const { writer } = scope
      const pauses = new Pauses()
      scope.expectUnchanged({ id: 'The store', revision: writer.revision })
      const wanted = isParsed === true ? (manifest as ParsedManifest) : parseManifest(manifest)
      const organizations = await readOrganizations(writer, wanted, pauses)
      const missing = wanted.organizations.flatMap(({ id }) => (organizations.has(id) ? [] : [id]))
      const deleted = await writer.deletedOrganizations(missing)
      const scopesOf = await readScopes(writer, {
        ...{ manifest: wanted, kinds: scope.catalogue.scopeKinds.size, pauses },
      })
      const plan = planApply(scope.catalogue, wanted, {
        ...{ prune, organization: (id) => organizations.get(id), wasDeleted: (id) => deleted.has(id), scopesOf },
      })
      const impact = await performSteps(scope, plan.steps, pauses)
      const steps = plan.steps.map(({ run: _run, ...step }) => step)
      return decided([], { steps, leftAlone: plan.leftAlone }, impact)
    },
  },
})

async function readOrganizations(
  writer: Writer,
  manifest: ParsedManifest,
  pauses: Pauses,
): Promise<ReadonlyMap<string, Organization>> {
  const found = new Map<string, Organization>()
  for (const { id } of manifest.organizations) {
    await pauses.take()
    const organization = await writer.organization(id)
    if (organization !== undefined) found.set(id, organization)
  }
  return found
}

type Decide<Input> = (scope: WriteScope, input: Input) => Promise<Decided<unknown>> | Decided<unknown>

const commands = {
  ...permissionCommands,
  ...roleCommands,
  ...roleSetCommands,
  ...organizationCommands,
  assignToScope: organizationCommands.assignRoleSet,
  ...scopeKindCommands,
  ...scopeDefaultCommands,
  ...scopeCommands,
} satisfies { [Planned in PlannedCommand as Planned['operation']]: { readonly decide: Decide<Planned['input']> } }

/** Each step sees what the ones before it recorded, and is refused by the same rules as a call of its own. */
async function performSteps(scope: WriteScope, steps: readonly ApplyStep[], pauses: Pauses): Promise<Impact> {
  const impacts: Impact[] = []
  const refused: { readonly refusal: Refusal; readonly kind: ApplyStep['kind'] }[] = []
  for (const step of steps) {
    await pauses.take()
    const { kind, run } = step
    // A step on another kind of thing may only be refused because what it needs was refused before.
    if (refused.length === refusalsMax || (refused[0] !== undefined && refused[0].kind !== kind)) break
    try {
      const done = await decideStep({ ...scope, catalogue: await scope.writer.catalogue() }, run)
      impacts.push(done.impact)
      if (scope.isForReadKey) checkMoves(impacts)
      await scope.record(done.changes)
    } catch (error) {
      if (isViolation(error)) refused.push({ refusal: named(error, step), kind })
      else if (refused.length === 0) throw error
      else break
    }
  }
  const [first, ...others] = refused.map(({ refusal }) => refusal)
  if (first !== undefined) throw refusalOfAll(first, others, impacts)
  return sumOf(impacts)
}

async function decideStep(unchecked: WriteScope, planned: PlannedCommand): Promise<Decided<unknown>> {
  // The expected revision was compared for the store as a whole.
  const scope = { ...unchecked, expectUnchanged: () => undefined }
  // The type of the table says that the command of an operation takes the input of that operation.
  const decide = commands[planned.operation].decide as Decide<PlannedCommand['input']>
  return decide(scope, planned.input)
}

/** A rule knows which thing its call is about, and may not name it. Here it is one of many. */
function named({ code, message, field, facts, impact }: Refusal, { kind, key }: ApplyStep): Refusal {
  const subject = message.includes(key) ? '' : `${kind} ${key}: `
  return new Refusal(code, `${subject}${message}`, {
    ...(field === undefined ? {} : { field }),
    ...(impact === undefined ? {} : { impact }),
    facts,
  })
}

/** The first refusal, with what a preview shows: the impact of all steps, and why the others were refused. */
function refusalOfAll(first: Refusal, others: readonly Refusal[], done: readonly Impact[]): Refusal {
  const { code, message, field, facts } = first
  const impact = sumOf([...done, ...[first, ...others].map((refusal) => refusal.impact ?? noImpact)])
  const violations = others.map((other) => ({
    code: other.code,
    message: other.message,
    field: other.field,
    facts: other.facts,
  }))
  return new Refusal(code, message, {
    ...(field === undefined ? {} : { field }),
    ...{ facts, impact: { ...impact, violations } },
  })
}

/** A dry run changes the rows as the write would, and takes them back. */
function checkMoves(impacts: readonly Impact[]): void {
  const moves = impacts.flatMap(({ roles }) => roles).reduce((sum, held) => sum + held.members + held.invitations, 0)
  const max = limits.movesForReadKeyMax
  if (moves <= max) return
  const [many, most] = [moves, max].map((count) => count.toLocaleString('en').replaceAll(',', ' '))
  const message = `${many} members and invitations would get another role. With a read key, a dry run may have ${most}. Ask with a secret key.`
  throw new Refusal('limit_exceeded', message, {
    facts: { limit: 'movesForReadKeyMax', max: String(max), given: String(moves) },
  })
}

function sumOf(impacts: readonly Impact[]): Impact {
  return impactOf({
    organizations: impacts.reduce((sum, { organizations }) => sum + organizations, 0),
    roles: impacts.flatMap(({ roles }) => roles),
    requiredMappings: impacts.flatMap(({ requiredMappings }) => requiredMappings),
    endedInvitations: impacts.reduce((sum, { endedInvitations }) => sum + endedInvitations, 0),
    places: impacts.reduce((sum, { places }) => sum + places, 0),
    firstPlaces: firstOf(impacts),
  })
}

/** Several steps can move the same scope: it is named once, though each of them counts it. */
function firstOf(impacts: readonly Impact[]): Impact['firstPlaces'] {
  const named = new Map(impacts.flatMap(({ firstPlaces }) => firstPlaces.map((place) => [keyOfPlace(place), place])))
  return [...named.keys()]
    .sort()
    .slice(0, limits.organizationsInImpactMax)
    .flatMap((key) => named.get(key) ?? [])
}
