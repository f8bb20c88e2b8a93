import { editOf } from '@rolesets/core'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { NamedFeedItem, WatchRequest } from '../../packages/sidecar/src/service/changes.ts'
import { ServiceError } from '../../packages/sidecar/src/service/service-error.ts'
import type { ServiceOptions } from '../../packages/sidecar/src/service/service.ts'
import { openTestService, reading, writing, type OpenedService } from '../service/open-service.ts'

async function open(t: Pick<ExecutionContext, 'teardown'>, options: Partial<ServiceOptions> = {}) {
  const opened = await openTestService(t, options)
  const createOrganization = (id: string) => opened.admin.createOrganization({ id, name: '' }, writing())
  return { ...opened, createOrganization }
}

function watch({ service }: OpenedService, request: Partial<WatchRequest> = {}) {
  const stop = new AbortController()
  const messages = service.changes.watch({ snapshotScope: 'catalogue', ...request }, { signal: stop.signal })
  return { messages, stop }
}

async function next(messages: AsyncGenerator<NamedFeedItem, never, undefined>): Promise<NamedFeedItem> {
  const { value } = await messages.next()
  return value
}

/** The next message that isn't a heartbeat. */
async function nextNews(messages: AsyncGenerator<NamedFeedItem, never, undefined>): Promise<NamedFeedItem> {
  for (;;) {
    const message = await next(messages)
    if (message.kind !== 'heartbeat') return message
  }
}

const numberOf = ({ revision }: { readonly revision: string }) => Number(revision.split(':')[1])

test('a consumer without a cursor gets the catalogue, then every change', async (t) => {
  const opened = await open(t)
  const { messages } = watch(opened)
  const snapshot = await next(messages)
  if (snapshot.kind !== 'snapshot_chunk') return t.fail('no snapshot')
  t.true(snapshot.last)
  t.is(numberOf(snapshot), 1)
  if (snapshot.first === undefined) return t.fail('no catalogue')
  const { permissions, roles, roleSets } = snapshot.first.catalogue
  t.is(permissions.size, 9)
  t.deepEqual([...roles.values()].map(({ key }) => key).sort(), ['org:admin', 'org:member'])
  const [roleSet] = roleSets.values()
  t.deepEqual(roleSet?.roleIds.map((id) => roles.byId(id)?.key).sort(), ['org:admin', 'org:member'])
  t.deepEqual(snapshot.organizations, [])
  t.is((await next(messages)).kind, 'heartbeat')
  await opened.createOrganization('org_acme')
  const news = await nextNews(messages)
  t.like(news, { kind: 'change_set', changeSet: { revision: 2, operation: 'CreateOrganization', actor: 'tester' } })
  await messages.return(undefined as never)
})

// spicedb#2252: without heartbeats idle looks like lag. spicedb#3114: nothing was sent for writes that changed nothing.
test('an idle consumer hears that it has everything, also after a write that changed nothing', async (t) => {
  const opened = await open(t, { heartbeatMs: 1 })
  const { messages } = watch(opened, { after: `${opened.store.epoch}:1` })
  await opened.admin.updateRole({ role: 'org:admin', name: 'Admin' }, writing())
  for (let beats = 0; beats < 3; beats++) t.like(await next(messages), { kind: 'heartbeat', stalenessMs: 0 })
  t.is(numberOf(await next(messages)), opened.store.head)
  await messages.return(undefined as never)
})

test('a heartbeat comes also while changes flow', async (t) => {
  const opened = await open(t, { heartbeatMs: 1 })
  const { messages } = watch(opened, { after: `${opened.store.epoch}:1` })
  for (let writes = 0; writes < 10; writes++) {
    await opened.createOrganization(`org_${writes}`)
    t.is((await nextNews(messages)).kind, 'change_set')
    t.is((await next(messages)).kind, 'heartbeat')
  }
  await messages.return(undefined as never)
})

test('unusable cursors are rejected with the code that says what to do', async (t) => {
  const opened = await open(t)
  for (let i = 0; i < 10; i++) await opened.createOrganization(`org_${i}`)
  await opened.store.compact({ newerThan: Number.MAX_SAFE_INTEGER, count: 2 })
  const codeOf = async (after: string) => {
    const error = await t.throwsAsync(next(watch(opened, { after }).messages))
    return (error as { code?: string }).code
  }
  const { epoch, head } = opened.store
  t.is(await codeOf('elsewhere:3'), 'revision_of_another_epoch')
  t.is(await codeOf(`${epoch}:${head + 1}`), 'cursor_in_the_future')
  t.is(await codeOf(`${epoch}:3`), 'cursor_compacted')
  t.is(await codeOf('3'), 'invalid_revision')
  const { messages } = watch(opened, { after: `${epoch}:${head - 1}` })
  t.is(numberOf(await nextNews(messages)), head)
  await messages.return(undefined as never)
})

