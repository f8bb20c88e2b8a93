/** The built `rolesets` command as users run it: real processes, real exit codes, real pipes and signals. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import test from 'ava'
import { cleanEnvironment, rolesetsCommand, startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { pricingTiers, secretKey } from './pricing-tiers.ts'

interface Teardown {
  teardown(undo: () => unknown): void
}

function rolesets(t: Teardown, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [rolesetsCommand, ...args], { env: { ...cleanEnvironment(), ...env } })
  t.teardown(() => child.kill('SIGKILL'))
  const told = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (told.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told.stderr += text))
  const ended = once(child, 'close').then(([exitCode, signal]) => ({
    exitCode: exitCode as number | null,
    signal,
    ...told,
  }))
  return { child, ended }
}

function openOperator(t: Teardown, target: string): RoleSetsClient {
  const operator = createRoleSetsClient({ target, key: secretKey, deadlineMs: 20_000 })
  t.teardown(() => operator.close())
  return operator
}

test('the key that the sidecar made is enough to apply from a pipe, and check answers by its exit code', async (t) => {
  const database = join(await temporaryFolder(t), 'rolesets.db')
  const sidecar = await startSidecar(t, { env: { ROLESETS_DATABASE: `sqlite:${database}` } })
  const env = { ROLESETS_TARGET: sidecar.target, ROLESETS_KEY_FILE: `${database}.key` }

  const applying = rolesets(t, ['apply', '-f', '-'], env)
  applying.child.stdin.end(await readFile(pricingTiers))
  const applied = await applying.ended
  t.is(applied.exitCode, 0, applied.stderr)
  t.regex(applied.stdout, /14 to create[^]*Applied at revision/)

  const [yes, no, wrong] = await Promise.all(
    [['org_globex', 'org:analyst'], ['org_acme', 'org:analyst'], ['org_acme']].map(
      (args) => rolesets(t, ['check', ...args], env).ended,
    ),
  )
  t.deepEqual([yes?.exitCode, no?.exitCode, wrong?.exitCode], [0, 1, 2])
  await sidecar.stop()
  const away = await rolesets(t, ['check', 'org_acme', 'org:analyst', '--json'], env).ended
  t.is(away.exitCode, 3)
  t.like(JSON.parse(away.stderr), { error: { code: 'unavailable' } })
})

test('watch goes on after the sidecar was killed and started again, and Ctrl-C ends it with 0', async (t) => {
  const database = `sqlite:${join(await temporaryFolder(t), 'rolesets.db')}`
  const settings = { ROLESETS_DATABASE: database, ROLESETS_SECRET_KEY: secretKey }
  const first = await startSidecar(t, { env: settings })
  const operator = openOperator(t, first.target)

  const watching = rolesets(t, ['watch'], { ROLESETS_TARGET: first.target })
  const lines = createInterface({ input: watching.child.stdout })[Symbol.asyncIterator]()
  await once(watching.child.stderr, 'data')
  await operator.admin.createOrganization({ id: 'org_before' })
  t.regex((await lines.next()).value as string, /organization org_before/)

  await first.kill()
  await startSidecar(t, { env: { ...settings, ROLESETS_GRPC_LISTEN: first.target } })
  await openOperator(t, first.target).admin.createOrganization({ id: 'org_after' })
  t.regex((await lines.next()).value as string, /organization org_after/)

  watching.child.kill('SIGINT')
  const { exitCode } = await watching.ended
  t.is(exitCode, 0)
})

test('watch ends when nobody reads it any more', async (t) => {
  const sidecar = await startSidecar(t, {
    env: { ROLESETS_DATABASE: 'sqlite::memory:', ROLESETS_SECRET_KEY: secretKey },
  })
  const operator = openOperator(t, sidecar.target)
  const watching = rolesets(t, ['watch'], { ROLESETS_TARGET: sidecar.target })
  await once(watching.child.stderr, 'data')
  watching.child.stdout.destroy()
  await operator.admin.createOrganization({ id: 'org_unread' })
  t.is((await watching.ended).exitCode, 0)
})
