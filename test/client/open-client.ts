/** Clients for tests, on simulated time: beside a fake sidecar, or on a transport that does what the test says. */

import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { createFakeSidecar, type FakeSidecar, type FakeSidecarOptions } from '@rolesets/client/testing'
import type { ExecutionContext } from 'ava'
import { ScriptedTransport } from './scripted-transport.ts'
import { SimulatedClock } from './simulated-clock.ts'
import { heartbeat, keyedHeartbeat, snapshot } from './wire-messages.ts'

export const tiers: FakeSidecarOptions = {
  roles: {
    'org:admin': ['org:reports:read', 'org:reports:write'],
    'org:analyst': ['org:reports:read'],
    'org:member': [],
  },
  roleSets: {
    'role_set:free': ['org:admin', 'org:member'],
    'role_set:pro': ['org:admin', 'org:analyst', 'org:member'],
  },
  organizations: { acme: 'role_set:free', globex: 'role_set:pro' },
}

interface ClientOptions {
  readonly maxStalenessMs?: number
  readonly organizationsMax?: number
  readonly membersMax?: number
  readonly events?: string[]
}

function clientOptions(clock: SimulatedClock, { events, ...options }: ClientOptions) {
  return { clock, random: () => 0.5, onEvent: (event: { type: string }) => void events?.push(event.type), ...options }
}

/** A fresh client of a fake sidecar with the tiers. */
export async function openBesideFake(
  t: ExecutionContext,
  options: ClientOptions & { readonly sidecar?: FakeSidecarOptions } = {},
): Promise<{ readonly client: RoleSetsClient; readonly sidecar: FakeSidecar; readonly clock: SimulatedClock }> {
  const clock = new SimulatedClock()
  const { sidecar: sidecarOptions, ...rest } = options
  const sidecar = createFakeSidecar({ ...tiers, clock, ...sidecarOptions })
  const client = createRoleSetsClient({ transport: sidecar.transport, ...clientOptions(clock, rest) })
  t.teardown(() => client.close())
  await client.ready()
  return { client, sidecar, clock }
}

/** A client whose first stream has been asked for. */
export async function openScripted(
  t: ExecutionContext,
  options: ClientOptions = {},
): Promise<{ readonly client: RoleSetsClient; readonly transport: ScriptedTransport; readonly clock: SimulatedClock }> {
  const clock = new SimulatedClock()
  const transport = new ScriptedTransport()
  const client = createRoleSetsClient({ transport, ...clientOptions(clock, options) })
  t.teardown(() => client.close())
  await clock.settle()
  return { client, transport, clock }
}

/** The same, fresh at this revision. */
export async function openScriptedFresh(t: ExecutionContext, revision = 'e:10', options: ClientOptions = {}) {
  const opened = await openScripted(t, options)
  opened.transport.stream.send(snapshot(revision), heartbeat(revision))
  await opened.client.ready()
  return opened
}

/** The same, on a stream that shows what happens to memberships. */
export async function openScriptedKeyed(t: ExecutionContext, revision = 'e:10', options: ClientOptions = {}) {
  const opened = await openScripted(t, options)
  opened.transport.stream.send(snapshot(revision), keyedHeartbeat(revision))
  await opened.client.ready()
  return opened
}
