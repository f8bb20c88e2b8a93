/** `rolesets health`: does the sidecar serve? For orchestrators whose health check is a command. */

import { readHealth, type SidecarHealth } from '@rolesets/client/health'
import { exitCodes, onOneLine, type ExitCode } from '@rolesets/core'
import { Option } from 'commander'
import { jsonLine } from '../output/json.ts'
import { linesText } from '../output/lines.ts'
import { hideMistaken, readTls, type ConnectionOptions } from '../run/connection.ts'
import { UsageError } from '../run/failure.ts'
import { connectedVerb } from '../run/verb.ts'
import { withoutUndefined } from '../run/without-undefined.ts'

interface HealthOptions extends ConnectionOptions {
  readonly ready?: true
  readonly live?: true
  readonly service?: string
}

const verb = {
  usage: 'health',
  summary: 'Says whether the sidecar serves, for health checks that are commands.',
  timeoutSeconds: 3,
  options: [
    new Option('--ready', 'ask whether it answers all calls, as /readyz does; this is the default').conflicts('live'),
    new Option('--live', 'ask only whether a restart would help, as /livez does: a sidecar that waits is healthy'),
    new Option('--service <name>', 'ask for one service, as in rolesets.v1.Decisions').conflicts(['live', 'ready']),
  ],
  notes: `
It asks grpc.health.v1, which needs no key. "Not healthy" has the exit code 1, and the sentence says which fact is missing and
what the sidecar waits for. In Kubernetes use the HTTP probes (ROLESETS_PROBE_LISTEN): a command starts a process each time.

Examples:
  rolesets health
  rolesets health --live --target unix:/run/rolesets/rolesets.sock
  rolesets health --service rolesets.v1.Decisions --json`,
}

/** What was asked for, and what the answer is. */
interface Verdict {
  readonly isHealthy: boolean
  /** The rest of a sentence whose beginning is the address. */
  readonly because: string
}

export const health = connectedVerb<HealthOptions, []>(verb, async ({ io, options }): Promise<ExitCode> => {
  const { target, timeout, live, service } = options
  hideMistaken(target, io)
  const tls = await readTls(options, io)
  const { signal } = io
  const found = await readHealth({ target, deadlineMs: timeout * 1_000, signal, ...withoutUndefined({ tls }) })
  const facts = factsOf(found)
  const asked = service === undefined ? verdictOf(facts, live === true) : verdictOfService(service, found)
  const sentence = `${asked.isHealthy ? 'healthy' : 'not healthy'}: ${target} ${asked.because}`
  const services = Object.entries(found.services).map(([name, status]) => ({ service: name, status }))
  const document = withoutUndefined({ healthy: asked.isHealthy, ...facts, services })
  await io.stdout(options.json ? jsonLine(document) : linesText([onOneLine(sentence)]))
  return asked.isHealthy ? exitCodes.yes : exitCodes.no
})

interface Facts {
  readonly live: boolean
  /** Decisions are made. */
  readonly ready: boolean
  /** Undefined: that isn't known while no call is answered. */
  readonly writable: boolean | undefined
  readonly reason: string | undefined
}

function factsOf({ services, reason }: SidecarHealth): Facts {
  const isServing = (name: string) => services[name] === 'SERVING'
  const ready = isServing('rolesets.v1.Decisions')
  const writable = ready ? isServing('rolesets.v1.Administration') : undefined
  // A store that refuses every write is what a restart may help against.
  return { live: writable !== false, ready, writable, reason }
}

function verdictOf({ live, ready, writable, reason }: Facts, isLiveAsked: boolean): Verdict {
  const isHealthy = isLiveAsked ? live : ready && live
  if (isHealthy && ready) return { isHealthy, because: 'is ready.' }
  if (writable === false)
    return { isHealthy, because: "refuses every write (writable: false). See the sidecar's log; a restart may help." }
  const why = reason ?? 'It gives no reason: it may be starting or stopping.'
  return { isHealthy, because: `is ${isLiveAsked ? 'live, and ' : ''}not ready (ready: false). ${why}` }
}

function verdictOfService(name: string, { services, reason }: SidecarHealth): Verdict {
  const status = services[name]
  if (status === undefined) {
    const known = Object.keys(services).filter((each) => each !== '')
    throw new UsageError(
      `--service ${JSON.stringify(name)} is not a service of this server. It has: ${known.join(', ')}.`,
    )
  }
  const why = reason === undefined ? '' : `. ${reason}`
  return { isHealthy: status === 'SERVING', because: `says ${status} for ${name || 'the server'}${why}` }
}
