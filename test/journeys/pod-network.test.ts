/** Pods with networks of their own: what others reach of a pod, and what happens when the network to the authority breaks. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { reasonWithoutCertificates } from '../processes/certificate-authority.ts'
import { cleanEnvironment } from '../processes/sidecar-process.ts'
import { journeyFor } from './kubelet/journey.ts'
import { namespaceCommand } from './kubelet/namespaces.ts'
import { reasonWithoutKubelet } from './kubelet/pods.ts'

const namespaces = namespaceCommand()
const { journey, suffix } = journeyFor(
  reasonWithoutKubelet() ??
    (await reasonWithoutCertificates()) ??
    ('skipped' in namespaces ? namespaces.skipped : undefined),
)

const loader = fileURLToPath(new URL('../../scripts/typescript/register.mjs', import.meta.url))
const program = fileURLToPath(new URL('kubelet/program-network.ts', import.meta.url))

/** Plays a story in namespaces of its own. @returns what was seen */
async function play(t: ExecutionContext, story: 'reach' | 'cut'): Promise<Record<string, unknown>> {
  const prefix = 'prefix' in namespaces ? namespaces.prefix : []
  const [command = '', ...args] = [...prefix, process.execPath, `--import=${loader}`, program, story]
  const child = spawn(command, args, { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => (text[name] += chunk))
  const code = await new Promise((resolve) => child.on('close', resolve))
  t.is(code, 0, text.stderr)
  return JSON.parse(text.stdout) as Record<string, unknown>
}

journey(`kubelets and scrapers reach the probes of a pod, and nothing else of its sidecar${suffix}`, async (t) => {
  const { ports, pages, faults } = await play(t, 'reach')
  t.deepEqual(ports, [7452, 8080], 'the probes, and the application')
  t.deepEqual(pages, {
    ...{ '/livez': 200, '/readyz': 200, '/startupz': 200, '/metrics': 200 },
    ...{ '/': 404, '/v1/role_sets': 404, '/console': 404 },
  })
  t.deepEqual(faults, [])
})

journey(
  `when the network to the authority breaks, grants go on from memory within the bound and fail closed past it, and both follow again when it heals${suffix}`,
  async (t) => {
    const { fromMemory, faults } = await play(t, 'cut')
    for (const [way, count] of Object.entries(fromMemory as Record<string, number>)) t.true(count > 0, way)
    t.deepEqual(faults, [])
  },
)
