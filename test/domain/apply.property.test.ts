/** Random descriptions of random states: what is applied is then as described, and applying it again does nothing. */

import assert from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import { parseManifest } from '../../packages/sidecar/src/domain/apply/parse-manifest.ts'
import type { Manifest } from '@rolesets/core'
import { planApply } from '../../packages/sidecar/src/domain/apply/plan.ts'
import { findBroken } from './find-broken.ts'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import { creatorPermissionKeys } from '../../packages/sidecar/src/domain/roles.ts'
import { anyCommand, opening } from './arbitrary-commands.ts'
import { checkProperty } from './check-property.ts'
import type { Command } from './commands.ts'
import { State, valuesOf } from './state.ts'
import { refer, steer } from './steering.ts'
import { showRoleSet } from './tiers.ts'

const permissionKeys = ['org:a:read', 'org:a:write', 'org:b:read']
const roleKeys = ['org:admin', 'org:member', 'org:r1', 'org:r2', 'org:r3', 'org:r4']
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const name = maybe(fc.constantFrom('One', 'Two', ''))
const permissionsFor = (key: string) =>
  fc.subarray(permissionKeys).map((keys) => (key === 'org:admin' ? [...creatorPermissionKeys, ...keys] : keys))
/** Always with one that can be the creator role, unless a description has taken that away. */
const roles = fc.subarray(roleKeys.slice(1)).map((keys) => ['org:admin', ...keys])

const roleSet = fc.record({
  key: fc.constantFrom('role_set:default', 'role_set:s1', 'role_set:s2'),
  name,
  roles,
  luck: fc.nat(5),
})
const organization = fc.record({
  id: fc.constantFrom('o1', 'o2', 'o3', 'o4'),
  name,
  slug: maybe(fc.constantFrom('x', 'y', 'z', '')),
  roleSet: maybe(fc.constantFrom('role_set:s1', 'role_set:s2', '')),
})
/** All, or some: what isn't described may be there or not. */
const some = (keys: string[]) => fc.oneof({ weight: 3, arbitrary: fc.constant(keys) }, fc.subarray(keys))

const manifest: fc.Arbitrary<Manifest> = fc
  .record({
    permissions: some(permissionKeys).chain((keys) =>
      fc.tuple(...keys.map((key) => fc.record({ key: fc.constant(key), name }))),
    ),
    roles: some(roleKeys).chain((keys) =>
      fc.tuple(
        ...keys.map((key) => fc.record({ key: fc.constant(key), name, permissions: maybe(permissionsFor(key)) })),
      ),
    ),
    roleSets: fc.uniqueArray(roleSet, { selector: ({ key }) => key, maxLength: 3 }),
    organizations: fc.uniqueArray(organization, { selector: ({ id }) => id, maxLength: 3 }),
    initial: maybe(fc.nat(2)),
    isComplete: fc.nat(5).map((chance) => chance > 0),
  })
  .map(({ initial, isComplete, roleSets, organizations, ...rest }) => {
    // Every role goes to some role of the set, or none does.
    const mapTo = (targets: readonly string[] | undefined, except: readonly string[] = []) => {
      if (!isComplete || targets === undefined) return {}
      const sources = roleKeys.filter((key) => !except.includes(key))
      return Object.fromEntries(sources.map((key, place) => [key, targets[place % targets.length] ?? key]))
    }
    const listed = new Map<string, string[]>(roleSets.map((set) => [set.key, set.roles]))
    return {
      ...rest,
      roleSets: roleSets.map(({ luck, ...set }, place) => {
        const defaultRole = set.roles[luck % set.roles.length] ?? ''
        const replace = mapTo(set.roles, set.roles)
        return { ...set, replace, creatorRole: 'org:admin', defaultRole, initial: place === initial }
      }),
      organizations: organizations.map((item) => ({ ...item, mappings: mapTo(listed.get(item.roleSet ?? '')) })),
    }
  })

const history = fc.array(fc.record({ command: anyCommand, luck: fc.nat(20) }), { maxLength: 15, size: 'max' })

test('what is applied is then as described, applying it again does nothing, and a refusal leaves no trace', (t) => {
  const seen = { applied: 0, pruned: 0, steps: 0, refused: 0 }
  checkProperty(
    t,
    fc.property(history, manifest, fc.boolean(), (commands, described, prune) => {
      const state = createState(commands)
      const before = state.snapshot()
      const plan = () =>
        planApply(state.catalogue, parseManifest(described), {
          prune,
          organization: (id) => state.organizations.get(id),
          wasDeleted: (id) => state.deletedOrganizations.has(id),
          scopesOf: (id) => state.scopesOf(id),
        })
      try {
        const { steps } = plan()
        const done = state.runAll('Apply', () => steps.map(({ run }) => run))
        // Each step is there for a reason.
        for (const [place, { changes }] of done.entries()) assert.ok(changes.length > 0, JSON.stringify(steps[place]))
        seen[prune ? 'pruned' : 'applied'] += 1
        seen.steps += steps.length
      } catch (error) {
        assert.ok(error instanceof Refusal, String(error))
        assert.deepEqual(state.snapshot(), before)
        seen.refused += 1
        return
      }
      assert.deepEqual(plan().steps, [])
      checkIsAsDescribed(state, described, prune)
      const { changeSets, now } = state
      assert.deepEqual(findBroken({ ...valuesOf(state.snapshot()), changeSets, now }), [])
    }),
    1_000,
  )
  t.true(seen.applied > 60 && seen.pruned > 20 && seen.steps > 500 && seen.refused > 60, JSON.stringify(seen))
})

function createState(commands: readonly { command: Command; luck: number }[]): State {
  const state = new State()
  for (const command of opening) state.run(command)
  for (const { command, luck } of commands) {
    try {
      state.run(refer(steer(command, state, luck), state))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
    }
  }
  return state
}

function checkIsAsDescribed(state: State, described: Manifest, prune: boolean): void {
  const { permissions, roles, roleSets } = state.catalogue
  for (const { key, name } of described.permissions ?? []) if (name) assert.equal(permissions.byKey(key)?.name, name)
  for (const { key, name, permissions: held } of described.roles ?? []) {
    const role = roles.byKey(key)
    if (name) assert.equal(role?.name, name)
    if (held) assert.deepEqual(role?.permissionIds.map((id) => permissions.byId(id)?.key).sort(), [...held].sort())
  }
  for (const { key, roles: listed, defaultRole, creatorRole, initial } of described.roleSets ?? []) {
    const shown = showRoleSet(state, key)
    assert.deepEqual([shown.default, shown.creator], [defaultRole, creatorRole])
    if (initial) assert.equal(shown.type, 'initial')
    if (prune) assert.deepEqual(shown.roles, [...listed].sort())
    else
      assert.deepEqual(
        listed.filter((role) => !shown.roles.includes(role)),
        [],
      )
  }
  for (const { id, name, slug, roleSet } of described.organizations ?? []) {
    const organization = state.organizations.get(id)
    if (name !== undefined) assert.equal(organization?.name, name)
    if (slug !== undefined) assert.equal(organization?.slug, slug === '' ? null : slug)
    if (roleSet) assert.equal(organization?.roleSetId, roleSets.byKey(roleSet)?.id)
  }
}
