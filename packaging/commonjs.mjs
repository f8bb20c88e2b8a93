// Builds the CommonJS form of the package in the current folder into `dist/cjs`: for `require`, for jest, and for tools that
// don't read `exports`. `prepack` calls it, so it runs before each pack and each publish.

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build } from 'rolldown'

/** Packages without a CommonJS form of their own: their code becomes a part of ours, and their licence comes along. */
const bundled = ['jose']

const folder = process.cwd()
const dist = join(folder, 'dist')
const output = join(dist, 'cjs')
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
const dependencies = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
const faces = Object.values(manifest.exports).filter((face) => face.require !== undefined)

rmSync(output, { recursive: true, force: true })
removeStaleFiles()
const declarations = filesBelow(dist).filter((file) => file.endsWith('.d.ts'))
if (faces.length > 0) await writeCommonJs()

/** The compiler leaves the output of a source that was renamed or removed. */
function removeStaleFiles() {
  for (const file of filesBelow(dist)) {
    const source = join(folder, 'src', file.replace(/(\.d\.ts|\.js|\.js\.map)$/, '.ts'))
    if (/\.(ts|js|map)$/.test(file) && !existsSync(source)) rmSync(join(dist, file))
  }
}

async function writeCommonJs() {
  const nameOf = (file) => relative('dist/cjs', file).replace(/\.js$/, '')
  await build({
    cwd: folder,
    input: Object.fromEntries(faces.map((face) => [nameOf(face.require.default), face.import.default])),
    external: dependencies.filter((name) => !bundled.includes(name)),
    platform: 'node',
    output: { dir: output, format: 'cjs', exports: 'named', chunkFileNames: 'shared-[hash].js' },
    logLevel: 'warn',
  })
  // The declarations say the same in both forms. This file makes TypeScript and Node read everything beside it as CommonJS.
  writeFileSync(join(output, 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`)
  for (const file of declarations) {
    mkdirSync(dirname(join(output, file)), { recursive: true })
    copyFileSync(join(dist, file), join(output, file))
  }
  for (const name of bundled.filter((each) => dependencies.includes(each))) {
    copyFileSync(join(folder, 'node_modules', name, 'LICENSE.md'), join(output, `LICENSE-${name}.md`))
  }
}

function filesBelow(root) {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}
