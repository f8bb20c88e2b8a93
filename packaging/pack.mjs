// Packs the published packages into `packaging/tarballs`, as a release does: `npm run pack`. It needs a build.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { published, root, tarballs } from './published.mjs'

const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const filters = published.map(({ name }) => `--filter=${name}`)
const args = ['--recursive', ...filters, 'pack', '--pack-destination', tarballs]

rmSync(tarballs, { recursive: true, force: true })
mkdirSync(tarballs, { recursive: true })
// It prints the name of each file, which helps only when it fails: then its output is in the error.
execFileSync('npx', ['--loglevel=error', '--yes', packageManager, ...args], { cwd: root, stdio: 'pipe' })
process.stdout.write(`pack: ${published.length} packages in ${relative(root, tarballs)}\n`)
