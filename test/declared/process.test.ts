/** A sidecar with a manifest, as users start it: it waits, becomes ready, follows a large manifest, and stops at any time. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { limits } from '@rolesets/core'
import { createRoleSetsClient } from '@rolesets/client'
import { freePort } from '../processes/free-port.ts'
import { cleanEnvironment, rolesetsCommand, startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { roleSet, sha256, until } from './open-follower.ts'

const key = 'the-secret-key-of-tests'

interface Facts {
  readonly ready: boolean
  readonly waiting_for?: readonly { readonly what: string; readonly why: string }[]
  readonly manifest?: { readonly result: string | null; readonly hash: string | null; readonly drift: object | null }
}

async function factsAt(address: string): Promise<{ readonly status: number; readonly facts: Facts } | undefined> {
  const response = await fetch(`http://${address}/readyz`).catch(() => undefined)
  return response && { status: response.status, facts: (await response.json()) as Facts }
}

async function waiting(t: ExecutionContext, manifest: string) {
  const probe = `127.0.0.1:${await freePort()}`
  const child = spawn(process.execPath, [rolesetsCommand, 'serve'], {
    env: {
      ...cleanEnvironment(),
      ROLESETS_DATABASE: 'sqlite::memory:',
      ROLESETS_GRPC_LISTEN: '127.0.0.1:0',
      ROLESETS_HTTP_LISTEN: '',
      ROLESETS_PROBE_LISTEN: probe,
      ROLESETS_READ_ONLY: 'true',
      ROLESETS_MANIFEST: manifest,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  await until(async () => (await factsAt(probe))?.facts.manifest?.result === 'refused')
  return { child, probe }
}

test('a sidecar whose manifest is missing is alive, not ready, and ready as soon as it is there', async (t) => {
  const path = join(await temporaryFolder(t), 'rolesets.yaml')
  const { child, probe } = await waiting(t, path)
  const before = await factsAt(probe)
  t.is(before?.status, 503)
  t.like(before?.facts.waiting_for?.[0], { what: 'manifest' })
  t.is((await fetch(`http://${probe}/livez`)).status, 200)
  t.is((await fetch(`http://${probe}/startupz`)).status, 503)
  const text = `role_sets:\n${roleSet('role_set:pro')}`
  await writeFile(path, text)
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  t.like(JSON.parse(line.toString()), { ready: true })
  t.like((await factsAt(probe))?.facts, { ready: true, manifest: { result: 'applied', hash: sha256(text) } })
})

test('a sidecar that waits for its manifest ends when it is asked to, with 0', async (t) => {
  const { child } = await waiting(t, join(await temporaryFolder(t), 'none'))
  child.kill('SIGTERM')
  t.deepEqual(await once(child, 'exit'), [0, null])
})

test('the built sidecar follows a manifest of 10 000 organizations, and counts what others write as drift', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'rolesets.yaml')
  const large = (name: string) =>
    `role_sets:\n${roleSet('role_set:pro')}organizations:\n${Array.from(
      { length: limits.manifestOrganizationsMax },
      (_, place) => `  - { id: org_${place}, name: ${name}, role_set: role_set:pro }\n`,
    ).join('')}`
  await writeFile(path, large('First'))
  const env = {
    ROLESETS_DATABASE: `sqlite:${join(folder, 'r.db')}`,
    ROLESETS_SECRET_KEY: key,
    ROLESETS_MANIFEST: path,
  }
  const sidecar = await startSidecar(t, { env })
  const http = sidecar.http ?? ''
  const client = createRoleSetsClient({ target: sidecar.target, key })
  t.teardown(() => client.close())
  const { organization } = await client.admin.getOrganization({ organizationId: 'org_9999' })
  t.like(organization, { name: 'First', roleSet: 'role_set:pro' })
  await client.admin.assignRoleSet({ organizationId: 'org_1', roleSet: 'role_set:default' })
  const driftNow = async () => (await factsAt(http))?.facts.manifest?.drift as { readonly total: number } | null
  await until(async () => (await driftNow())?.total === 1)
  const metrics = await (await fetch(`http://${http}/metrics`)).text()
  t.regex(metrics, /^rolesets_manifest_drift 1$/m)
  t.regex(metrics, /^rolesets_manifest_applied 1$/m)
  const edited = large('Second')
  await writeFile(`${path}.new`, edited)
  await rename(`${path}.new`, path)
  await until(async () => {
    const manifest = (await factsAt(http))?.facts.manifest
    return manifest?.result === 'applied' && manifest.hash === sha256(edited)
  })
  t.is((await client.admin.getOrganization({ organizationId: 'org_1' })).organization.roleSet, 'role_set:pro')
  t.is(await sidecar.stop(), 0)
})
