// What is in an image, read from its unpacked files: the npm packages, the Debian packages, Node, and what is compiled in.

import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Contrib, Enums, Models } from '@cyclonedx/cyclonedx-library'
import { PackageURL } from 'packageurl-js'
import parseLicense from 'spdx-expression-parse'
import { dependenciesOf, readManifest } from './packages.mjs'

/** Where the application is in the image. */
export const applicationFolder = 'opt/rolesets'

const { Component, HashDictionary, LicenseRepository } = Models
const { ComponentType, HashAlgorithm } = Enums

const { LicenseFactory } = Contrib.License.Factories
const { ExternalReferenceFactory } = Contrib.FromNodePackageJson.Factories
const builder = new Contrib.FromNodePackageJson.Builders.ComponentBuilder(
  new ExternalReferenceFactory(),
  new LicenseFactory(parseLicense),
)

/**
 * One component for each npm package of the image, each with what it depends on.
 *
 * @param {string} files the root of the unpacked image
 * @param {ReadonlyMap<string, string>} integrities of the tarballs, as the lock file has them, by `name@version`
 */
export function npmComponents(files, integrities) {
  const folders = packageFolders(realpathSync(join(files, applicationFolder)))
  const byFolder = new Map(folders.map((folder) => [folder, npmComponent(readManifest(folder), integrities)]))
  for (const [folder, component] of byFolder) {
    for (const { link } of dependenciesOf(folder)) {
      const needed = link === undefined ? undefined : byFolder.get(realpathSync(link))
      if (needed !== undefined) component.dependencies.add(needed.bomRef)
    }
  }
  // pnpm has a folder for each set of peers, so a package can be there twice.
  return [...new Map([...byFolder.values()].map((component) => [component.purl, component])).values()]
}

/** The folders that have a package: those of the workspace, and those in a folder `node_modules`. Links are not followed. */
function packageFolders(root) {
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === 'package.json')
    .map((entry) => entry.parentPath)
  const isPackage = (path) => /^(proto|packages\/[^/]+|.*node_modules\/(@[^/]+\/)?[^/]+)$/.test(relative(root, path))
  return paths.filter(isPackage).sort()
}

function npmComponent(manifest, integrities) {
  const { name, version, license } = manifest
  // Old packages have an object.
  const component = builder.makeComponent({ ...manifest, license: license?.type ?? license })
  if (component === undefined) throw new Error(`A package of the image has no name: ${JSON.stringify(manifest)}`)
  // A person and an address, which tell nothing about the image.
  component.author = undefined
  component.purl = new PackageURL('npm', component.group, component.name, version).toString()
  component.bomRef.value = component.purl
  const integrity = integrities.get(`${name}@${version}`)
  if (integrity !== undefined) component.hashes.set(HashAlgorithm['SHA-512'], hexOf(integrity))
  return component
}

/** `sha512-<base64>`, as lock files have it. */
function hexOf(integrity) {
  const [algorithm, digest = ''] = integrity.split('-')
  if (algorithm !== 'sha512') throw new Error(`The lock file has an integrity that is not sha512: ${integrity}`)
  return Buffer.from(digest, 'base64').toString('hex')
}

/** @param {string} files the root of the unpacked image */
export function debianComponents(files) {
  const folder = join(files, 'var/lib/dpkg/status.d')
  if (!existsSync(folder)) return []
  const release = fieldsOf(readFileSync(join(files, 'etc/os-release'), 'utf8'), /^([A-Z_]+)="?(.*?)"?$/gm)
  const distribution = { distro: `${release['ID']}-${release['VERSION_ID']}` }
  return readdirSync(folder).map((name) => {
    const fields = fieldsOf(readFileSync(join(folder, name), 'utf8'), /^([\w-]+): (.*)$/gm)
    const { Version: version, Architecture: arch, Description: description } = fields
    const purl = new PackageURL('deb', release['ID'], name, version, { arch, ...distribution }).toString()
    return new Component(ComponentType.Library, name, { version, description, purl, bomRef: purl })
  })
}

function fieldsOf(text, pattern) {
  return Object.fromEntries([...text.matchAll(pattern)].map(([, name, value]) => [name, value]))
}

/** Node, with the OpenSSL that it carries, and the SQLite that the addon of `sqlite3` carries. */
export function builtInComponents(files) {
  const versions = JSON.parse(readFileSync(join(files, 'usr/share/rolesets/versions.json'), 'utf8'))
  const binary = readFileSync(join(files, 'usr/local/bin/node'))
  const node = builtIn(ComponentType.Platform, 'node', {
    version: versions.node,
    product: 'nodejs:node.js',
    license: 'MIT',
  })
  node.hashes = new HashDictionary([[HashAlgorithm['SHA-256'], createHash('sha256').update(binary).digest('hex')]])
  const openssl = { version: versions.openssl, product: 'openssl:openssl', license: 'Apache-2.0' }
  const sqlite = { version: versions.sqlite, product: 'sqlite:sqlite', license: 'blessing' }
  return [node, builtIn(ComponentType.Library, 'openssl', openssl), builtIn(ComponentType.Library, 'sqlite', sqlite)]
}

function builtIn(type, name, { version, product, license }) {
  const purl = new PackageURL('generic', undefined, name, version).toString()
  const cpe = `cpe:2.3:a:${product}:${version.replaceAll('+', '\\+')}:*:*:*:*:*:*:*`
  const licenses = new LicenseRepository([new LicenseFactory(parseLicense).makeFromString(license)])
  return new Component(type, name, { version, purl, cpe, bomRef: purl, licenses })
}
