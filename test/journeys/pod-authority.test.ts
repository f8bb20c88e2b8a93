/**
 * The shared way in pods: one authority with a volume, and applications that ask it over TLS. Its node is lost, its volume is
 * attached elsewhere, a second authority gets the same volume, its files disappear.
 */

import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { reasonWithoutCertificates } from '../processes/certificate-authority.ts'
import { createIssuer } from './guarded-application.ts'
import { prepareAuthority } from './kubelet/authority.ts'
import { journeyFor } from './kubelet/journey.ts'
import { Kubelet, type Pod } from './kubelet/kubelet.ts'
import { granted, Load, refused } from './kubelet/load.ts'
import {
  applicationPort,
  authorityClaim,
  authorityPod,
  images,
  reasonWithoutKubelet,
  remotePod,
} from './kubelet/pods.ts'
import { openService } from './kubelet/service.ts'
import { Writer } from './kubelet/writer.ts'
import { applyPricingTiers } from './pricing-tiers.ts'

const { journey, suffix } = journeyFor(reasonWithoutKubelet() ?? (await reasonWithoutCertificates()))

/** An authority on a volume, with the pricing tiers. */
async function openJourney(t: ExecutionContext) {
  const kubelet = new Kubelet(t, { images })
  const { folder, volume, openOperator } = await prepareAuthority(t, kubelet)
  const authorities: Pod[] = []
  const service = await openService(t, () => authorities, 7450)
  const startAuthority = async (name: string) => {
    const pod = await kubelet.start(name, await authorityPod())
    authorities.push(pod)
    return pod
  }
  const first = await startAuthority('rolesets-0')
  await first.ready()
  const operator = openOperator(`${service.address}:7450`)
  await applyPricingTiers(operator)
  return { folder, kubelet, first, volume, startAuthority, service, operator }
}

/** An application in a pod of its own, and its users. */
async function openApplication(t: ExecutionContext, { kubelet, service }: Awaited<ReturnType<typeof openJourney>>) {
  const issuer = await createIssuer()
  const pod = await kubelet.start('application', remotePod(service.address, { kind: 'Deployment' }, issuer))
  await pod.ready()
  const load = new Load(t, { issuer, answering: () => [pod], port: applicationPort })
  // An application without a sidecar has no decisions while it has no connection.
  load.mayBeUndecided = true
  load.expect('org_acme', 'org:analyst', refused)
  load.expect('org_acme', 'org:member', granted)
  load.expect('org_pro', 'org:analyst', granted)
  await load.settled()
  return load
}

journey(
  `a volume that is attached elsewhere after its node was lost has every acknowledged write, and clients follow by themselves${suffix}`,
  async (t) => {
    const all = await openJourney(t)
    const { first, folder, volume, kubelet, operator } = all
    const load = await openApplication(t, all)
    const writer = new Writer(t, operator)
    await writer.more(50)
    await first.remove()
    const elsewhere = join(folder, 'node-2')
    await rename(volume, elsewhere)
    kubelet.claims.set(authorityClaim, elsewhere)
    const second = await all.startAuthority('rolesets-0')
    await second.ready()
    await load.settled()
    await writer.more(50)
    await writer.end()
    t.true(writer.codes.size > 0, 'there were writes meanwhile')
    t.deepEqual(await writer.lost(), [], 'acknowledged, but lost')
    load.expect('org_acme', 'org:analyst', granted)
    await operator.admin.assignRoleSet({ organizationId: 'org_acme', roleSet: 'role_set:pro' })
    await load.settled()
    await load.end()
    t.deepEqual(load.faults, [])
    await second.delete()
    t.deepEqual(second.container('rolesets').exit, { code: 0, signal: null })
  },
)

journey(
  `of two authorities on one volume the second doesn't serve and says why, and it takes over when the first is gone${suffix}`,
  async (t) => {
    const all = await openJourney(t)
    const { first, operator } = all
    const load = await openApplication(t, all)
    const second = await all.startAuthority('rolesets-1')
    const { log, exits } = second.container('rolesets')
    await second.waitFor('it was refused twice', () => exits.length >= 2)
    t.true(exits.every(({ code }) => code === 1))
    t.true(
      log.some((line) => /"code":"in_use"/.test(line)),
      log.join('\n'),
    )
    t.true(
      second.events.every((event) => !event.startsWith('StartedUp')),
      second.events.join('\n'),
    )
    await load.settled()

    load.expect('org_acme', 'org:analyst', granted)
    const { revision } = await operator.admin.assignRoleSet({ organizationId: 'org_acme', roleSet: 'role_set:pro' })
    await load.settled()
    await first.delete()
    await second.ready()
    await load.settled()
    t.true((await operator.check('org_acme', 'org:analyst', { atLeastRevision: revision })).allowed)
    await load.settled()
    await load.end()
    t.deepEqual(load.faults, [])
  },
)

journey(
  `an authority whose files are gone is restarted by its liveness probe, and serves again when they are back${suffix}`,
  async (t) => {
    const all = await openJourney(t)
    const { first, folder, volume, operator } = all
    const load = await openApplication(t, all)
    const writer = new Writer(t, operator)
    await writer.more(20)
    const away = join(folder, 'detached')
    await rename(volume, away)
    await first.waitFor('the liveness probe ends it', () =>
      first.events.some((event) => /Unhealthy rolesets: liveness/.test(event)),
    )
    const { exits, log } = first.container('rolesets')
    await first.waitFor('it does not start without its files', () => exits.length >= 2)
    t.true(
      log.some((line) => /"code":"folder_missing"/.test(line)),
      log.join('\n'),
    )
    await rename(away, volume)
    await first.ready()
    await load.settled()
    await writer.more(20)
    await writer.end()
    t.true(writer.codes.size > 0, 'there were writes meanwhile')
    t.deepEqual(await writer.lost(), [], 'acknowledged, but lost')
    await load.settled()
    await load.end()
    t.deepEqual(load.faults, [])
  },
)
