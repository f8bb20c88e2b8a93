/** The containers of the manifests start as they are written: their variables are settings, and what the probes ask is served. */

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, stat } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { settings } from '../../packages/sidecar/src/settings.ts'
import { openAuthority, reasonWithoutCertificates } from '../processes/certificate-authority.ts'
import { cleanEnvironment, rolesetsCommand } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { openLocalPod, type LocalPod } from './container-process.ts'
import { build, buildOverlay, reasonWithoutKustomize, type KubernetesObject } from './kustomize.ts'
import { containersOf, podTemplatesOf, services, type PodSpec } from './workloads.ts'

const reason = reasonWithoutKustomize()
const kustomizeTest = reason === undefined ? test : test.skip
if (reason !== undefined) console.log(reason)
const withoutCertificates = reason ?? (await reasonWithoutCertificates())
const authorityTest = withoutCertificates === undefined ? test : test.skip

/** Another user and another group can only be tried by root. */
function reasonWithoutUsers(): string | undefined {
  if (process.getuid?.() !== 0) return 'skipped: other users can’t be tried, because the tests don’t run as root'
  try {
    execFileSync('setpriv', ['--version'])
    return undefined
  } catch {
    return 'skipped: other users can’t be tried, because setpriv is missing'
  }
}
const withoutUsers = reason ?? reasonWithoutUsers()
const usersTest = withoutUsers === undefined ? test : test.skip
if (withoutUsers !== undefined) console.log(withoutUsers)

const manifest = 'roles:\n  - key: org:analyst\n    name: Analyst\n'
const declaredContents = { 'ConfigMap rolesets-manifest': { 'rolesets.yaml': manifest } }
const sidecars = ['sidecar', 'declared', 'before-1.29/sidecar', 'before-1.29/declared']

/** Without the right to mount, the root file system stays writable. */
const isReadOnlyTried = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
if (!isReadOnlyTried)
  console.log('skipped: a read-only root file system can’t be tried, because this user may not mount')
const readOnlyRoot = (pod: LocalPod) => (isReadOnlyTried ? pod.withReadOnlyRoot('rolesets') : [])

async function sidecarPod(t: ExecutionContext, component: string): Promise<{ spec: PodSpec; pod: LocalPod }> {
  const folder = await temporaryFolder(t)
  const overlay = { components: [`deploy/kubernetes/${component}`], objects: [services[1]] }
  const [found] = (await buildOverlay(join(folder, 'kustomization'), overlay)).flatMap(podTemplatesOf)
  const spec = found?.spec ?? {}
  return { spec, pod: await openLocalPod(t, spec, { folder, contents: declaredContents }) }
}

/** Asks what the probes of a container ask, as a kubelet does: by the address of the pod, without a key. */
async function assertProbes(t: ExecutionContext, container: PodSpec, pod: LocalPod): Promise<void> {
  for (const name of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
    const { path, port } = container[name].httpGet as { path: string; port: string }
    const { containerPort } = container['ports'].find((each: PodSpec) => each['name'] === port)
    const response = await fetch(`http://127.0.0.1:${pod.portOf(containerPort)}${path}`, {
      headers: { host: '10.1.2.3:7452' },
    })
    t.is(response.status, 200, `${name}: ${await response.text()}`)
  }
  const metrics = await fetch(`http://127.0.0.1:${pod.portOf(7452)}/metrics`)
  t.regex(await metrics.text(), /^rolesets_ready 1$/m)
}

const rolesetsOf = (spec: PodSpec) => containersOf(spec).find(({ name }) => name === 'rolesets') ?? {}

for (const component of sidecars) {
  kustomizeTest(
    `the container of ${component} starts as it is written, with a read-only root, and its probes succeed`,
    async (t) => {
      const { spec, pod } = await sidecarPod(t, component)
      // As Kubernetes adds them to pods in the namespace of a Service `rolesets`.
      const env = {
        ROLESETS_PORT: 'tcp://10.0.0.1:7450',
        ROLESETS_SERVICE_HOST: '10.0.0.1',
        ROLESETS_SERVICE_PORT: '7450',
      }
      const sidecar = await pod.start('rolesets', { env, through: readOnlyRoot(pod) })
      await assertProbes(t, rolesetsOf(spec), pod)
      t.deepEqual(sidecar.ready['grpc'], [`unix:${pod.folderOf('rolesets-socket')}/rolesets.sock`])
      t.is(sidecar.ready['http'], null)
      t.is(await sidecar.stop(), 0)
    },
  )
}

