// The module hook that takes the types out of a source. Each result is kept below node_modules/.cache with the hash of
// its source: what an edited or a deleted source left behind is never used.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const require = createRequire(import.meta.url)
const { version } = require('ts-blank-space/package.json')

/** Where results are kept. */
export const cacheFolder = join(root, 'node_modules', '.cache', 'rolesets-typescript')

/** A `load` hook, for `module.register` as well as for `module.registerHooks`. */
export function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
  return { format: 'module', shortCircuit: true, source: javaScriptOf(fileURLToPath(url)) }
}

function javaScriptOf(path) {
  const source = readFileSync(path, 'utf8')
  const place = relative(root, path)
  if (place.startsWith('..')) return withoutTypes(source)
  const hash = createHash('sha256').update(`${version}\0${source}`).digest('hex')
  const file = join(cacheFolder, `${place}.js`)
  const heading = `/*${hash}*/`
  const kept = readIfThere(file)
  if (kept?.startsWith(heading)) return kept.slice(heading.length)
  const javaScript = withoutTypes(source)
  write(file, heading + javaScript)
  return javaScript
}

/** Loads the compiler only when it is needed. */
function withoutTypes(source) {
  return require('ts-blank-space').default(source)
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Whole or not at all, because other processes read it meanwhile. */
function write(file, text) {
  const draft = `${file}.${process.pid}`
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(draft, text)
  renameSync(draft, file)
}
