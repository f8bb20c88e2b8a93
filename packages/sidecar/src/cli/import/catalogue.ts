/** Imports permissions, roles and role sets of the source as one manifest: applied in one revision, or not at all. */

import { RoleSetsError, type Applied } from '@rolesets/client'
import type { z } from 'zod'
import { pagesOf } from '../run/pages.ts'
import type { ImportContext } from './context.ts'
import { permissionSchema, roleSchema, roleSetSchema, type SourceRole, type SourceRoleSet } from './schema.ts'
import type { Source } from './source.ts'
import type { Kind, Tally } from './tally.ts'

const thingsMax = 10_000
const systemPrefix = 'org:sys_'

/** What the source's organizations are on. */
export interface SourceSets {
  /** Keys of the roles of each set that could be described, by its key. */
  readonly roles: ReadonlyMap<string, ReadonlySet<string>>
  /** Key of the initial set; empty: there is none. */
  readonly initial: string
}

const appliedKinds = { permission: 'permissions', role: 'roles', role_set: 'roleSets' } as const

export async function importCatalogue(context: ImportContext): Promise<SourceSets> {
  const { source, admin, calls, tally, dryRun } = context
  const permissions = await all(source, 'organization_permissions', permissionSchema)
  const roles = await all(source, 'organization_roles', roleSchema)
  const roleSets = await all(source, 'role_sets', roleSetSchema)
  const offered = await permissionKeysOf(context)
  const unknown = permissions.filter(({ key }) => key.startsWith(systemPrefix) && !offered.has(key))
  for (const { key } of unknown) {
    tally.skip('permissions', key, 'the sidecar has no such system permission; roles go without it.')
  }

  const without = new Set(unknown.map(({ key }) => key))
  const described = describedSets(roleSets, tally)
  const applied = await admin.apply(
    {
      permissions: permissions.filter(({ key }) => !key.startsWith(systemPrefix)).map(worded),
      roles: roles.map((role) => ({ ...worded(role), permissions: heldBy(role, without) })),
      roleSets: described,
      dryRun,
    },
    calls,
  )
  const [violation] = applied.impact.violations
  if (violation !== undefined) throw new RoleSetsError('failed_precondition', violation.message)
  count(tally, applied, {
    permissions: permissions.length - unknown.length,
    roles: roles.length,
    roleSets: described.length,
  })
  return {
    roles: new Map(described.map((set) => [set.key, new Set(set.roles)])),
    initial: roleSets.find(({ type }) => type === 'initial')?.key ?? '',
  }
}

/** The sets that can be described; the others are reported. */
function describedSets(roleSets: readonly SourceRoleSet[], tally: Tally) {
  return roleSets.flatMap((set) => {
    const { default_role: defaultRole, creator_role: creatorRole, roles } = set
    // The initial set needs a creator role; any other one without it is for scopes only.
    if (!defaultRole || (!creatorRole && set.type === 'initial')) {
      tally.skip('roleSets', set.key, 'it has no default role, or is the initial one without a creator role.')
      return []
    }
    return [
      {
        ...worded(set),
        ...{ roles: roles.map(({ key }) => key), defaultRole: defaultRole.key },
        ...(creatorRole ? { creatorRole: creatorRole.key } : {}),
        ...(set.type === 'initial' ? { initial: true } : {}),
      },
    ]
  })
}

function heldBy({ permissions }: SourceRole, without: ReadonlySet<string>): readonly string[] {
  return permissions.map(({ key }) => key).filter((key) => !without.has(key))
}

function worded({ key, name, description }: { key: string; name: string; description: string }) {
  return { key, description, ...(name === '' ? {} : { name }) }
}

function count(tally: Tally, { steps }: Applied, totals: Readonly<Partial<Record<Kind, number>>>): void {
  for (const [kind, plural] of Object.entries(appliedKinds)) {
    const own = steps.filter((step) => step.kind === kind)
    const created = own.filter(({ action }) => action === 'CREATE').length
    tally.count(plural, 'created', created)
    tally.count(plural, 'changed', own.length - created)
    // A step may be about a thing that the source doesn't have, as the set that is no longer the initial one.
    tally.count(plural, 'unchanged', Math.max(0, (totals[plural] ?? 0) - own.length))
  }
}

async function permissionKeysOf({ admin, calls }: ImportContext): Promise<ReadonlySet<string>> {
  const pages = pagesOf(async (page) => {
    const { permissions: items, nextPageToken } = await admin.listPermissions(page, calls)
    return { items, nextPageToken }
  })
  const found = new Set<string>()
  for await (const items of pages) for (const { key } of items) found.add(key)
  return found
}

async function all<Item extends z.ZodType<{ readonly id: string }>>(
  source: Source,
  path: string,
  item: Item,
): Promise<readonly z.infer<Item>[]> {
  const found: z.infer<Item>[] = []
  for await (const { items } of source.pages(path, item)) {
    found.push(...items)
    if (found.length <= thingsMax) continue
    throw new RoleSetsError(
      'unavailable',
      `The source has more than ${thingsMax} things at ${path}; that is more than the sidecar allows.`,
    )
  }
  return found
}
