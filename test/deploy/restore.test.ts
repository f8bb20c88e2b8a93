/** The pod of docs/operations.md that restores a backup: it fits the volumes of the authority, and its command restores. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { codeBlocksOf } from '../docs/code-blocks.ts'
import { rolesetsCommand, startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { openLocalPod } from './container-process.ts'
import { build, parseObjects, reasonWithoutKustomize, type KubernetesObject } from './kustomize.ts'
import { objectProblems } from './object-problems.ts'
import { violationsOf } from './pod-security.ts'
import { referenceProblems } from './reference-problems.ts'
import { containersOf, podTemplatesOf } from './workloads.ts'

const execute = promisify(execFile)
const reason = reasonWithoutKustomize()
const kustomizeTest = reason === undefined ? test : test.skip
if (reason !== undefined) console.log(reason)

async function restorePod(): Promise<KubernetesObject> {
  const blocks = (await codeBlocksOf('docs/operations.md')).filter(({ heading }) => heading === 'Backup and restore')
  const [object] = blocks.filter(({ language }) => language === 'yaml').flatMap(({ code }) => parseObjects(code))
  if (object === undefined) throw new Error('The page has no pod.')
  return object
}

/** The claims of a StatefulSet, by the names that its controller gives them. */
function claimsOf({ kind, metadata, spec }: KubernetesObject): readonly string[] {
  if (kind === 'PersistentVolumeClaim') return [metadata.name]
  if (kind !== 'StatefulSet') return []
  return spec.volumeClaimTemplates.map((claim: KubernetesObject) => `${claim.metadata.name}-${metadata.name}-0`)
}

kustomizeTest('the pod that restores is valid and restricted, and mounts the volumes of the authority', async (t) => {
  const pod = await restorePod()
  t.deepEqual(objectProblems([pod]), [[]])
  t.deepEqual(podTemplatesOf(pod).flatMap(violationsOf), [])
  const claims = (await build('deploy/kubernetes/authority')).flatMap(claimsOf)
  t.deepEqual(referenceProblems([pod], new Set(claims.map((name) => `PersistentVolumeClaim ${name}`))), [])
})

test('its command puts a backup in the place of the database, and refuses while the authority runs', async (t) => {
  const { spec } = await restorePod()
  const pod = await openLocalPod(t, spec, { folder: await temporaryFolder(t), contents: {} })
  const [container] = containersOf(spec)
  const mounts = container?.['volumeMounts'] as readonly { readonly name: string; readonly mountPath: string }[]
  const args = (container?.['args'] as readonly string[]).map((arg) => {
    const mount = mounts.find(({ mountPath }) => arg.replace('sqlite:', '').startsWith(`${mountPath}/`))
    return mount === undefined ? arg : arg.replace(mount.mountPath, pod.folderOf(mount.name))
  })
  const database = join(pod.folderOf('data'), 'rolesets.db')
  const sidecar = await startSidecar(t, {
    cwd: pod.folderOf('data'),
    env: { ROLESETS_DATABASE: `sqlite:${database}`, ROLESETS_HTTP_LISTEN: '' },
  })
  const run = (...command: readonly string[]) =>
    execute(process.execPath, [rolesetsCommand, ...command], { env: pod.envOf('restore') })
  await run('backup', args[1] ?? '', '--database', database)
  await t.throwsAsync(run(...args), { message: /is in use by the process/ }, 'while the authority runs')
  t.is(await sidecar.stop(), 0)
  const { stdout } = await run(...args)
  t.regex(stdout, /restored from .*\n[^]*The database before it is now/)
})
