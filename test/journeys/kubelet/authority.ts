/** What the pod of an authority needs in its cluster: certificates, keys and a volume. */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { openAuthority } from '../../processes/certificate-authority.ts'
import { temporaryFolder } from '../../processes/temporary-folder.ts'
import { secretKey } from '../pricing-tiers.ts'
import type { Kubelet, Teardown } from './kubelet.ts'
import { authorityClaim } from './pods.ts'

export interface AuthorityCluster {
  /** Where volumes can be. */
  readonly folder: string
  /** Of the claim. */
  readonly volume: string
  /** With the administrator's key. */
  readonly openOperator: (target: string) => RoleSetsClient
}

export async function prepareAuthority(t: Teardown, kubelet: Kubelet): Promise<AuthorityCluster> {
  const folder = await temporaryFolder(t)
  const { cert: ca, issue } = await openAuthority(folder)
  const { cert, key } = await issue('rolesets')
  kubelet.secrets.set('rolesets-tls', { 'tls.crt': cert, 'tls.key': key, 'ca.crt': ca })
  kubelet.secrets.set('rolesets-keys', { 'secret-key': secretKey, 'read-key': 'read-key-of-the-journeys-0123456789' })
  const volume = join(folder, 'node-1')
  await mkdir(volume)
  kubelet.claims.set(authorityClaim, volume)
  return {
    folder,
    volume,
    openOperator: (target) => {
      const tls = target.startsWith('unix:') ? {} : { tls: { ca, serverName: 'localhost' } }
      const operator = createRoleSetsClient({ target, key: secretKey, ...tls, deadlineMs: 20_000 })
      t.teardown(() => operator.close())
      return operator
    },
  }
}
