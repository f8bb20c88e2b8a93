/** A manifest is applied before the sidecar is ready and whenever its files change; what is wrong changes nothing. */

import { appendFile, chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { openTestService, reading, writing } from '../service/open-service.ts'
import { follow, manifestFile, MountedConfigMap, roleSet, sha256, until } from './open-follower.ts'

const pro = `role_sets:\n${roleSet('role_set:pro')}`
const organizations = (...names: readonly string[]) =>
  `organizations:\n${names.map((name) => `  - { id: org_${name.toLowerCase()}, name: ${name} }\n`).join('')}`

test('at the start it is applied as one change set of the actor manifest, and then the sidecar is ready', async (t) => {
  const text = `${pro}${organizations('Acme', 'Globex')}`
  const { readiness, admin, store, facts, events } = await follow(t, await manifestFile(t, text))
  t.false(readiness.isReady)
  t.regex(readiness.waitingText ?? '', /waits for the manifest/)
  t.true(await readiness.whenReady())
  t.is(store.head, 2, 'one revision')
  const { items } = await admin.listChanges({}, { ...reading(), pageSize: 1, pageToken: '' })
  t.like(items[0], { actor: 'manifest', operation: 'Apply' })
  t.like(facts(), { result: 'applied', hash: sha256(text), applied_hash: sha256(text), revision: `${store.epoch}:2` })
  t.like(events('manifest_applied')[0], { created: 3, changed: 0, deleted: 0, level: 'info' })
})

test('a start at which nothing changes makes no revision', async (t) => {
  const path = await manifestFile(t, pro)
  const opened = await openTestService(t)
  const first = await follow(t, path, { opened })
  await first.readiness.whenReady()
  await first.declared.close()
  const { head } = opened.store
  const second = await follow(t, path, { opened })
  await second.readiness.whenReady()
  t.is(opened.store.head, head)
  t.is(second.facts().result, 'unchanged')
  t.is(second.events('manifest_unchanged').length, 1)
})

test('the exchange of a mounted ConfigMap is applied, each time', async (t) => {
  const mounted = await MountedConfigMap.in(t, { 'rolesets.yaml': pro })
  const { readiness, admin, facts } = await follow(t, mounted.path)
  await readiness.whenReady()
  for (const name of ['One', 'Two', 'Three']) {
    await mounted.swap({ 'rolesets.yaml': `${pro}${organizations(name)}` })
    await until(() => facts().result === 'applied' && facts().revision !== null && facts().drift !== null)
    await until(async () =>
      admin.getOrganization(`org_${name.toLowerCase()}`, reading()).then(
        () => true,
        () => false,
      ),
    )
  }
  t.pass()
})

const changes: Readonly<Record<string, (path: string, text: string) => Promise<void>>> = {
  'written in place': (path, text) => writeFile(path, text),
  'appended to': (path, text) => appendFile(path, text.slice(pro.length)),
  'replaced as an editor does': async (path, text) => {
    await rename(path, `${path}~`)
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  },
  'removed and made again': async (path, text) => {
    await rm(path)
    await writeFile(path, text)
  },
  'replaced by a link': async (path, text) => {
    await writeFile(`${path}.target`, text)
    await symlink(`${path}.target`, `${path}.link`)
    await rename(`${path}.link`, path)
  },
}

for (const [how, change] of Object.entries(changes)) {
  test(`a file that is ${how} is applied`, async (t) => {
    const path = await manifestFile(t, pro)
    const { readiness, facts } = await follow(t, path)
    await readiness.whenReady()
    const text = `${pro}${organizations('Later')}`
    await change(path, text)
    await until(() => facts().hash === sha256(text) && facts().result === 'applied')
    t.true(readiness.isReady)
  })
}

test('of many quick changes the last one wins', async (t) => {
  const path = await manifestFile(t, pro)
  const { readiness, admin, facts } = await follow(t, path)
  await readiness.whenReady()
  let text = ''
  for (let count = 0; count < 200; count++) {
    text = `${pro}organizations: [{ id: org_quick, name: 'Name ${count}' }]\n`
    await writeFile(path, text)
  }
  await until(() => facts().applied_hash === sha256(text))
  const { value } = await admin.getOrganization('org_quick', reading())
  t.is(value.name, 'Name 199')
})

test('a path that appears later is waited for', async (t) => {
  const folder = join(await temporaryFolder(t), 'later')
  const { readiness, facts } = await follow(t, folder)
  await until(() => facts().result === 'refused')
  t.like(facts(), { hash: null, error: { code: 'unreadable_file' } })
  t.regex(readiness.waitingText ?? '', /There is no file or folder \S*later\. Put the manifest there/)
  await mkdir(folder)
  await until(() => facts().error?.code === 'invalid_file')
  await writeFile(join(folder, 'a.yaml'), pro)
  t.true(await readiness.whenReady())
})

test('a manifest that comes back with the same contents is applied again', async (t) => {
  const path = await manifestFile(t, pro)
  const { readiness, facts, events, store } = await follow(t, path)
  await readiness.whenReady()
  const { head } = store
  await rm(path)
  await until(() => facts().result === 'refused')
  t.true(readiness.isReady, 'the last state stays')
  t.like(events('manifest_refused')[0], { level: 'error', code: 'unreadable_file' })
  await writeFile(path, pro)
  await until(() => facts().result === 'unchanged')
  t.is(facts().error, undefined)
  t.is(store.head, head)
})

test('the files of a folder are one manifest, in the order of their names, without others', async (t) => {
  const folder = await temporaryFolder(t)
  const files = {
    'b.json': JSON.stringify({ organizations: [{ id: 'org_b', role_set: 'role_set:pro' }] }),
    'a.yml': pro,
    'c.yaml': organizations('C'),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  await mkdir(join(folder, 'folder.yaml'))
  await writeFile(join(folder, '.hidden.yaml'), 'nonsense')
  await writeFile(join(folder, 'README.md'), 'nonsense')
  const { readiness, admin, facts } = await follow(t, folder)
  await readiness.whenReady()
  t.is((await admin.getOrganization('org_b', reading())).value.roleSet, 'role_set:pro')
  const listed = ['a.yml', 'b.json', 'c.yaml'] as const
  t.is(facts().hash, sha256(listed.map((name) => `${sha256(files[name])}  ${name}\n`).join('')))
})

const wrong: Readonly<
  Record<string, { readonly files: Readonly<Record<string, string>>; readonly code: string; readonly says: RegExp }>
> = {
  'an empty folder': {
    files: {},
    code: 'invalid_file',
    says: /has no file whose name ends in \.yaml, \.yml or \.json/,
  },
  'an empty file': { files: { 'a.yaml': '' }, code: 'invalid_file', says: /a\.yaml:1:1: The file describes nothing/ },
  'only comments': { files: { 'a.yaml': '# nothing\n' }, code: 'invalid_file', says: /describes nothing/ },
  'empty lists': { files: { 'a.yaml': 'roles: []\n' }, code: 'invalid_file', says: /describes nothing/ },
  'an empty file beside a right one': {
    files: { 'a.yaml': pro, 'b.yaml': '\n' },
    code: 'invalid_file',
    says: /b\.yaml:1:1: /,
  },
  'a file that is not text': { files: { 'a.yaml': 'roles: \uD800' }, code: 'invalid_file', says: /a\.yaml/ },
  'two faults in two files': {
    files: { 'a.yaml': 'roles: [{ key: x }]\n', 'b.yaml': 'roles: [{ nmae: y }]\n' },
    code: 'invalid_file',
    says: /a\.yaml:1:16: roles\[0\]\.key [^]*b\.yaml:1:/,
  },
  'a thing that two files describe': {
    files: { 'a.yaml': 'roles:\n  - key: org:x\n', 'b.yaml': 'roles:\n  - key: org:y\n  - key: org:x\n' },
    code: 'invalid_file',
    says: /b\.yaml:3:10: roles\[1\]\.key repeats org:x\. Give it once\. The other one is in .*a\.yaml:2:10\./,
  },
  'two initial sets in two files': {
    files: {
      'a.yaml': pro.replace(' }', ', initial: true }'),
      'b.yaml': pro.replace(' }', ', initial: true }').replace(':pro', ':free'),
    },
    code: 'invalid_file',
    says: /b\.yaml:2:\d+: role_sets\[0\]\.initial makes a second set initial\. .*a\.yaml:2:\d+\./,
  },
  'a role that is nowhere': {
    files: { 'a.yaml': pro, 'b.yaml': `role_sets:\n${roleSet('role_set:max', ['org:nowhere'])}` },
    code: 'role_not_found',
    says: /b\.yaml:2:\d+: role_sets\[0\]\.roles\[2\] is org:nowhere, which neither the manifest nor the store has/,
  },
}

for (const [what, { files, code, says }] of Object.entries(wrong)) {
  test(`${what}: nothing is changed, the probes say where, and the log says why`, async (t) => {
    const folder = await temporaryFolder(t)
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, 'utf8')
    const { readiness, facts, events, store } = await follow(t, folder, { prune: true })
    await until(() => facts().result !== null)
    t.is(store.head, 1)
    t.false(readiness.isReady)
    t.like(facts(), { result: 'refused', error: { code } })
    const [refused] = events('manifest_refused')
    t.like(refused, { level: 'error', code, path: folder })
    t.regex(String(refused?.['error']), says)
    t.is(events('manifest_refused').length, 1)
  })
}

test('what the files contain is in the log, and in no probe', async (t) => {
  const secret = 'hunter2-correct-horse'
  const texts = [
    `roles:\n  - key: ${secret}\n`,
    `${secret}: 1\n`,
    `roles: [${secret}`,
    `roles:\n  - key: org:x\n    permissions: [org:${secret.replaceAll('-', '_')}:read]\n`,
    `organizations:\n  - { id: ${secret}, role_set: role_set:nowhere }\n`,
  ]
  const path = await manifestFile(t, '')
  const { readiness, facts, events } = await follow(t, path)
  await until(() => facts().error !== undefined)
  for (const text of texts) {
    await writeFile(path, text)
    await until(() => facts().hash === sha256(text) && facts().error !== undefined)
    const shown = JSON.stringify(readiness.facts()) + (readiness.waitingText ?? '')
    t.false(/hunter2/.test(shown), shown)
    t.is(typeof facts().error?.code, 'string')
  }
  t.is(events('manifest_refused').length, texts.length + 1)
})

test('a file that may not be read, a pipe and a device are named as such', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'rolesets.yaml')
  await symlink('/dev/zero', path)
  const { facts } = await follow(t, path)
  await until(() => facts().error !== undefined)
  t.regex(facts().error?.message ?? '', /rolesets\.yaml is not a regular file/)
  await rm(path)
  await symlink('nowhere', path)
  await until(() => facts().error?.code === 'unreadable_file')
  if (process.getuid?.() === 0) return
  await rm(path)
  await writeFile(path, pro)
  await chmod(path, 0)
  await until(() => facts().error?.message.includes('EACCES') === true)
})

