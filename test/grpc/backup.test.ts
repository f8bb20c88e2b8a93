/** The call `Backup`: what it sends, to whom, and that nothing is left of one that was ended. */

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import grpc from '@grpc/grpc-js'
import test, { type ExecutionContext } from 'ava'
import { examine } from '../../packages/sidecar/src/doctor.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { fillStore } from '../storage/filled-store.ts'
import {
  connect,
  contract,
  detailsOf,
  metadataOf,
  openTestSidecar,
  readKey,
  refusalOf,
  secretKey,
  type OpenedSidecar,
} from './open-sidecar.ts'

const undos: (() => unknown)[] = []
const shared = await temporaryFolder({ teardown: (undo) => void undos.push(undo) })
/** More than gRPC takes of a stream before its caller reads. */
const largeBytes = 24_000_000
const large = join(shared, 'large.db')
await fillStore(large, largeBytes)
test.after.always(async () => {
  for (const undo of undos) await undo()
})

interface Part {
  readonly progress?: { readonly bytes: number; readonly ofBytes: number }
  readonly start?: { readonly bytes: number; readonly revision: string; readonly seal: string }
  readonly chunk?: Buffer
  readonly end?: { readonly sha256: string }
}

function ask(t: ExecutionContext, target: string, key: string | undefined) {
  const client = new contract.rolesets.v1.Administration(target, grpc.credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  })
  t.teardown(() => client.close())
  const stream = client.backup({}, metadataOf({ key })) as unknown as grpc.ClientReadableStream<Part>
  return { stream, parts: partsOf(stream) }
}

async function* partsOf(stream: grpc.ClientReadableStream<Part>): AsyncGenerator<Part> {
  for await (const part of stream) yield part as Part
}

async function receive(parts: AsyncIterable<Part>) {
  const chunks: Buffer[] = []
  const kinds = new Set<string>()
  let start: Part['start']
  let end: Part['end']
  for await (const part of parts) {
    kinds.add(part.start ? 'start' : part.end ? 'end' : part.progress ? 'progress' : 'chunk')
    start ??= part.start ?? undefined
    end ??= part.end ?? undefined
    if (!part.start && !part.end && !part.progress && part.chunk) chunks.push(part.chunk)
  }
  return { bytes: Buffer.concat(chunks), start, end, kinds: [...kinds] }
}

async function refusal(parts: AsyncIterable<Part>) {
  try {
    await receive(parts)
  } catch (error) {
    return detailsOf(error)
  }
  throw new Error('It was answered.')
}

async function openLarge(t: ExecutionContext): Promise<OpenedSidecar & { readonly file: string }> {
  const file = join(await temporaryFolder(t), 'large.db')
  await copyFile(large, file)
  return { ...(await openTestSidecar(t, { ROLESETS_DATABASE: `sqlite:${file}` })), file }
}

async function leftovers(file: string): Promise<readonly string[]> {
  const names = await readdir(join(file, '..'))
  return names.filter((name) => !/^large\.db(-wal|-shm|\.lock|\.key)?$/.test(name))
}

test('a backup needs the secret key', async (t) => {
  const { target } = await openTestSidecar(t)
  t.is((await refusalOf(connect(t, target).read('Backup'))).reason, 'WRITE_KEY_REQUIRED')
  t.is((await refusal(ask(t, target, undefined).parts)).reason, 'KEY_REQUIRED')
  t.is((await refusal(ask(t, target, readKey).parts)).reason, 'WRITE_KEY_REQUIRED')
})

