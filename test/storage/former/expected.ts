/** What a store answers: its place in the history, its decisions, and what it has. Later versions must answer the same. */

import { openStore } from '../../../packages/sidecar/src/storage/open.ts'
import { openServiceOver, reading } from '../../service/open-service.ts'

export interface Expected extends Answers {
  /** That wrote the file. */
  readonly version: string
  /** The number of its last migration. */
  readonly schema: number
  /** Unix milliseconds: the time of all its writes. */
  readonly now: number
}

interface Answers {
  readonly head: string
  readonly decisions: readonly object[]
  readonly organizations: readonly object[]
  readonly memberships: readonly object[]
  readonly invitations: readonly object[]
  readonly accessKeys: readonly object[]
  readonly history: readonly string[]
}

const organizationIds = ['globex', 'acme', 'short', 'plain', 'unknown']
const roles = ['org:admin', 'org:member', 'org:analyst', 'org:auditor', 'org:gone']

export async function answersOf(file: string, now: number): Promise<Answers> {
  const store = await openStore(`sqlite:${file}`, { now: () => now })
  const service = await openServiceOver(store, { now: () => now })
  const { administration: admin, decisions } = service
  const call = { ...reading(), atLeastRevision: '' }
  const page = { ...reading(), pageSize: 100, pageToken: '' }
  const answers: object[] = []
  for (const organizationId of organizationIds)
    for (const role of roles) {
      const { allowed, reason, roleSet } = await decisions.check({ organizationId, role }, call)
      answers.push({ organizationId, role, allowed, reason, roleSet })
    }
  const listed = async (list: (organizationId: string) => Promise<{ readonly items: readonly object[] }>) => {
    const found = await Promise.all(['globex', 'acme', 'plain'].map(list))
    return found.flatMap(({ items }) => items)
  }
  const changes = await admin.listChanges({}, page)
  const found = {
    head: store.lineage.textOf(store.head),
    decisions: answers,
    organizations: (await admin.listOrganizations({}, page)).items,
    memberships: await listed((organizationId) => admin.listMemberships({ organizationId }, page)),
    invitations: await listed((organizationId) => admin.listInvitations({ organizationId, statuses: [] }, page)),
    accessKeys: (await admin.listAccessKeys(page)).items,
    history: changes.items.map(({ revision, operation, seal }) => `${revision} ${operation} ${seal}`),
  }
  service.close()
  await store.close()
  return found
}
