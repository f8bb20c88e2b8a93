/**
 * The story of the network, in namespaces of its own: pod-network.test.ts starts it there, and judges what it prints, a line of JSON.
 * The load judges its answers itself.
 */

import { createIssuer } from '../guarded-application.ts'
import { applyPricingTiers } from '../pricing-tiers.ts'
import { prepareAuthority } from './authority.ts'
import { Kubelet, type Teardown } from './kubelet.ts'
import { granted, Load, refused, undecided } from './load.ts'
import { PodNetwork } from './namespaces.ts'
import { applicationPort, authorityPod, declare, images, manifestOf, plans, podWith, remotePod } from './pods.ts'
import type { PodSpec } from './pod-spec.ts'
import type { Sandbox } from './sandbox.ts'

const undos: (() => unknown)[] = []
const t: Teardown = { teardown: (undo) => void undos.unshift(undo) }
const network = new PodNetwork()
const sandboxes: ReturnType<PodNetwork['openSandbox']>[] = []
const kubelet = new Kubelet(t, {
  images,
  openSandbox: () => {
    const sandbox = network.openSandbox()
    sandboxes.push(sandbox)
    return sandbox
  },
})
const issuer = await createIssuer()

const stories = { reach, cut }
const story = stories[process.argv[2] as keyof typeof stories]
try {
  process.stdout.write(`${JSON.stringify(await story())}\n`)
} finally {
  for (const undo of undos) await undo()
}

/** What another host reaches of a pod whose sidecar listens on loopback, and whether the pod works. */
async function reach() {
  await declare(kubelet, manifestOf(plans))
  const pod = await kubelet.start('application', onLoopback(await podWith('declared', { kind: 'Deployment' }, issuer)))
  await pod.ready()
  const load = new Load(t, { issuer, answering: () => [pod].filter(({ isReady }) => isReady), port: applicationPort })
  load.expect('org_pro', 'org:analyst', granted)
  load.expect('org_acme', 'org:analyst', refused)
  await load.settled()
  const scraper = network.openSandbox()
  t.teardown(() => scraper.close())
  const ports = (await ask(scraper, scan.toString(), pod.address)) as number[]
  const pages = (await ask(scraper, fetchPages.toString(), pod.address)) as Record<string, number>
  await load.end()
  return { ports, pages, faults: load.faults }
}

/** The defaults of the sidecar: 127.0.0.1, without TLS. */
function onLoopback(spec: PodSpec): PodSpec {
  const left = new Set(['ROLESETS_GRPC_LISTEN', 'ROLESETS_HTTP_LISTEN'])
  const sidecars = (spec.initContainers ?? []).map((sidecar) => ({
    ...sidecar,
    env: (sidecar.env ?? []).filter(({ name }) => !left.has(name)),
  }))
  const containers = spec.containers.map((container) => ({
    ...container,
    env: (container.env ?? []).map((each) =>
      each.name === 'ROLESETS_TARGET' ? { ...each, value: '127.0.0.1:7450' } : each,
    ),
  }))
  return { ...spec, initContainers: sidecars, containers }
}

/** Run elsewhere, by its text. @returns the ports that accept a connection */
async function scan(host: string): Promise<number[]> {
  const { connect } = await import('node:net')
  const open = async (port: number) =>
    new Promise<boolean>((resolve) => {
      const socket = connect({ host, port })
      socket.on('connect', () => (socket.destroy(), resolve(true))).on('error', () => resolve(false))
    })
  const found: number[] = []
  for (let port = 7000; port <= 8100; port++) if (await open(port)) found.push(port)
  return found
}

/** Run elsewhere, by its text. @returns the status of each page of the probe port */
async function fetchPages(host: string): Promise<Record<string, number>> {
  const pages = ['/livez', '/readyz', '/startupz', '/metrics', '/', '/v1/role_sets', '/console']
  const statuses = await Promise.all(
    pages.map(async (page) => [page, (await fetch(`http://${host}:7452${page}`)).status]),
  )
  return Object.fromEntries(statuses) as Record<string, number>
}

async function ask(from: Sandbox, program: string, host: string): Promise<unknown> {
  const code = `const ask = ${program}; ask(process.argv[1]).then((seen) => console.log(JSON.stringify(seen)))`
  const child = from.start([process.execPath, '-e', code, host], process.env)
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stderr?.pipe(process.stderr)
  await new Promise((resolve) => child.on('close', resolve))
  return JSON.parse(text)
}

/**
 * The network between applications and their authority breaks and heals, in two ways. Each time a role is taken out of a set
 * meanwhile. One application may answer from memory for long, the other one for 2.5 seconds.
 */
async function cut() {
  const { authority, host, operator } = await openTheAuthority()
  const start = async (name: string, env: Record<string, string>) => {
    const pod = await kubelet.start(name, remotePod(authority.address, { kind: 'Deployment', env }, issuer))
    await pod.ready()
    const load = new Load(t, { issuer, answering: () => [pod], port: applicationPort, lanes: 1 })
    load.expect('org_acme', 'org:analyst', refused)
    load.expect('org_pro', 'org:analyst', granted)
    return { pod, load }
  }
  const patient = await start('patient', { MAX_STALENESS_MS: '600000' })
  const strict = await start('strict', { MAX_STALENESS_MS: '2500', DEADLINE_MS: '1500' })
  const loads = [patient.load, strict.load]
  // On a busy machine it can be past its bound at other times, too.
  strict.load.mayBeUndecided = strict.load.isUndecidedPastTheBound = true
  const expect = (status: number) => loads.forEach((load) => load.expect('org_pro', 'org:analyst', status))
  const settled = () => Promise.all(loads.map((load) => load.settled()))
  const addresses = [patient.pod.address, strict.pod.address]
  const ways = {
    unplugged: [() => network.unplug(host), () => network.plug(host)],
    dropped: [() => network.drop(host, addresses), () => network.heal(host)],
  } as const
  const fromMemory: Record<string, number> = {}
  for (const [way, [breakIt, heal]] of Object.entries(ways)) {
    await settled()
    breakIt()
    expect(refused)
    await operator.admin.replaceRole({ roleSet: 'role_set:pro', role: 'org:analyst', toRole: 'org:member' })
    const before = patient.load.statuses.get(granted) ?? 0
    await strict.load.saw(undecided)
    fromMemory[way] = (patient.load.statuses.get(granted) ?? 0) - before
    heal()
    await settled()
    expect(granted)
    await operator.admin.addRoles({ roleSet: 'role_set:pro', roles: ['org:analyst'] })
  }
  await settled()
  await Promise.all(loads.map((load) => load.end()))
  return { fromMemory, faults: loads.flatMap(({ faults }) => faults) }
}

async function openTheAuthority() {
  const { openOperator } = await prepareAuthority(t, kubelet)
  const authority = await kubelet.start('rolesets-0', await authorityPod())
  await authority.ready()
  // As with `kubectl exec`: it works while the network doesn't.
  const operator = openOperator(`unix:${authority.folder('socket')}/rolesets.sock`)
  await applyPricingTiers(operator)
  return { authority, host: sandboxes[0] as (typeof sandboxes)[number], operator }
}