for (const [name, env] of [
  ['of a file', {}],
  ['of a store in memory', { ROLESETS_DATABASE: 'sqlite::memory:' }],
] as const)
  test(`a backup ${name} is whole and sound, and says its size, its revision and its digest`, async (t) => {
    const { target, folder, log } = await openTestSidecar(t, env)
    const { revision } = await connect(t, target).write('CreateOrganization', { id: 'org_acme' })
    const { bytes, start, end } = await receive(ask(t, target, secretKey).parts)
    t.is(bytes.length, Number(start?.bytes))
    t.is(start?.revision, revision as string)
    t.is(end?.sha256, createHash('sha256').update(bytes).digest('hex'))
    const copy = join(folder, 'copy.db')
    await writeFile(copy, bytes)
    const { signal } = new AbortController()
    const examined = await examine(`sqlite:${copy}`, {
      now: Date.now(),
      report: () => undefined,
      signal,
      findingsMax: 9,
    })
    t.deepEqual(examined.findings, [])
    t.is(examined.seal, start?.seal ?? '')
    t.is(examined.contents?.organizations, 1)
    t.like(
      log.find(({ message }) => String(message).includes('backup')),
      { actor: 'admin', bytes: bytes.length },
    )
  })

test('one backup is made at a time, writes go on meanwhile, and the next one has them', async (t) => {
  const { target, file } = await openLarge(t)
  const client = connect(t, target)
  const first = ask(t, target, secretKey)
  // It was sent and isn't read any further.
  await once(first.stream, 'readable')
  const refused = await refusal(ask(t, target, secretKey).parts)
  t.like(refused, { reason: 'BACKUP_RUNNING', status: 'RESOURCE_EXHAUSTED' })
  const { revision } = await client.write('CreateOrganization', { id: 'org_meanwhile' })
  const { bytes, start } = await receive(first.parts)
  t.is(bytes.length, Number(start?.bytes))
  t.not(start?.revision, revision as string)
  t.deepEqual(await leftovers(file), [])
  const second = await receive(ask(t, target, secretKey).parts)
  t.is(second.start?.revision, revision as string)
})

test('a caller that goes away ends its backup, and nothing of it is left', async (t) => {
  const { target, file } = await openLarge(t)
  for (let round = 0; round < 3; round++) {
    const { stream, parts } = ask(t, target, secretKey)
    stream.on('error', () => undefined)
    // Once while the copy is made, and twice while it is sent.
    if (round > 0) await once(stream, 'readable')
    stream.cancel()
    await t.throwsAsync(receive(parts))
    let last = await refusalOrBytes(t, target)
    while (last === 'BACKUP_RUNNING') last = await refusalOrBytes(t, target)
    t.true(Number(last) > largeBytes / 2)
    t.deepEqual(await leftovers(file), [])
  }
})

async function refusalOrBytes(t: ExecutionContext, target: string): Promise<string> {
  return receive(ask(t, target, secretKey).parts).then(
    ({ bytes }) => String(bytes.length),
    (error: unknown) => String(detailsOf(error).reason),
  )
}

test('a sidecar that stops ends a backup, and nothing of it is left', async (t) => {
  const { target, file, close } = await openLarge(t)
  const { stream, parts } = ask(t, target, secretKey)
  await once(stream, 'readable')
  const ended = refusal(parts)
  stream.pause()
  await close()
  t.is((await ended).status, 'UNAVAILABLE')
  t.deepEqual(await leftovers(file), [])
})

test('a key that is revoked ends the backup that it asked for', async (t) => {
  const { target } = await openLarge(t)
  const client = connect(t, target)
  const { key } = await client.write('CreateAccessKey', { name: 'nightly', access: 'SECRET' })
  const { stream, parts } = ask(t, target, String(key))
  await once(stream, 'readable')
  await client.write('RevokeAccessKey', { accessKey: 'nightly' })
  t.is((await refusal(parts)).reason, 'KEY_REQUIRED')
})

test('a start removes what a killed process left of its copies, and no other file', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'large.db')
  const left = ['.unfinished-copy-0123456789abcdef', '.unfinished-restore-fedcba9876543210']
  const kept = ['.backup', '.backup-20261129', '.unfinished-copy-mine', '.replaced-20261129T010203Z-0123456789abcdef']
  for (const suffix of [...left, ...kept]) await writeFile(`${file}${suffix}`, 'x')
  await openTestSidecar(t, { ROLESETS_DATABASE: `sqlite:${file}` })
  t.deepEqual(await leftovers(file), kept.map((suffix) => `large.db${suffix}`).sort())
})
