// One hash over all files that a step depends on. The step can be skipped while the hash stays the same.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const unread = new Set(['node_modules', 'dist', 'generated', 'coverage', '.git'])

/**
 * The hash of the names and contents of the files below `root` whose path (from the root, with slashes) is accepted.
 *
 * @param {string} root
 * @param {(path: string) => boolean} accepts
 * @returns {string}
 */
export function fingerprint(root, accepts) {
  const hash = createHash('sha256')
  for (const path of listFiles(root).filter(accepts).sort()) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0')
  }
  return hash.digest('hex')
}

function listFiles(root, folder = '') {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (unread.has(entry.name)) return []
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return listFiles(root, path)
    return entry.isFile() ? [path] : []
  })
}
