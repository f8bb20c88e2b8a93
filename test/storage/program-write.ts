/**
 * Writes until it is killed: several writers at once, over few organizations, so that they meet. Each write has a name of
 * its own, which is printed with its revision after the store has answered. What must never be kept is named `gone`.
 */

import { type Change } from '@rolesets/core'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import type { Writer } from '../../packages/sidecar/src/storage/store.ts'
import { at, invitation, membership, organization, organizationOf, provenance, withCatalogue } from './things.ts'

const [file = '', round = '', seed = ''] = process.argv.slice(2)
const writersCount = 12
const organizationsCount = 40

/** The next number from 0 to 1, the same for the same round and seed: mulberry32. */
let state = Number(seed) + Number(round) * 7_919
function random(): number {
  state = (state + 0x6d2b79f5) | 0
  let bits = Math.imul(state ^ (state >>> 15), 1 | state)
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)
  return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
}

const store = await openStore(`sqlite:${file}`)
if (store.head === 0) await withCatalogue(store)
console.log(`ready ${store.epoch}`)

/** An organization with its members and invitations, one of which has expired: a state has all of it or nothing. */
function put(id: string, next: number, name: string): readonly Change[] {
  const members = ['u', 'v', 'w'].map((user) => membership(id, user, next, { publicMetadata: { name } }))
  const invited = ['x', 'y'].map((address, n) =>
    invitation(id, address, next, { expiresAt: at + n, redirectUrl: name }),
  )
  const own = organization(id, next, { name, slug: id, publicMetadata: { text: name.repeat(20) } })
  return [own, ...members, ...invited]
}

/** Every set-wide change of the storage. */
function move(next: number): readonly Change[] {
  const [fromRoleSetId, toRoleSetId] = next % 2 === 0 ? (['free', 'pro'] as const) : (['pro', 'free'] as const)
  const mappings = [
    { fromRoleId: 'member', toRoleId: 'admin', members: 0, invitations: 0 },
    { fromRoleId: 'admin', toRoleId: 'member', members: 0, invitations: 0 },
  ]
  return [
    { verb: 'reassigned', thing: 'membership', among: { roleSetId: fromRoleSetId }, mappings },
    { verb: 'moved', thing: 'assignment', fromRoleSetId, toRoleSetId, organizations: 0 },
  ]
}

function changesOf(name: string, next: number): readonly Change[] {
  const id = `o${Math.floor(random() * organizationsCount)}`
  const kind = random()
  if (kind < 0.1) return move(next)
  if (kind < 0.2)
    return [{ verb: 'deleted', thing: 'organization', before: organizationOf(id, 0), members: 0, invitations: 0 }]
  return put(id, next, name)
}

async function leaveNoTrace(): Promise<void> {
  const gone = async (writer: Writer) => {
    await writer.record(put('gone', writer.nextRevision, 'gone'))
    await writer.usageIn({ roleSetId: 'free' }, at)
  }
  await store.write(provenance({ operation: 'gone', dryRun: true }), gone)
  const throwing = store.write(provenance({ operation: 'gone' }), (writer) =>
    gone(writer).then(() => Promise.reject(new Error())),
  )
  await throwing.catch(() => undefined)
}

async function writeOn(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const name = `${round}.${writer}.${n}`
    if (n % 10 === 0) await leaveNoTrace()
    const { revision } = await store.write(provenance({ operation: name }), (work) =>
      work.record(changesOf(name, work.nextRevision)),
    )
    console.log(`done ${revision} ${name}`)
  }
}

await Promise.all(Array.from({ length: writersCount }, (_, writer) => writeOn(writer)))
