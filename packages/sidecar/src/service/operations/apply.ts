/** Brings the store to a described state: the steps of a plan, each by the rule of its own command, in one write. */

import {
  type Manifest,
  type Organization,
  type OrganizationManifest,
  type ParsedManifest,
  limits,
} from '@rolesets/core'
import { parseManifest } from '../../domain/apply/parse-manifest.ts'
import { planApply } from '../../domain/apply/plan.ts'
import type { PlannedCommand } from '../../domain/apply/step.ts'
import { decided, impactOf, noImpact, type Decided, type Impact } from '../../domain/decided.ts'
import { Refusal } from '../../domain/refusal.ts'
import type { Writer } from '../../storage/store.ts'
import type { Applied } from './call.ts'
import { commandsOf, type WriteScope } from './operation.ts'
import { organizationCommands } from './organizations.ts'
import { permissionCommands } from './permissions.ts'
import { roleSetCommands } from './role-sets.ts'
import { roleCommands } from './roles.ts'
import { Pauses } from '../pauses.ts'

export interface ApplyInput {
  readonly manifest: Manifest
  /** The manifest is a `ParsedManifest`: the caller has searched it for faults, and found none. */
  readonly isParsed?: boolean
  /** Delete what isn't described. */
  readonly prune: boolean
}

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
      const plan = planApply(scope.catalogue, wanted, {
        ...{ prune, organization: (id) => organizations.get(id), wasDeleted: (id) => deleted.has(id) },
      })
      const impacts: Impact[] = []
      for (const step of plan.steps) {
        await pauses.take()
        // Each step sees what the ones before it recorded, and is refused by the same rules as a call of its own.
        const done = await decideStep({ ...scope, catalogue: await writer.catalogue() }, step.run, impacts)
        await scope.record(done.changes)
        impacts.push(done.impact)
      }
      const steps = plan.steps.map(({ run: _run, ...step }) => step)
      return decided([], { steps, leftAlone: plan.leftAlone }, sumOf(impacts))
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
} satisfies { [Planned in PlannedCommand as Planned['operation']]: { readonly decide: Decide<Planned['input']> } }

/** @param before the impact of the steps before: a refusal includes it, because a preview shows it */
async function decideStep(
  unchecked: WriteScope,
  planned: PlannedCommand,
  before: readonly Impact[],
): Promise<Decided<unknown>> {
  // The expected revision was compared for the store as a whole.
  const scope = { ...unchecked, expectUnchanged: () => undefined }
  // The type of the table says that the command of an operation takes the input of that operation.
  const decide = commands[planned.operation].decide as Decide<PlannedCommand['input']>
  try {
    return await decide(scope, planned.input)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { code, message, field, facts, impact = noImpact } = error
    throw new Refusal(code, message, {
      ...(field === undefined ? {} : { field }),
      facts,
      impact: sumOf([...before, impact]),
    })
  }
}

function sumOf(impacts: readonly Impact[]): Impact {
  return impactOf({
    organizations: impacts.reduce((sum, { organizations }) => sum + organizations, 0),
    roles: impacts.flatMap(({ roles }) => roles),
    requiredMappings: impacts.flatMap(({ requiredMappings }) => requiredMappings),
    endedInvitations: impacts.reduce((sum, { endedInvitations }) => sum + endedInvitations, 0),
  })
}