test('a later manifest with a fault changes nothing, and the sidecar stays ready', async (t) => {
  const path = await manifestFile(t, pro)
  const { readiness, facts, store } = await follow(t, path, { prune: true })
  await readiness.whenReady()
  const { head } = store
  const broken = 'role_sets:\n  - key: role_set:pro\n    roles: []\n'
  await writeFile(path, broken)
  await until(() => facts().result === 'refused')
  t.true(readiness.isReady)
  t.is(store.head, head)
  t.like(facts(), { hash: sha256(broken), applied_hash: sha256(pro), error: { code: 'invalid_file', faults: 2 } })
})

test('a fault that lasts is told again from time to time', async (t) => {
  const { events, declared } = await follow(t, await manifestFile(t, ''), { times: { remindEveryMs: 20 } })
  await until(() => events('manifest_refused').length === 3)
  t.is(declared.state.attempts.refused, 1, 'the file is not read again for it')
})

test('things that are not described stay, and go only with prune', async (t) => {
  for (const prune of [false, true]) {
    const path = await manifestFile(t, `roles: [{ key: org:gone }]\n${pro}`)
    const { readiness, admin, facts } = await follow(t, path, { prune })
    await readiness.whenReady()
    await admin.createOrganization({ id: 'org_kept' }, writing())
    await writeFile(path, pro)
    await until(() => facts().hash === sha256(pro) && facts().error === undefined)
    const { items } = await admin.listRoles({ ...reading(), pageSize: 100, pageToken: '' })
    t.is(
      items.some(({ key }) => key === 'org:gone'),
      !prune,
    )
    await t.notThrowsAsync(admin.getOrganization('org_kept', reading()))
  }
})