authorityTest(
  'the container of the authority starts as it is written, with a read-only root, and its probes succeed',
  async (t) => {
    const folder = await temporaryFolder(t)
    const { cert, key } = await (await openAuthority(folder)).issue('rolesets')
    const contents = {
      'Secret rolesets-keys': { 'secret-key': 'a-secret-key-of-a-test', 'read-key': 'a-read-key-of-a-test' },
      'Secret rolesets-tls': { 'tls.crt': String(cert), 'tls.key': String(key), 'ca.crt': '' },
    }
    const spec = (await build('deploy/kubernetes/authority')).find(({ kind }) => kind === 'StatefulSet')?.['spec']
      .template.spec
    const pod = await openLocalPod(t, spec, { folder: join(folder, 'volumes'), contents })
    const authority = await pod.start('rolesets', { through: readOnlyRoot(pod) })
    await assertProbes(t, rolesetsOf(spec), pod)
    t.deepEqual(authority.ready['grpc'], [
      `0.0.0.0:${pod.portOf(7450)}`,
      `unix:${pod.folderOf('socket')}/rolesets.sock`,
    ])
    t.is(authority.ready['http'], `0.0.0.0:${pod.portOf(7451)}`)
    t.is(await authority.stop(), 0)
  },
)

kustomizeTest('each variable of a container of Rolesets is a setting, and each address is a port of it', async (t) => {
  const pods = await allPods(t)
  t.is(pods.length, 2 + sidecars.length)
  // What the command reads besides the settings of `serve`, and what the program of the backup reads.
  const others = ['ROLESETS_TARGET', 'ROLESETS_KEY_FILE', 'BACKUP_FOLDER', 'BACKUPS_KEPT', 'CA_FILE']
  const known = [...settings.map(({ variable }) => variable), ...others]
  for (const { of, spec } of pods) {
    for (const { env = [], ports = [] } of containersOf(spec).filter(({ image }) => image === 'rolesets')) {
      for (const { name } of env) t.true(known.includes(name), `${of}: ${name}`)
      const listening = env
        .filter(({ name }: PodSpec) => name.endsWith('_LISTEN'))
        .flatMap(({ value }: PodSpec) => [...value.matchAll(/:(\d+)/g)])
      const served = listening.map(([, port = '']: string[]) => Number(port)).sort()
      t.deepEqual(served, ports.map(({ containerPort }: PodSpec) => containerPort as number).sort(), of)
    }
  }
})

kustomizeTest('the pod has more time to stop than the sidecar takes for it', async (t) => {
  for (const { of, spec } of await allPods(t)) {
    for (const { env = [] } of containersOf(spec)) {
      const grace = env.find(({ name }: PodSpec) => name === 'ROLESETS_SHUTDOWN_GRACE_MS')
      if (grace !== undefined)
        t.true((spec['terminationGracePeriodSeconds'] ?? 30) * 1000 >= 2 * Number(grace.value), of)
    }
  }
})

async function allPods(t: ExecutionContext) {
  const folder = await temporaryFolder(t)
  const built: KubernetesObject[] = [...(await build('deploy/kubernetes/authority'))]
  for (const component of sidecars) {
    const overlay = { components: [`deploy/kubernetes/${component}`], objects: [services[1]] }
    built.push(...(await buildOverlay(join(folder, component), overlay)))
  }
  return built.flatMap(podTemplatesOf)
}

usersTest('an application of another user may connect with the group of the pod, and not without it', async (t) => {
  const { spec, pod } = await sidecarPod(t, 'sidecar')
  const { runAsUser, runAsGroup } = rolesetsOf(spec)['securityContext'] as { runAsUser: number; runAsGroup: number }
  const socketFolder = pod.folderOf('rolesets-socket')
  // The folder of a test is its owner's.
  await chmod(join(socketFolder, '..'), 0o755)
  await pod.start('rolesets', { through: asUser(runAsUser, [runAsGroup]) })
  const { mode, gid } = await stat(join(socketFolder, 'rolesets.sock'))
  t.is(mode & 0o777, 0o660)
  t.is(gid, runAsGroup)
  const target = `unix:${socketFolder}/rolesets.sock`
  t.is(await roles(target, asUser(2000, [2000, ...(spec['securityContext'].supplementalGroups as number[])])), 0)
  t.is(await roles(target, asUser(2000, [2000])), 3)
})

const asUser = (user: number, [first = 0, ...others]: readonly number[]) => [
  ...['setpriv', `--reuid=${user}`, `--regid=${first}`],
  others.length === 0 ? '--clear-groups' : `--groups=${others.join(',')}`,
]

/** Asks for the roles of an organization. @returns the exit code; 3: no connection */
async function roles(target: string, [program = '', ...through]: readonly string[]): Promise<number | null> {
  const args = [
    ...through,
    process.execPath,
    rolesetsCommand,
    'roles',
    'org_acme',
    '--target',
    target,
    '--timeout',
    '20',
  ]
  const child = spawn(program, args, { env: cleanEnvironment(), stdio: 'ignore' })
  const [code] = (await once(child, 'close')) as [number | null]
  return code
}
