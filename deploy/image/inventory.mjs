// The SBOM of an image, in CycloneDX. It lists what is in the files of the image, and the hashes that the lock file has for it.

import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library'
import { parse } from 'yaml'
import { root } from '../../scripts/processes.mjs'
import { applicationFolder, builtInComponents, debianComponents, npmComponents } from './components.mjs'
import { unpackImage } from './engine.mjs'

/** Where the SBOM is written, unless an option says otherwise. */
export const standardSbom = join(root, 'deploy/build/sbom.cdx.json')

/**
 * Writes the SBOM of an image, and returns how much is in the image.
 *
 * @param {Parameters<typeof unpackImage>[0]} engine
 * @param {string} image
 * @param {string} file where to
 */
export function writeSbom(engine, image, file) {
  const folder = mkdtempSync(join(tmpdir(), 'rolesets-image-'))
  try {
    const { files, settings, created } = unpackImage(engine, image, folder)
    const version = settings.Labels?.['org.opencontainers.image.version'] ?? 'unknown'
    const { text, count } = describeImage(files, { version, created })
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    const bytes = bytesBelow(files)
    return { count, bytes, applicationBytes: bytesBelow(join(files, applicationFolder)) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * The same image has the same SBOM.
 *
 * @param {string} files the root of the unpacked image
 * @param {{ version: string, created: Date }} options
 */
function describeImage(files, { version, created }) {
  const npm = npmComponents(files, integritiesOf(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')))
  const system = [...builtInComponents(files), ...debianComponents(files)]
  const image = new Models.Component(Enums.ComponentType.Container, 'rolesets', { version, bomRef: 'image' })
  const entry = npm.find(({ group, name }) => group === '@rolesets' && name === 'sidecar')
  for (const component of [entry, ...system]) image.dependencies.add(component.bomRef)
  const bom = new Models.Bom({
    serialNumber: serialNumberOf([version, ...[...npm, ...system].map(({ purl }) => purl)].join('\n')),
    metadata: new Models.Metadata({ timestamp: created, component: image }),
    components: new Models.ComponentRepository([...npm, ...system]),
  })
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6))
  const text = `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`
  return { text, count: bom.components.size }
}

/** @param {string} lock the text of pnpm-lock.yaml */
function integritiesOf(lock) {
  const { packages } = parse(lock)
  return new Map(Object.entries(packages).map(([key, { resolution }]) => [key, resolution.integrity]))
}

/** A UUID that is made of the content. */
function serialNumberOf(content) {
  const digest = createHash('sha256').update(content).digest('hex')
  const parts = [digest.slice(0, 8), digest.slice(8, 12), `8${digest.slice(13, 16)}`, `8${digest.slice(17, 20)}`]
  return `urn:uuid:${parts.join('-')}-${digest.slice(20, 32)}`
}

function bytesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}
