// The packages that are published, in the order in which they depend on each other, and what each may weigh.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Where the packed packages are written, and read from by the checks and the tests. */
export const tarballs = join(root, 'packaging', 'tarballs')

/** Kilobytes (1000 bytes) of the tarball, packed and unpacked. A package that grows beyond them needs a decision. */
const limits = {
  'packages/core': { packed: 130, unpacked: 1000 },
  proto: { packed: 280, unpacked: 2900 },
  'packages/client': { packed: 325, unpacked: 1850 },
  'packages/middleware-express': { packed: 158, unpacked: 850 },
  'packages/sidecar': { packed: 1300, unpacked: 6700 },
  'packages/rolesets': { packed: 15, unpacked: 25 },
}

export const published = Object.entries(limits).map(([folder, limit]) => {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const file = `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`
  return { folder, name: manifest.name, version: manifest.version, tarball: join(tarballs, file), limit }
})
