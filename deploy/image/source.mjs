// Which version of the sources an image is made of.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/processes.mjs'

/** The version of the packages, the commit, and its time in seconds since 1970. */
export function readSource() {
  const { version } = JSON.parse(readFileSync(join(root, 'packages/sidecar/package.json'), 'utf8'))
  const commit = git('rev-parse', 'HEAD')
  if (commit === undefined) return { version, revision: 'unknown', timeS: timeOf('0') }
  const isAltered = git('status', '--porcelain') !== ''
  return { version, revision: isAltered ? `${commit}-dirty` : commit, timeS: timeOf(git('log', '-1', '--format=%ct')) }
}

/** `SOURCE_DATE_EPOCH` is how builds are told a time: https://reproducible-builds.org/specs/source-date-epoch/ */
function timeOf(standard = '0') {
  return Number(process.env['SOURCE_DATE_EPOCH'] ?? standard)
}

/** Undefined where there is no repository, or no git. */
function git(...args) {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}
