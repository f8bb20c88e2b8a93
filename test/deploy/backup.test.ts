/**
 * The program of the backup's CronJob, as its container runs it: a backup has its name only when it is whole, and old ones are
 * deleted only after a new one was made.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readdir, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openAuthority, reasonWithoutCertificates } from '../processes/certificate-authority.ts'
import { rolesetsCommand, startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { contentsOf, openLocalPod, type LocalPod } from './container-process.ts'
import { build, reasonWithoutKustomize } from './kustomize.ts'
import { containersOf, podTemplatesOf, type PodSpec } from './workloads.ts'

const reason = reasonWithoutKustomize() ?? (await reasonWithoutCertificates())
const backupTest = reason === undefined ? test : test.skip
if (reason !== undefined) console.log(reason)

const secretKey = 'a-secret-key-of-a-test'
const oldest = 'rolesets-2026-01-01T03-17-00Z.db'

interface Job {
  readonly pod: LocalPod
  /** The names of the files in the folder of the backups. */
  readonly names: () => Promise<readonly string[]>
  readonly run: (env?: Readonly<Record<string, string>>) => Promise<{ code: number | null; log: string }>
}

/** The authority with TLS and a key, and the pod of the CronJob. */
async function openJob(t: ExecutionContext): Promise<Job> {
  const folder = await temporaryFolder(t)
  const authority = await openAuthority(folder)
  const { certFile, keyFile } = await authority.issue('rolesets')
  const sidecar = await startSidecar(t, {
    cwd: folder,
    env: {
      ...{ ROLESETS_GRPC_LISTEN: '0.0.0.0:0', ROLESETS_HTTP_LISTEN: '', ROLESETS_SECRET_KEY: secretKey },
      ...{ ROLESETS_TLS_CERT: certFile, ROLESETS_TLS_KEY: keyFile },
    },
  })
  const objects = await build('deploy/kubernetes/authority')
  const [spec] = objects
    .filter(({ kind }) => kind === 'CronJob')
    .flatMap(podTemplatesOf)
    .map((each) => each.spec)
  const contents = {
    ...contentsOf(objects),
    'Secret rolesets-keys': { 'secret-key': secretKey, 'read-key': 'a-read-key-of-a-test' },
    'Secret rolesets-tls': { 'tls.crt': '', 'tls.key': '', 'ca.crt': String(authority.cert) },
  }
  const pod = await openLocalPod(t, spec ?? {}, { folder: join(folder, 'volumes'), contents })
  const target = `127.0.0.1:${/\d+$/.exec(sidecar.target)?.[0]}`
  const run = async (env: Readonly<Record<string, string>> = {}) =>
    runBackup(spec ?? {}, pod, { ROLESETS_TARGET: target, ...env })
  return { pod, names: () => readdir(pod.folderOf('backups')), run }
}

/** Runs the command of the container, which finds `rolesets` where its PATH leads. */
async function runBackup(spec: PodSpec, pod: LocalPod, env: Readonly<Record<string, string>>) {
  const [{ command }] = containersOf(spec) as readonly [PodSpec]
  const [program, file] = command as readonly [string, string]
  if (program !== 'node') throw new Error(`The image has no ${program}.`)
  const bin = join(pod.folderOf('bin'), '..')
  await writeFile(join(bin, 'rolesets'), `#!/bin/sh\nexec '${process.execPath}' '${rolesetsCommand}' "$@"\n`)
  await chmod(join(bin, 'rolesets'), 0o755)
  const script = file.replace(dirname(file), pod.folderOf('program'))
  const PATH = [bin, process.env['PATH']].join(delimiter)
  const child = spawn(process.execPath, [script], { env: { ...pod.envOf('backup'), PATH, ...env } })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (log += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, log }
}

backupTest('a backup is made over TLS with the key, and all but the newest are deleted', async (t) => {
  const { pod, names, run } = await openJob(t)
  const folder = pod.folderOf('backups')
  const others = ['notes.txt', 'rolesets-copy.db']
  const half = 'rolesets-2026-01-03T03-17-00Z.db.partial-abcd'
  for (const name of [oldest, 'rolesets-2026-01-02T03-17-00Z.db', half, ...others])
    await writeFile(join(folder, name), '')
  const { code, log } = await run({ BACKUPS_KEPT: '2' })
  t.is(code, 0, log)
  const [made, ...rest] = (await names())
    .filter((name) => !others.includes(name))
    .sort()
    .reverse()
  t.regex(made ?? '', /^rolesets-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.db$/)
  t.deepEqual(rest, ['rolesets-2026-01-02T03-17-00Z.db'])
  t.is((await names()).length, 2 + others.length, 'other files are left alone')
})

backupTest('without a new backup no old one is deleted, and the Job fails', async (t) => {
  const { pod, names, run } = await openJob(t)
  await writeFile(join(pod.folderOf('backups'), oldest), '')
  await writeFile(join(pod.folderOf('backups'), 'rolesets-2026-01-02T03-17-00Z.db'), '')
  const wrongKey = join(pod.folderOf('keys'), 'wrong')
  await writeFile(wrongKey, 'another-key-of-a-test')
  const { code, log } = await run({ BACKUPS_KEPT: '1', ROLESETS_KEY_FILE: wrongKey })
  t.not(code, 0)
  t.regex(log, /no old one was deleted/)
  t.is((await names()).length, 2)
  for (const BACKUPS_KEPT of ['', '0', '-1', 'many']) t.is((await run({ BACKUPS_KEPT })).code, 2, BACKUPS_KEPT)
  t.is((await names()).length, 2)
})
