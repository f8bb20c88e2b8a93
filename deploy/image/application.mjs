// Writes the application of the image to `<folder>/opt/rolesets`: `node application.mjs <folder>`, in the root of a workspace
// that is installed and built. It is the sidecar with what it needs at run time, at the same relative paths; so the versions
// are those of the lock file.

import {
  chmodSync,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { dependenciesOf, readManifest } from './packages.mjs'

/** Dependencies that only the install scripts of a package use. */
const installOnly = { sqlite3: ['node-addon-api', 'node-gyp', 'prebuild-install', 'tar'] }

/** Packages that carry much more than what runs: their sources, objects and libraries of the compiler. */
const onlyFiles = { sqlite3: /^(lib\/.*\.js|build\/Release\/node_sqlite3\.node)$/ }

/** Licences, and what says which package this is. */
const kept = /^((licen[cs]e|notice|copying|copyright).*|package\.json)$/i
/** What Node doesn't read: types and their maps, sources, documentation. */
const unread = /(\.([cm]?ts|map|md|markdown|flow|tsbuildinfo|gypi?|cc?|cpp|h|ya?ml)|^\.[^/]+)$/i
const unreadFolders = /^(build\/)?(tests?|__tests__|examples?|benchmarks?|docs|\.[^/]+)\//

const [folder = ''] = process.argv.slice(2)
const target = join(folder, 'opt/rolesets')
const root = realpathSync('.')
const timeS = Number(process.env['SOURCE_DATE_EPOCH'] ?? 0)
/** The name of each package by its folder, and the links by which the packages find each other. */
const packages = new Map()
const links = new Set()
let bytes = 0

reach(join(root, 'packages', 'sidecar'))
for (const [path, name] of packages) for (const file of filesOf(path, name)) copy(join(path, file))
copy(join(root, 'LICENSE'))
for (const link of links) copyLink(link)
setTimes(folder)
process.stdout.write(`application: ${packages.size} packages, ${(bytes / 1e6).toFixed(1)} MB\n`)

/** Notes a package and all that it needs at run time. */
function reach(folder) {
  if (packages.has(folder)) return
  const owner = readManifest(folder).name
  packages.set(folder, owner)
  for (const { name, link, isRequired } of dependenciesOf(folder)) {
    // Types are not run.
    if (installOnly[owner]?.includes(name) || name.startsWith('@types/')) continue
    if (link === undefined && isRequired) throw new Error(`${owner} needs ${name}, which is not installed`)
    if (link === undefined) continue
    links.add(link)
    reach(realpathSync(link))
  }
}

function filesOf(folder, name) {
  return filesBelow(folder).filter((file) => {
    if (unreadFolders.test(file)) return false
    if (kept.test(basename(file))) return true
    return onlyFiles[name]?.test(file) ?? !unread.test(basename(file))
  })
}

/** Without links: what a package links to is a package of its own. */
function filesBelow(folder, prefix = '') {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = `${prefix}${entry.name}`
    if (entry.isDirectory()) return entry.name === '.bin' ? [] : filesBelow(folder, `${path}/`)
    return entry.isFile() ? [path] : []
  })
}

function copy(path) {
  const place = placeOf(path)
  mkdirSync(dirname(place), { recursive: true })
  copyFileSync(path, place)
  const { mode, size } = statSync(path)
  chmodSync(place, mode & 0o111 ? 0o755 : 0o644)
  bytes += size
}

function copyLink(path) {
  const place = placeOf(path)
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(readlinkSync(path), place)
}

function placeOf(path) {
  return join(target, relative(root, path))
}

/** So that the same sources give the same files. */
function setTimes(path) {
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) setTimes(join(path, name))
  lutimesSync(path, timeS, timeS)
}
