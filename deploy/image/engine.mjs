// Docker, buildah and podman: which of them works on this machine, and what an image of it contains.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

// Chroot isolation needs no rights to make namespaces, cgroups or a network, so it works inside containers and on CI, too.
const isolation = ['--isolation', process.env['BUILDAH_ISOLATION'] ?? 'chroot']

/**
 * How each engine is asked whether it works, builds an image, and saves it as a `docker-archive`. In the order in which they
 * are tried.
 */
const engines = {
  docker: {
    // A client without a server, or without BuildKit, can't build this Dockerfile.
    probes: [
      ['version', '--format', '{{.Server.Version}}'],
      ['buildx', 'version'],
    ],
    build: ['build', '--progress=plain'],
    save: (image, file) => ['save', '--output', file, image],
    hasVolumes: false,
  },
  buildah: {
    probes: [['info']],
    build: ['bud', ...isolation],
    save: (image, file) => ['push', '--quiet', image, `docker-archive:${file}`],
    hasVolumes: true,
  },
  podman: {
    probes: [['info']],
    build: ['build', ...isolation],
    save: (image, file) => ['save', '--quiet', '--format=docker-archive', '--output', file, image],
    hasVolumes: true,
  },
}

export const engineNames = Object.keys(engines)

/**
 * The engine to use, or why none of them works.
 *
 * @param {string | undefined} wanted its name; otherwise the first that works
 * @returns {{ engine: { name: string, build: string[], save: (image: string, file: string) => string[], hasVolumes: boolean } | undefined, reasons: string[] }}
 */
export function findEngine(wanted) {
  const reasons = []
  for (const name of wanted === undefined ? engineNames : [wanted]) {
    const reason = reasonAgainst(name)
    if (reason === undefined) return { engine: { name, ...engines[name] }, reasons }
    reasons.push(`${name} can't be used: ${reason}`)
  }
  return { engine: undefined, reasons }
}

function reasonAgainst(name) {
  for (const probe of engines[name].probes) {
    const { error, status, stderr } = spawnSync(name, probe, { encoding: 'utf8' })
    if (error?.code === 'ENOENT') return 'it is not installed'
    if (error !== undefined) return error.message
    if (status !== 0) return stderr.trim().split('\n').at(-1) ?? `\`${name} ${probe.join(' ')}\` failed`
  }
  return undefined
}

/**
 * Writes the files of an image below a folder, and returns its configuration and when it was made. No container is made for that.
 *
 * @param {{ name: string, save: (image: string, file: string) => string[] }} engine
 * @param {string} image
 * @param {string} folder is made; it also holds the archive for a moment
 */
export function unpackImage({ name, save }, image, folder) {
  const archive = join(folder, 'archive')
  const saved = join(folder, 'image.tar')
  const files = join(folder, 'files')
  for (const each of [archive, files]) mkdirSync(each, { recursive: true })
  call(name, save(image, saved))
  call('tar', ['-xf', saved, '-C', archive])
  rmSync(saved)
  const [{ Config: config, Layers: layers }] = JSON.parse(readFileSync(join(archive, 'manifest.json'), 'utf8'))
  for (const layer of layers) call('tar', ['-xf', join(archive, layer), '--no-same-owner', '-C', files])
  const { config: settings, created } = JSON.parse(readFileSync(join(archive, config), 'utf8'))
  rmSync(archive, { recursive: true })
  return { files, settings, created: new Date(created) }
}

function call(program, args) {
  const { error, status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (error !== undefined) throw new Error(`${program} could not be started: ${error.message}`)
  if (status !== 0) throw new Error(`\`${program} ${args.join(' ')}\` failed: ${stderr.trim()}`)
}
