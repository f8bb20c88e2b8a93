// Writes the root file system of the image, without the application: `node root.mjs <target> <application>`, in a base
// with Node. It copies only what Node and the native addons of the application load, so that nothing else of the base gets
// into the image. Debian's records of these files come along: their licences, and the packages that scanners look for.

import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, isAbsolute, join, resolve } from 'node:path'

const user = 1000
const [target = '', application = ''] = process.argv.slice(2)
const addons = loadAddons()
const dpkg = '/var/lib/dpkg'
const files = new Set()
const links = new Set()

mkdirSync(target, { recursive: true })
const node = realpathSync(process.execPath)
for (const path of [node, ...sharedObjects(), ...optionalFiles()]) place(path)
if (!existsSync(at('/usr/local/bin/node'))) link('/usr/local/bin/node', node)
write(
  '/usr/local/bin/rolesets',
  `#!/usr/local/bin/node\nimport('${application}/packages/sidecar/dist/main.js')\n`,
  0o755,
)
writeAccounts()
for (const folder of ['/data', '/run/rolesets', '/tmp', '/opt']) mkdirSync(at(folder), { recursive: true })
// The store, and the folder of a Unix socket: a new volume that is mounted there gets this owner, too. The group 0 may write
// there, because some clusters choose a user of their own, always in this group.
for (const folder of ['/data', '/run/rolesets']) {
  chownSync(at(folder), user, 0)
  chmodSync(at(folder), 0o775)
}
chmodSync(at('/tmp'), 0o1777)
const packages = recordPackages()
recordVersions()
setTimes(target)
process.stdout.write(`root: ${files.size} files of the base, of ${packages} Debian packages\n`)

function loadAddons() {
  const require = createRequire(import.meta.url)
  const names = readdirSync(application, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.node')).map((name) => require(join(application, name)))
}

/** What this Node has loaded, once it has loaded the addons: its libraries, and the loader. */
function sharedObjects() {
  const objects = process.report.getReport().sharedObjects
  return objects.filter((path) => isAbsolute(path) && !path.startsWith(application))
}

/** What the C library loads when a name is looked up (versions before 2.34), the certificates, and the name of the system. */
function optionalFiles() {
  const libc = sharedObjects().find((path) => /\/libc\.so\.\d+$/.test(path))
  const beside = ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2'].map((name) =>
    join(dirname(libc ?? '/'), name),
  )
  const others = ['/etc/os-release', '/etc/ssl/certs/ca-certificates.crt', '/usr/local/LICENSE']
  return [...beside, ...others].filter((path) => existsSync(path))
}

/** Copies a file to the same path, with the links on the way to it. */
function place(path) {
  const parts = path.split('/').filter((part) => part !== '')
  for (let count = 1; count <= parts.length; count++) {
    const here = `/${parts.slice(0, count).join('/')}`
    const stats = lstatSync(here)
    if (stats.isSymbolicLink()) {
      const to = readlinkSync(here)
      if (!links.has(here)) link(here, to)
      return place(join(resolve(dirname(here), to), ...parts.slice(count)))
    }
    if (stats.isDirectory()) mkdirSync(at(here), { recursive: true })
    else if (!files.has(here)) {
      copyFileSync(here, at(here))
      chmodSync(at(here), stats.mode & 0o755)
      files.add(here)
    }
  }
}

function link(path, to) {
  mkdirSync(dirname(at(path)), { recursive: true })
  symlinkSync(to, at(path))
  links.add(path)
}

function write(path, text, mode = 0o644) {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), text)
  chmodSync(at(path), mode)
}

function writeAccounts() {
  write(
    '/etc/passwd',
    `root:x:0:0:root:/root:/sbin/nologin\nrolesets:x:${user}:${user}:rolesets:/data:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n`,
  )
  write('/etc/group', `root:x:0:\nrolesets:x:${user}:\nnogroup:x:65534:\n`)
  write('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n')
}

/**
 * Records the Debian packages of the copied files as images without a package manager do: a file for each package in
 * `status.d`, and its copyright.
 */
function recordPackages() {
  if (!existsSync(join(dpkg, 'status'))) return 0
  const paragraphs = readFileSync(join(dpkg, 'status'), 'utf8').split('\n\n')
  // The list of a package can name a file by the path that it had before /usr was merged.
  const wanted = new Set([...files].flatMap((path) => [path, path.replace(/^\/usr\/(?=lib|bin|sbin)/, '/')]))
  const lists = readdirSync(join(dpkg, 'info')).filter((name) => name.endsWith('.list'))
  const owners = lists.filter((name) =>
    readFileSync(join(dpkg, 'info', name), 'utf8')
      .split('\n')
      .some((path) => wanted.has(path)),
  )
  for (const owner of owners) {
    const name = owner.replace(/(:\w+)?\.list$/, '')
    const paragraph = paragraphs.find((each) => each.startsWith(`Package: ${name}\n`))
    if (paragraph !== undefined) write(`${dpkg}/status.d/${name}`, `${paragraph.trim()}\n`)
    const copyright = `/usr/share/doc/${name}/copyright`
    if (existsSync(copyright)) place(copyright)
  }
  return owners.length
}

/** What no package of the image tells: what is compiled into Node and the addon. For the SBOM. */
function recordVersions() {
  const sqlite = addons.map(({ VERSION }) => VERSION).find((version) => version !== undefined)
  const versions = { node: process.versions.node, openssl: process.versions.openssl, sqlite }
  write('/usr/share/rolesets/versions.json', `${JSON.stringify(versions)}\n`)
}

function at(path) {
  return join(target, path)
}

/** So that the same base gives the same files. */
function setTimes(path) {
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) setTimes(join(path, name))
  lutimesSync(path, 0, 0)
}