test('a consumer that is too slow is notified at once, ended, and can resume; the others go on', async (t) => {
  const opened = await open(t, { watcherQueueMax: 5 })
  const stop = new AbortController()
  const errors: ServiceError[] = []
  const call = { signal: stop.signal, onTooSlow: (error: ServiceError) => void errors.push(error) }
  const request = { snapshotScope: 'catalogue', after: `${opened.store.epoch}:1` } as const
  const slow = opened.service.changes.watch(request, call)
  const quick = watch(opened, { after: `${opened.store.epoch}:1` }).messages
  t.is((await next(slow)).kind, 'heartbeat')
  for (let i = 0; i < 20; i++) {
    await opened.createOrganization(`org_${i}`)
    t.is(numberOf(await nextNews(quick)), i + 2)
  }
  t.is(errors[0]?.code, 'consumer_too_slow')
  await t.throwsAsync(next(slow), { code: 'consumer_too_slow' })
  const resumed = watch(opened, request).messages
  for (let i = 0; i < 20; i++) t.is(numberOf(await nextNews(resumed)), i + 2)
  await Promise.all([quick, resumed].map((messages) => messages.return(undefined as never)))
})

// atproto: an aborted, idle consumer was never woken.
test('an idle consumer is woken when its call is aborted', async (t) => {
  const opened = await open(t, { heartbeatMs: 3_600_000 })
  const { messages, stop } = watch(opened, { after: `${opened.store.epoch}:1` })
  await next(messages)
  const waiting = next(messages)
  stop.abort(new ServiceError('not_serving', 'The sidecar stops.'))
  await t.throwsAsync(waiting, { code: 'not_serving' })
})

test('wherever a consumer cuts over from history to live, it sees each change once and in order', async (t) => {
  const opened = await open(t, { heartbeatMs: 1 })
  await fc.assert(
    fc.asyncProperty(fc.nat(40), fc.array(fc.nat(5), { maxLength: 30 }), async (back, pulls) => {
      const start = Math.max(0, opened.store.head - back)
      const { messages } = watch(opened, { after: `${opened.store.epoch}:${start}` })
      const seen: number[] = []
      const writes: Promise<unknown>[] = []
      const pull = async () => {
        const message = await next(messages)
        if (message.kind === 'change_set') seen.push(numberOf(message))
        else t.is(numberOf(message), seen.at(-1) ?? start)
      }
      for (const count of pulls) {
        writes.push(opened.admin.createOrganization({ name: '' }, writing()))
        for (let i = 0; i < count; i++) await pull()
      }
      await Promise.all(writes)
      while ((seen.at(-1) ?? start) < opened.store.head) await pull()
      t.deepEqual(
        seen,
        Array.from({ length: opened.store.head - start }, (_, i) => start + i + 1),
      )
      await messages.return(undefined as never)
    }),
    { numRuns: 50 },
  )
})

test('a snapshot with organizations is whole at the revision of its last chunk, whatever is written meanwhile', async (t) => {
  const opened = await open(t)
  await Promise.all(Array.from({ length: 1200 }, (_, i) => opened.createOrganization(`org_${i}`)))
  const { messages } = watch(opened, { snapshotScope: 'catalogue_and_organizations' })
  const roleSets = new Map<string, string>()
  const writes: Promise<unknown>[] = []
  for (let chunks = 0; ; chunks++) {
    const message = await next(messages)
    if (message.kind === 'snapshot_chunk') {
      for (const { id, roleSetId } of message.organizations) roleSets.set(id, roleSetId)
      if (message.last) {
        t.is(numberOf(message), opened.store.head)
        break
      }
      writes.push(opened.admin.deleteOrganization({ organizationId: `org_${chunks}` }, writing()))
      writes.push(opened.createOrganization(`org_new_${chunks}`))
      await Promise.all(writes)
    } else if (message.kind === 'change_set') {
      for (const change of message.changeSet.changes) {
        const edit = editOf(change, 'organization')
        if (edit?.after) roleSets.set(edit.after.id, edit.after.roleSetId)
        else if (edit?.before) roleSets.delete(edit.before.id)
      }
    }
  }
  const stored = await allOrganizations(opened)
  t.deepEqual(new Map([...roleSets].sort()), new Map([...stored].sort()))
  await messages.return(undefined as never)
})

async function allOrganizations({ admin }: OpenedService): Promise<Map<string, string>> {
  const stored = new Map<string, string>()
  let pageToken = ''
  do {
    const page = await admin.listOrganizations({}, { ...reading(), pageSize: 500, pageToken })
    for (const { id, roleSetId } of page.items) stored.set(id, roleSetId)
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  return stored
}
