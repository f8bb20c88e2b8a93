/** The kubelet of these journeys does what a kubelet does. Its containers are shell scripts here. */

import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { Kubelet } from './kubelet/kubelet.ts'
import type { ContainerSpec } from './kubelet/pod-spec.ts'

const images = { shell: ['sh', '-c'] }

/** Says when it starts and when it is asked to stop. */
function script(name: string, onStop: string, rest: Partial<ContainerSpec> = {}): ContainerSpec {
  return { name, image: 'shell', args: [`trap '${onStop}' TERM; echo up; while :; do sleep 0.02; done`], ...rest }
}

const isUp = (pod: { container(name: string): { readonly log: readonly string[] } }, name: string) =>
  pod.container(name).log.includes('up')

test('sidecars start before the containers in their order, and end after them in the opposite order', async (t) => {
  const pod = await new Kubelet(t, { images }).start('pod', {
    initContainers: ['first', 'second'].map((name) => script(name, 'exit 0', { restartPolicy: 'Always' })),
    containers: [script('application', 'exit 3')],
  })
  await pod.waitFor('all are up', () => ['first', 'second', 'application'].every((name) => isUp(pod, name)))
  await pod.delete()
  const order = pod.events.filter((event) => /^(Started|Exited) /.test(event))
  t.deepEqual(order, [
    ...['Started first', 'Started second', 'Started application'],
    ...['Exited application: 3', 'Exited second: 0', 'Exited first: 0'],
  ])
})

test('a container that does not end is killed after the grace, and so are the sidecars that wait for it', async (t) => {
  const pod = await new Kubelet(t, { images }).start('pod', {
    terminationGracePeriodSeconds: 0.3,
    initContainers: [script('sidecar', 'exit 0', { restartPolicy: 'Always' })],
    containers: [script('application', ':')],
  })
  await pod.waitFor('it is up', () => isUp(pod, 'application'))
  await pod.delete()
  t.true(pod.events.includes('GraceOver'))
  t.deepEqual(pod.container('application').exit, { code: null, signal: 'SIGKILL' })
})

test('a container that fails is started again with growing pauses, and by the policy of its pod', async (t) => {
  const kubelet = new Kubelet(t, { images, secondMs: 1 })
  const containers = [{ name: 'application', image: 'shell', args: ['exit 7'] }]
  const again = await kubelet.start('always', { containers })
  const { exits } = again.container('application')
  await again.waitFor('it has failed', () => exits.length >= 3)
  t.deepEqual(again.events.filter((event) => event.startsWith('BackOff')).slice(0, 2), [
    'BackOff application: restarted in 10 s',
    'BackOff application: restarted in 20 s',
  ])
  const never = await kubelet.start('never', { containers, restartPolicy: 'Never' })
  await never.waitFor('it has failed', () => never.phase === 'Failed')
  t.is(never.container('application').starts, 1)
})

test('the files of a ConfigMap are replaced by one rename of a symbolic link, and removed ones go', async (t) => {
  const kubelet = new Kubelet(t, { images })
  kubelet.configMaps.set('files', { a: '1', b: '1' })
  const pod = await kubelet.start('pod', {
    volumes: [{ name: 'files', configMap: { name: 'files' } }],
    containers: [script('application', 'exit 0', { volumeMounts: [{ name: 'files', mountPath: '/etc/files' }] })],
  })
  const folder = pod.folder('files')
  const first = await readlink(join(folder, '..data'))
  t.is(await readlink(join(folder, 'a')), '..data/a')
  await kubelet.setConfigMap('files', { a: '2', c: '2' })
  const second = await readlink(join(folder, '..data'))
  t.not(second, first)
  t.deepEqual((await readdir(folder)).sort(), ['..data', second, 'a', 'c'].sort())
  t.is(await readFile(join(folder, 'a'), 'utf8'), '2')
})

test('a description that this kubelet can not carry out is refused', async (t) => {
  const kubelet = new Kubelet(t, { images })
  const container = { ...script('application', 'exit 0'), lifecycle: {} }
  await t.throwsAsync(kubelet.start('pod', { containers: [container] }), { message: /lifecycle/ })
})
