/**
 * Pods with network namespaces of their own, on one bridge, as on a node: each has its loopback and its address. This works in a
 * process that is alone in its namespaces (`namespaceCommand`), so nothing of the machine is changed, and nothing is left behind.
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import type { Sandbox } from './sandbox.ts'

const network = '10.77.0'
/** The kubelet itself. */
const nodeAddress = `${network}.1`

export class PodNetwork {
  #hosts = 0

  constructor() {
    run('ip link set lo up')
    run('ip link add pods type bridge')
    run(`ip address add ${nodeAddress}/24 dev pods`)
    run('ip link set pods up')
  }

  /** A network namespace on the bridge. */
  openSandbox(): Sandbox & { readonly name: string } {
    const name = `host-${++this.#hosts}`
    const address = `${network}.${10 + this.#hosts}`
    run(`ip netns add ${name}`)
    run(`ip link add ${name} type veth peer name eth0 netns ${name}`)
    run(`ip link set ${name} master pods up`)
    for (const command of [`address add ${address}/24 dev eth0`, 'link set eth0 up', 'link set lo up'])
      run(`ip -n ${name} ${command}`)
    return {
      name,
      address,
      start: (command, env) =>
        spawn('ip', ['netns', 'exec', name, ...command], { env, stdio: ['ignore', 'pipe', 'pipe'] }),
      translateHosts: (text) => text,
      close: async () => run(`ip netns delete ${name}`),
    }
  }

  /** Takes the cable out. */
  unplug({ name }: { readonly name: string }): void {
    run(`ip link set ${name} down`)
  }

  plug({ name }: { readonly name: string }): void {
    run(`ip link set ${name} up`)
  }

  /** Drops what comes from these addresses, and what goes there, without a word. */
  drop({ name }: { readonly name: string }, addresses: readonly string[]): void {
    const others = `{ ${addresses.join(', ')} }`
    const rules = [
      'add table inet cut',
      'add chain inet cut input { type filter hook input priority 0; }',
      'add chain inet cut output { type filter hook output priority 0; }',
      `add rule inet cut input ip saddr ${others} drop`,
      `add rule inet cut output ip daddr ${others} drop`,
    ]
    for (const rule of rules) execFileSync('ip', ['netns', 'exec', name, 'nft', rule], { stdio: 'pipe' })
  }

  heal({ name }: { readonly name: string }): void {
    run(`ip netns exec ${name} nft delete table inet cut`)
  }
}

function run(command: string): void {
  const [program = '', ...args] = command.split(' ')
  execFileSync(program, args, { stdio: 'pipe' })
}

/** Runs the rest of the command line in namespaces of its own. A user without rights becomes root in them. */
const inside = ['sh', '-ec', 'mount -t tmpfs none /run; mkdir /run/netns; exec "$@"', 'sh']
const ways = [
  ['unshare', '--net', '--mount'],
  ['unshare', '--user', '--map-root-user', '--net', '--mount'],
]

/** What to write before a command; or why this machine can't. */
export function namespaceCommand(): { readonly prefix: readonly string[] } | { readonly skipped: string } {
  const needed =
    'ip netns add try; ip link add try type veth peer name eth0 netns try; ip netns exec try nft list ruleset'
  const reasons: string[] = []
  for (const way of ways) {
    const prefix = [...way, ...inside]
    const [program = '', ...args] = prefix
    const { status, error, stderr } = spawnSync(program, [...args, 'sh', '-ec', needed], { encoding: 'utf8' })
    if (status === 0) return { prefix }
    reasons.push(error?.message ?? stderr.trim().split('\n')[0] ?? '')
  }
  return { skipped: `skipped: this user can’t make network namespaces with unshare, ip and nft (${reasons.at(-1)})` }
}
