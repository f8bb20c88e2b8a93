// Packages as pnpm installs them: what each one needs, and where that is. It is shared by the build of the image, which has
// only Node, and by the SBOM.

import { existsSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'

/** @param {string} folder */
export function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/**
 * The dependencies of a package, each with the link to its folder, which is undefined if it isn't installed.
 *
 * @param {string} folder the real path of the package
 * @returns {{ name: string, link: string | undefined, isRequired: boolean }[]}
 */
export function dependenciesOf(folder) {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = readManifest(folder)
  return Object.keys({ ...peerDependencies, ...optionalDependencies, ...dependencies }).map((name) => ({
    name,
    link: linkTo(folder, name),
    isRequired: name in dependencies && !(name in optionalDependencies),
  }))
}

/** pnpm puts a dependency below the package if that is one of the workspace, and else beside it. */
function linkTo(folder, name) {
  const parts = folder.split(sep)
  const beside = parts.slice(0, parts.lastIndexOf('node_modules') + 1).join(sep)
  return [join(folder, 'node_modules'), beside].map((each) => join(each, name)).find((path) => existsSync(path))
}
