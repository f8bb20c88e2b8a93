/**
 * The commands of docs/kubernetes.md, in a shell and one after the other. What a cluster would do is played with processes: the
 * sidecar, the authority and the application run as their manifests say.
 */

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { stringify } from 'yaml'
import { build, reasonWithoutKustomize } from '../deploy/kustomize.ts'
import { mountFiles, type LocalPod } from '../deploy/container-process.ts'
import { LocalCluster } from '../deploy/local-cluster.ts'
import { podTemplatesOf, services } from '../deploy/workloads.ts'
import { reasonWithoutCertificates } from '../processes/certificate-authority.ts'
import { codeBlocksOf, commandsOf } from './code-blocks.ts'

const page = 'docs/kubernetes.md'
const reason = reasonWithoutKustomize() ?? (await reasonWithoutCertificates())
const clusterTest = reason === undefined ? test : test.skip
if (reason !== undefined) console.log(reason)

async function commandsBelow(...headings: readonly string[]): Promise<readonly string[]> {
  const blocks = await codeBlocksOf(page)
  return blocks.filter(({ language, heading }) => language === 'sh' && headings.includes(heading)).flatMap(commandsOf)
}

/** What is true of a command after it has run, by how it begins. */
type Afterwards = Readonly<Record<string, (output: string) => Promise<void>>>

/** Runs commands; `curl` asks the application. @returns how many have run */
async function follow(
  t: ExecutionContext,
  {
    cluster,
    commands,
    afterwards,
    url,
  }: { cluster: LocalCluster; commands: readonly string[]; afterwards: Afterwards; url: () => string },
): Promise<void> {
  for (const command of commands) {
    const { code, output } = await cluster.run(command.replace('localhost:3000', url()))
    t.is(code, 0, `${command}\n${output}`)
    for (const [begin, check] of Object.entries(afterwards)) if (command.startsWith(begin)) await check(output)
  }
}

/** Starts the containers of a pod in the order in which a kubelet starts them, sidecars first. */
async function startPod(pod: LocalPod, containers: readonly string[]) {
  const started = []
  for (const name of containers) started.push(await pod.start(name))
  return started.at(-1)
}

clusterTest(
  'declared: from an empty namespace to a guarded pod, and a change of the file reaches it without a restart',
  async (t) => {
    const cluster = await LocalCluster.open(t)
    let pod: LocalPod | undefined
    const answers: string[] = []
    const curl = 'curl -X POST'
    const [post = ''] = (await commandsBelow('Declared')).filter((command) => command.startsWith(curl))
    const url = () => `127.0.0.1:${pod?.portOf(3000)}`
    await follow(t, {
      cluster,
      commands: await commandsBelow('Declared'),
      url,
      afterwards: {
        'kubectl apply -k examples/kubernetes/declared': async () => {
          const manifest = (await cluster.contents('shop'))['ConfigMap rolesets-manifest'] ?? {}
          if (pod !== undefined) return mountFiles(pod.folderOf('rolesets-manifest'), manifest)
          pod = await cluster.pod('shop', await cluster.find('shop', 'Deployment', 'pricing-tiers'))
          await startPod(pod, ['rolesets', 'app'])
        },
        [curl]: async (output) => {
          answers.push(output)
          // The last one is answered once the sidecar has looked at the new file.
          while (answers.length === 2 && !answers[1]?.includes('"role":"org:analyst"'))
            answers[1] = (await cluster.run(post.replace('localhost:3000', url()))).output
        },
      },
    })
    t.is(answers.length, 2)
    t.regex(answers[0] ?? '', /"code":"role_not_in_set"/)
    t.regex(answers[1] ?? '', /"user_id":"user_ben","role":"org:analyst"/)
  },
)

clusterTest(
  'shared: an authority with keys and a certificate, and an application that reaches it over TLS',
  async (t) => {
    const cluster = await LocalCluster.open(t)
    let authority: LocalPod | undefined
    let pod: LocalPod | undefined
    const answers: string[] = []
    await follow(t, {
      cluster,
      commands: await commandsBelow('Shared'),
      url: () => `127.0.0.1:${pod?.portOf(3000)}`,
      afterwards: {
        'kubectl apply -k examples/kubernetes/authority': async () => {
          authority = await cluster.pod('rolesets', await cluster.find('rolesets', 'StatefulSet', 'rolesets'))
          await startPod(authority, ['rolesets'])
          await cluster.execIn(authority.envOf('rolesets'))
        },
        'kubectl apply -k examples/kubernetes/shared': async () => {
          const services = { 'rolesets.rolesets.svc:7450': authority?.portOf(7450) ?? 0 }
          pod = await cluster.pod('shop', await cluster.find('shop', 'Deployment', 'pricing-tiers'), services)
          await startPod(pod, ['app'])
        },
        'curl -X POST': async (output) => void answers.push(output),
      },
    })
    t.is(answers.length, 2)
    t.regex(answers[0] ?? '', /"code":"role_not_in_set"/)
    t.regex(answers[1] ?? '', /"user_id":"user_ben","role":"org:analyst"/)
  },
)

clusterTest('the other commands build what they name', async (t) => {
  const cluster = await LocalCluster.open(t)
  for (const command of await commandsBelow('What is where')) t.is((await cluster.run(command)).code, 0, command)
  await cluster.run('kubectl create namespace rolesets')
  await cluster.run('kubectl apply -k examples/kubernetes/authority')
  for (const command of await commandsBelow('The authority', 'Monitoring'))
    t.is((await cluster.run(command)).code, 0, command)
})

test('every command of the page is run by a test, but for those that build and load images', async (t) => {
  const run = await commandsBelow('Declared', 'Shared', 'What is where', 'The authority', 'Monitoring')
  const all = (await codeBlocksOf(page)).filter(({ language }) => language === 'sh').flatMap(commandsOf)
  const others = all
    .filter((command) => !run.includes(command))
    .map((command) => command.split(' ').slice(0, 2).join(' '))
  t.deepEqual(others, ['npm run', 'npm run', 'docker build'])
})

clusterTest('the kustomization of the page builds, with the component of this repository', async (t) => {
  const [block] = (await codeBlocksOf(page)).filter(({ language }) => language === 'yaml')
  const { folder } = await LocalCluster.open(t)
  const local = (block?.code ?? '').replace(/github\.com\/rolesets\/rolesets\/(\S+)\?ref=\S+/, '../$1')
  const files = { 'kustomization.yaml': local, 'rolesets.yaml': '{}', 'deployment.yaml': stringify(services[0]) }
  await mkdir(join(folder, 'shop'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'shop', name), text)
  const built = await build(join(folder, 'shop'))
  t.deepEqual(built.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort(), [
    'ConfigMap rolesets-manifest',
    'Deployment deployment',
  ])
  const [pod] = built.flatMap(podTemplatesOf)
  t.is(pod?.spec['initContainers'][0].image, 'registry.example.com/rolesets:0.1.0')
})
