/** What was deleted is remembered (rule 20): by a reopened store, a follower, and after the history was compacted. */

import { adoptable } from './adoptable.ts'
import { type Change, deleted, emptyCatalogue, limits, type Permission, RetiredKeys } from '@rolesets/core'
import type { Reader, Store } from '../../packages/sidecar/src/storage/store.ts'
import { createRandom } from '../random.ts'
import { openFresh, type Suite } from './suite.ts'
import {
  at,
  catalogueChanges,
  organization,
  organizationOf,
  permission,
  provenance,
  record,
  withCatalogue,
} from './things.ts'

const permissionOf = (id: string, more: Partial<Permission> = {}) => permission(id, 1, more)

/** The permission goes, whichever key it has. */
const end = (id: string): Change => {
  const { after } = permission(id, 1) as Extract<Change, { readonly thing: 'permission'; readonly verb: 'put' }>
  return deleted('permission', after)
}

const endOrganization = (id: string): Change => {
  return { verb: 'deleted', thing: 'organization', before: organizationOf(id, 1), members: 0, invitations: 0 }
}

async function retired(store: Store): Promise<readonly string[]> {
  const { value } = await store.read(async (reader) => (await reader.catalogue()).retiredPermissions)
  return [...value.keys, ...(value.isComplete ? [] : ['…'])]
}

export function remembering(suite: Suite): void {
  const { test, name } = suite

  test(`${name}: the keys of deleted and renamed permissions are remembered until a permission has them again`, async (t) => {
    const place = await suite.createPlace(t)
    let store = await place.open()
    const reopened = async () => {
      const before = await retired(store)
      await store.close()
      store = await place.open()
      t.deepEqual(await retired(store), before)
      return before
    }
    await record(store, () => [permissionOf('a'), permissionOf('b'), permissionOf('c')])
    t.deepEqual(await reopened(), [])
    await record(store, () => [end('a'), permissionOf('b', { key: 'org:x:bee' })])
    t.deepEqual(await reopened(), ['org:x:a', 'org:x:b'])
    await store.compact({ newerThan: at + 1, count: 1 })
    t.deepEqual(await reopened(), ['org:x:a', 'org:x:b'])
    await record(store, () => [permissionOf('a2', { key: 'org:x:a' }), permissionOf('c', { key: 'org:x:b' })])
    t.deepEqual(await reopened(), ['org:x:c'])
    // Within one write: renamed there and back, made and ended.
    await record(store, () => [
      ...[permissionOf('c', { key: 'org:x:see' }), permissionOf('c', { key: 'org:x:b' })],
      ...[permissionOf('d'), end('d'), permissionOf('b', { key: 'org:x:c' })],
    ])
    t.deepEqual(await reopened(), ['org:x:see', 'org:x:d', 'org:x:bee'])
    await store.close()
  })

  test(`${name}: the ids of deleted organizations are remembered until an organization has them again`, async (t) => {
    const place = await suite.createPlace(t)
    let store = await place.open()
    const asked = ['a', 'b', 'never', "'; --", 'ü']
    const remembered = async () => {
      const read = (reader: Reader) => reader.deletedOrganizations(asked)
      const before = (await store.read(read)).value
      await store.close()
      store = await place.open()
      t.deepEqual((await store.read(read)).value, before)
      return [...before].sort()
    }
    await record(store, () => [
      ...catalogueChanges(1),
      organization('a', 1),
      organization('b', 1),
      organization('ü', 1),
    ])
    t.deepEqual(await remembered(), [])
    await record(store, () => [endOrganization('a'), endOrganization('b'), endOrganization('ü')])
    await store.compact({ newerThan: at + 1, count: 1 })
    t.deepEqual(await remembered(), ['a', 'b', 'ü'])
    await record(store, (next) => [organization('b', next)])
    t.deepEqual(await remembered(), ['a', 'ü'])
    await store.write(provenance({ dryRun: true }), (writer) => writer.record([organization('a', 4)]))
    await store.write(provenance({ dryRun: true }), (writer) => writer.record([endOrganization('b')]))
    t.deepEqual(await remembered(), ['a', 'ü'])
    const { value } = await store.write(provenance(), async (writer) => {
      const seen = async () =>
        [...(await writer.deletedOrganizations(['a']))].concat([...(await writer.deletedOrganizations(['b']))])
      const [before] = [await seen(), await writer.record([organization('a', 4)])]
      const [between] = [await seen(), await writer.record([endOrganization('b')])]
      return [before, between, await seen(), [...(await writer.deletedOrganizations(asked))].sort()]
    })
    t.deepEqual(value, [['a'], [], ['b'], ['b', 'ü']])
    t.deepEqual(await remembered(), ['b', 'ü'])
    await store.close()
  })

  test(`${name}: a dry run and a work that throws retire no key`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await store.write(provenance({ dryRun: true }), (writer) => writer.record([end('manage')]))
    await t.throwsAsync(
      store.write(provenance(), async (writer) => {
        await writer.record([permissionOf('read', { key: 'org:x:reed' })])
        throw new Error('refused')
      }),
    )
    t.deepEqual(await retired(store), [])
  })

  test(`${name}: memory and rows have the same keys after any history of permissions`, async (t) => {
    const place = await suite.createPlace(t)
    const random = createRandom()
    const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
    const store = await place.open()
    const held = new Map<string, string>()
    const ever = new Set<string>()
    for (let write = 0; write < 60; write++) {
      const changes: Change[] = []
      for (let count = 0; count < 1 + random() * 3; count++) {
        const [id, key] = [pick(['a', 'b', 'c', 'd']), pick(['org:k:1', 'org:k:2', 'org:k:3', 'org:k:4', 'org:k:5'])]
        if (held.has(id) && random() < 0.4) {
          changes.push(end(id))
          held.delete(id)
        } else if (![...held.values()].includes(key)) {
          changes.push(permissionOf(id, { key }))
          held.set(id, key)
          ever.add(key)
        }
      }
      if (changes.length > 0) await record(store, () => changes)
      const present = new Set(held.values())
      t.deepEqual([...(await retired(store))].sort(), [...ever].filter((key) => !present.has(key)).sort())
    }
    const before = await retired(store)
    await store.close()
    const again = await place.open()
    t.teardown(() => again.close())
    t.deepEqual(await retired(again), before)
  })

  test(`${name}: beyond the limit, every key that no permission has counts as retired, also after reopening`, async (t) => {
    const place = await suite.createPlace(t)
    let store = await place.open()
    const keys = Array.from({ length: limits.retiredPermissionKeysMax - 1 }, (_, index) => `org:x:p${index}`)
    const catalogue = { ...emptyCatalogue, retiredPermissions: new RetiredKeys(keys) }
    await store.adopt(adoptable({ revision: 1, seal: '0'.repeat(64), catalogue }), 'adopted')
    await record(store, () => [permissionOf('almost'), permissionOf('last'), permissionOf('next')])
    await record(store, () => [end('almost')])
    const knows = async (key: string) => {
      const { value } = await store.read(async (reader) => (await reader.catalogue()).retiredPermissions.has(key))
      return value
    }
    t.deepEqual([await knows('org:x:p0'), await knows('org:x:almost'), await knows('org:x:other')], [true, true, false])
    await record(store, () => [end('last')])
    for (const round of ['in memory', 'from the rows']) {
      t.true(await knows('org:x:last'), round)
      t.true(await knows('org:x:never_known'), round)
      t.is((await retired(store)).length, limits.retiredPermissionKeysMax + 1)
      await store.close()
      store = await place.open()
    }
    await store.close()
  })
}
