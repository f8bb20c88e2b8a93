/** The image of a release: its workflow gives the Dockerfile what it takes, and docs/docker.md names what it pushes. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { root } from '../../scripts/processes.mjs'

interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly strategy?: { matrix: { include: readonly Machine[] } }; readonly steps: readonly Step[] }>
  >
}

interface Machine {
  readonly architecture: string
}

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

const read = (path: string) => readFile(join(root, path), 'utf8')
const { jobs } = parse(await read('.github/workflows/release.yml')) as Workflow
const build = jobs['image']?.steps.find(({ uses }) => uses?.startsWith('docker/build-push-action@'))?.with ?? {}

test('a release builds the image for amd64 and arm64, and pushes it with an SBOM and provenance', (t) => {
  const architectures = (jobs['image']?.strategy?.matrix.include ?? []).map(({ architecture }) => architecture)
  t.deepEqual(architectures, ['amd64', 'arm64'])
  t.like(build, { platforms: 'linux/${{ matrix.architecture }}', sbom: true, provenance: 'mode=max', push: true })
  const [merge = ''] = (jobs['image-name']?.steps ?? []).flatMap(({ run }) => (run === undefined ? [] : [run]))
  for (const architecture of architectures) t.true(merge.includes(`"$image-${architecture}"`), architecture)
})

test('the release gives the Dockerfile only arguments that it takes', async (t) => {
  const dockerfile = await read(String(build['file']))
  const names = String(build['build-args'])
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0])
  t.deepEqual(names, ['VERSION', 'REVISION', 'SOURCE_DATE_EPOCH'])
  for (const name of names) t.regex(dockerfile, new RegExp(`^ARG ${name}=`, 'm'))
  t.notRegex(dockerfile, /amd64|arm64|x86_64|aarch64/, 'no step names an architecture')
})

test('docs/docker.md names the image as the release pushes it', async (t) => {
  const [, name = ''] = /^(.+):/.exec(String(build['tags'])) ?? []
  t.true((await read('docs/docker.md')).includes(`\`${name}:<version>\``), name)
})
