// Checks the packed packages: what they declare exists (publint), every way of resolving them finds types that are true
// (attw), and none is larger than its limit. `npm run check` calls it.

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { run } from '../scripts/processes.mjs'
import './pack.mjs'
import { published, root } from './published.mjs'

const command = (name) => join(root, 'packaging', 'node_modules', '.bin', name)

/** Why a package doesn't pass each check of attw. */
const attwOptions = {
  // Its README says that it is ESM only.
  '@rolesets/sidecar': ['--profile', 'esm-only', '--entrypoints', '.'],
  // The paths of files on disk: only for servers, and ESM only.
  '@rolesets/proto': ['--exclude-entrypoints', './files'],
}
/** Without a module to import: it is a command. */
const commandOnly = ['rolesets']

let isSound = true
for (const { name, tarball, limit } of published) {
  isSound = (await run(command('publint'), ['run', '--strict', tarball])) === 0 && isSound
  if (!commandOnly.includes(name)) {
    const options = ['--no-emoji', '--format', 'table-flipped', '--quiet', ...(attwOptions[name] ?? [])]
    isSound = (await run(command('attw'), [tarball, ...options])) === 0 && isSound
  }
  isSound = isWithin(name, 'packed', statSync(tarball).size, limit.packed) && isSound
  // The files of a tar archive are padded to blocks, so this is a little more than the sum of their sizes.
  isSound = isWithin(name, 'unpacked', gunzipSync(readFileSync(tarball)).length, limit.unpacked) && isSound
}
process.exitCode = isSound ? 0 : 1

function isWithin(name, what, bytes, limitKb) {
  const kb = Math.ceil(bytes / 1000)
  if (kb <= limitKb) return true
  process.stderr.write(`${name}: ${kb} kB ${what}, more than the limit of ${limitKb} kB in packaging/published.mjs.\n`)
  return false
}
