/**
 * What the fields of a described state must be to each other. Things that are malformed in themselves are passed over:
 * the schema tells about them, and one mistake is told once. What only the sidecar can know is left to it.
 */

import type { z } from 'zod'
import { organizationSchema, permissionSchema, roleSchema, roleSetSchema } from './manifest-schema.ts'
import type { Path } from './yaml-source.ts'

export interface Inconsistency {
  readonly path: Path
  /** Begins with its verb: the path is its subject. */
  readonly problem: string
}

interface At<T> {
  readonly path: Path
  readonly thing: T
}

export function findInconsistencies(value: unknown): readonly Inconsistency[] {
  const permissions = wellFormed(value, 'permissions', permissionSchema)
  const roles = wellFormed(value, 'roles', roleSchema)
  const roleSets = wellFormed(value, 'role_sets', roleSetSchema)
  const organizations = wellFormed(value, 'organizations', organizationSchema)
  return [
    ...findRepeats(permissions, 'key'),
    ...findRepeats(roles, 'key'),
    ...findRepeats(roleSets, 'key'),
    ...findRepeats(organizations, 'id'),
    ...findRepeats(organizations, 'slug'),
    ...roles.flatMap(({ path, thing }) => findRepeatedItems(thing.permissions ?? [], [...path, 'permissions'])),
    ...roleSets.flatMap(inconsistenciesOfRoleSet),
    ...findSecondInitial(roleSets),
  ]
}

function inconsistenciesOfRoleSet({ path, thing }: At<z.infer<typeof roleSetSchema>>): readonly Inconsistency[] {
  const found = [...findRepeatedItems(thing.roles, [...path, 'roles'])]
  for (const field of ['default_role', 'creator_role'] as const) {
    if (thing.roles.includes(thing[field])) continue
    const problem = `is ${thing[field]}, which is not among the set’s roles. Add it to roles, or name one of them.`
    found.push({ path: [...path, field], problem })
  }
  for (const [from, to] of Object.entries(thing.replace ?? {})) {
    const at = [...path, 'replace', from]
    if (thing.roles.includes(from)) {
      found.push({
        path: at,
        problem: `replaces ${from}, which stays in the set. Take it out of roles, or out of replace.`,
      })
    }
    if (!thing.roles.includes(to)) {
      found.push({
        path: at,
        problem: `leads to ${to}, which is not among the set’s roles. Add it to roles, or name one of them.`,
      })
    }
  }
  return found
}

function findSecondInitial(roleSets: readonly At<z.infer<typeof roleSetSchema>>[]): readonly Inconsistency[] {
  const [, ...others] = roleSets.filter(({ thing }) => thing.initial === true)
  return others.map(({ path }) => {
    return {
      path: [...path, 'initial'],
      problem: 'makes a second set initial. Exactly one set can be: keep one of the two.',
    }
  })
}

function findRepeats<K extends string>(
  things: readonly At<Readonly<Partial<Record<K, string | undefined>>>>[],
  field: K,
): readonly Inconsistency[] {
  const seen = new Set<string>()
  return things.flatMap(({ path, thing }) => {
    const name = thing[field]
    if (name === undefined || name === '') return []
    if (!seen.has(name)) return (seen.add(name), [])
    return [{ path: [...path, field], problem: `says ${name} a second time. Say it once.` }]
  })
}

function findRepeatedItems(items: readonly string[], path: Path): readonly Inconsistency[] {
  const seen = new Set<string>()
  return items.flatMap((item, index) => {
    if (!seen.has(item)) return (seen.add(item), [])
    return [{ path: [...path, index], problem: `says ${item} a second time. Say it once.` }]
  })
}

function wellFormed<T>(value: unknown, section: string, schema: z.ZodType<T>): readonly At<T>[] {
  const items: unknown = (value as Readonly<Record<string, unknown>> | null)?.[section]
  if (!Array.isArray(items)) return []
  return items.flatMap((item, index) => {
    const { success, data } = schema.safeParse(item)
    return success ? [{ path: [section, index], thing: data }] : []
  })
}
