/** Writes a store of a given size as a sidecar writes it: `program-large.ts <file> <megabytes>`. Each change is by the rules and sealed. */

import { stat } from 'node:fs/promises'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { openServiceOver, writing } from '../service/open-service.ts'

const [file = '', megabytes = ''] = process.argv.slice(2)
const membersPerOrganization = 100
/** Writes that wait together share a commit. */
const together = 500
const publicMetadata = { note: 'x'.repeat(4_000) }

const store = await openStore(`sqlite:${file}`)
const service = await openServiceOver(store)
const call = writing()
let organizations = 0
while ((await stat(file)).size < Number(megabytes) * 1_000_000) {
  const ids = Array.from({ length: together / membersPerOrganization }, () => `org_${organizations++}`)
  for (const id of ids) await service.administration.createOrganization({ id, name: id }, call)
  const members = ids.flatMap((organizationId) =>
    Array.from({ length: membersPerOrganization }, (_, number) => ({ organizationId, userId: `user_${number}` })),
  )
  await Promise.all(
    members.map((member) =>
      service.administration.createMembership({ ...member, role: 'org:member', publicMetadata }, call),
    ),
  )
}
service.close()
await store.close()
console.log(JSON.stringify({ organizations, members: organizations * membersPerOrganization, head: store.head }))
