/** The Cerbos server from npm, on a Unix socket, with the cheapest policy that answers our question. */

import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { cerbosRoleOf, resourceKind } from '../askers/cerbos.ts'
import { launch } from '../processes.ts'
import { roleSets } from '../questions.ts'
import type { RunOptions } from '../row.ts'
import { answers, type Peer } from './peer.ts'

export async function openCerbos({ folder, signal }: RunOptions): Promise<Peer> {
  const binary = binaryFile()
  if (binary === undefined) return { missing: `npm has no binary for ${process.platform} on ${process.arch}.` }
  const socket = join(folder, 'cerbos.sock')
  const policies = join(folder, 'policies')
  await mkdir(policies)
  // JSON is YAML.
  await writeFile(join(policies, 'organization.yaml'), JSON.stringify(policy))
  const config = join(folder, 'cerbos.yaml')
  await writeFile(config, JSON.stringify(configOf({ folder, socket, policies })))
  const server = launch({ command: binary, args: ['server', `--config=${config}`, '--log-level=error'], signal })
  await answers(socket, server)
  return { target: `unix:${socket}`, close: () => server.kill() }
}

/** Without a condition to evaluate: a role set is a role of the principal, and a role is an action that it allows. */
const policy = {
  apiVersion: 'api.cerbos.dev/v1',
  resourcePolicy: {
    version: 'default',
    resource: resourceKind,
    rules: Object.entries(roleSets).map(([roleSet, roles]) => ({
      actions: roles,
      effect: 'EFFECT_ALLOW',
      roles: [cerbosRoleOf(roleSet)],
    })),
  },
}

/** Everything that costs time besides the decision is off. */
function configOf({ folder, socket, policies }: { folder: string; socket: string; policies: string }) {
  return {
    server: { grpcListenAddr: `unix:${socket}`, httpListenAddr: `unix:${join(folder, 'cerbos-http.sock')}` },
    storage: { driver: 'disk', disk: { directory: policies, watchForChanges: false } },
    telemetry: { disabled: true },
    audit: { enabled: false },
  }
}

/**
 * Started directly, because the package `cerbos` starts it as a child, which would survive when its parent is killed.
 */
function binaryFile(): string | undefined {
  const require = createRequire(createRequire(import.meta.url).resolve('cerbos/package.json'))
  try {
    return require.resolve(`@cerbos/cerbos-${process.platform}-${process.arch}`)
  } catch {
    return undefined
  }
}
