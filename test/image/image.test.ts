/** The image: what is in it, and that it runs as a guarded pod runs it. One build for all tests. */

import { execFile } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import { createRoleSetsClient } from '@rolesets/client'
import test, { type ExecutionContext } from 'ava'
import { parse } from 'yaml'
import { root } from '../../scripts/processes.mjs'
import { codeBlocksOf } from '../docs/code-blocks.ts'
import { freePort } from '../processes/free-port.ts'
import { buildImage, imageName, reasonWithoutImage, type BuiltImage } from './built-image.ts'

const execute = promisify(execFile)

const reason = reasonWithoutImage()
const imageTest = reason === undefined ? test.serial : test.serial.skip
if (reason !== undefined) console.log(`skipped: the image can't be built and run here, because ${reason}`)

let image: BuiltImage
if (reason === undefined) {
  test.before(async () => void (image = await buildImage()))
  test.after.always(() => image?.close())
}

const key = 'a-secret-key-of-the-image-test'

function connect(t: ExecutionContext, target: string) {
  const roleSets = createRoleSetsClient({ target, key, deadlineMs: 20_000 })
  t.teardown(() => roleSets.close())
  return roleSets
}

function pathsBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

test('without an engine, the build says what to install', async (t) => {
  const program = join(root, 'deploy/image/build.mjs')
  const error = await t.throwsAsync(execute(process.execPath, [program], { env: { PATH: '/nowhere' } }))
  t.regex(
    String(error?.message),
    /No program can build an image: docker can't be used: it is not installed; buildah .* Install one of docker, buildah, podman/,
  )
})

imageTest('the image has Node, its libraries and the application, and nothing else that can be executed', (t) => {
  const paths = pathsBelow(image.files)
  const inFolders = paths.filter((path) => /(^|\/)s?bin\//.test(path) && !path.startsWith('opt/'))
  const programs = inFolders.map((path) => path.split('/').at(-1))
  t.deepEqual([...new Set(programs)].sort(), ['node', 'rolesets'])
  const outside = paths.filter((path) => !path.startsWith('opt/rolesets/'))
  const executable = outside.filter((path) => (lstatSync(join(image.files, path)).mode & 0o111) !== 0)
  const isExpected = (path: string) =>
    lstatSync(join(image.files, path)).isSymbolicLink() || /\.so(\.[\d.]+)?$|bin\/(node|rolesets)$/.test(path)
  t.deepEqual(
    executable.filter((path) => !isExpected(path)),
    [],
  )
  t.deepEqual(
    outside.filter((path) => /\/(npm|corepack|yarn|apt|include)\//.test(path)),
    [],
  )
})

imageTest('the application has one native binary, and no sources of a compiler, types, maps or tests', (t) => {
  const paths = pathsBelow(join(image.files, 'opt/rolesets'))
  t.deepEqual(
    paths.filter((path) => path.endsWith('.node')).map((path) => path.split('/').at(-1)),
    ['node_sqlite3.node'],
  )
  t.deepEqual(
    paths.filter((path) => /\.([cm]?ts|map|c|cc|h|a|o|gyp|gypi|tsbuildinfo)$/.test(path)),
    [],
  )
  t.deepEqual(
    paths.filter((path) => /(^|\/)(tests?|__tests__)\//.test(path)),
    [],
  )
  t.true(paths.includes('LICENSE'))
})

imageTest('the application and the libraries stay below 20 MB each', (t) => {
  const bytes = (of: readonly string[]) =>
    of.map((path) => lstatSync(join(image.files, path))).reduce((sum, stats) => sum + stats.size, 0)
  const paths = pathsBelow(image.files)
  const application = paths.filter((path) => path.startsWith('opt/rolesets/'))
  const node = paths.filter((path) => /bin\/node$/.test(path))
  const others = paths.filter((path) => !application.includes(path) && !node.includes(path))
  t.true(bytes(application) < 20e6, `${bytes(application)} bytes`)
  t.true(bytes(others) < 20e6, `${bytes(others)} bytes`)
  t.regex(image.output, /\d+\.\d MB, of which 1\d\.\d MB are the application/)
})

imageTest('the image names its user, command, volume, signal and labels', async (t) => {
  const { version } = JSON.parse(readFileSync(join(root, 'packages/sidecar/package.json'), 'utf8')) as {
    version: string
  }
  const { settings } = image
  t.is(settings.User, '1000:1000')
  t.deepEqual([settings.Entrypoint, settings.Cmd], [['rolesets'], ['serve']])
  t.deepEqual([settings.WorkingDir, Object.keys(settings.Volumes)], ['/data', ['/data']])
  t.is(settings.StopSignal, 'SIGTERM')
  t.deepEqual(Object.keys(settings.ExposedPorts).sort(), ['7450/tcp', '7451/tcp', '7452/tcp'])
  t.deepEqual([...settings.Env].sort(), [
    'HOME=/tmp',
    'NODE_ENV=production',
    'PATH=/usr/local/bin',
    'ROLESETS_DATABASE=sqlite:/data/rolesets.db',
  ])
  const label = (name: string) => settings.Labels[`org.opencontainers.image.${name}`]
  t.is(label('version'), version)
  t.regex(label('revision') ?? '', /^([0-9a-f]{40}(-dirty)?|unknown)$/)
  t.is(label('licenses'), 'Apache-2.0')
  t.is((await image.run([], 'version')).stdout, `${version}\n`)
})

imageTest(
  'the image serves with a read-only root, without capabilities, and a client outside gets its answer',
  async (t) => {
    const container = await image.serve(t, { env: { ROLESETS_SECRET_KEY: key } })
    const roleSets = connect(t, container.target)
    await roleSets.ready({ timeoutMs: 60_000 })
    const { allowed, reason } = await roleSets.check('org_acme', 'org:admin')
    t.deepEqual([allowed, reason], [true, 'ROLE_IN_SET'])
    const program = `const { readFileSync } = require('node:fs')
    const status = readFileSync('/proc/1/status', 'utf8')
    const command = readFileSync('/proc/1/cmdline', 'utf8').split('\\0')
    console.log(JSON.stringify({ command, uid: status.match(/Uid:\\t(\\d+)/)[1], capabilities: status.match(/CapEff:\\t(\\w+)/)[1] }))`
    const seen = JSON.parse(await image.podman('exec', container.name, 'node', '-e', program)) as Record<
      string,
      unknown
    >
    t.deepEqual(seen, {
      command: ['/usr/local/bin/node', '/usr/local/bin/rolesets', 'serve', ''],
      uid: '1000',
      capabilities: '0000000000000000',
    })
    t.is(await container.stop(), 0, 'SIGTERM ends it as it should')
  },
)

imageTest('a write survives the container that it was made in', async (t) => {
  const volume = 'survives'
  t.teardown(() => image.podman('volume', 'rm', '--force', volume))
  const env = { ROLESETS_SECRET_KEY: key }
  const first = await image.serve(t, { volume: `${volume}:/data`, env })
  await connect(t, first.target).admin.createOrganization({ id: 'org_acme', name: 'Acme' })
  t.is(await first.stop(), 0)

  const doctor = await image.run([`--volume=${volume}:/data`], 'doctor')
  t.is(doctor.code, 0, doctor.stderr)
  const second = await image.serve(t, { volume: `${volume}:/data`, env })
  const { organization } = await connect(t, second.target).admin.getOrganization({ organizationId: 'org_acme' })
  t.is(organization?.name, 'Acme')
  const checked = await image.run([], 'check', '--target', second.target, 'org_acme', 'org:admin')
  t.is(checked.code, 0, checked.stderr)
  t.is(await second.stop(), 0)
})

imageTest('a user that a cluster chooses, in the group 0, has its store in a new volume', async (t) => {
  const volume = 'chosen'
  t.teardown(() => image.podman('volume', 'rm', '--force', volume))
  const restrictions = ['--user=54321:0', '--read-only', '--read-only-tmpfs=false', '--cap-drop=all', '--network=host']
  const container = await image.serve(t, { volume: `${volume}:/data`, restrictions })
  t.is(await container.stop(), 0)
})

imageTest('a Unix socket in a volume is served, as beside an application in a pod', async (t) => {
  const volume = 'socket'
  t.teardown(() => image.podman('volume', 'rm', '--force', volume))
  const socket = 'unix:/run/rolesets/rolesets.sock'
  const env = { ROLESETS_GRPC_LISTEN: socket, ROLESETS_DATABASE: 'sqlite::memory:' }
  const container = await image.serve(t, { volume: `${volume}:/run/rolesets`, env })
  t.is(container.target, socket)
  const beside = [`--volume=${volume}:/run/rolesets`, `--env=ROLESETS_TARGET=${socket}`]
  const checked = await image.run(beside, 'check', 'org_acme', 'org:admin')
  t.is(checked.code, 0, checked.stderr)
  t.is(await container.stop(), 0)
})

imageTest('the commands of docs/docker.md run the image, ask it and stop it', async (t) => {
  const [, run = ''] = (await codeBlocksOf('docs/docker.md'))
    .filter(({ language }) => language === 'sh')
    .map(({ code }) => code)
  const port = await freePort()
  const volume = 'documented'
  const name = 'rolesets-documented'
  t.teardown(async () => {
    await image.podman('rm', '--force', '--time=0', name)
    await image.podman('volume', 'rm', '--force', volume)
  })
  // Here is no network of containers, so the port is one of this machine. The names are those of this test.
  const script = run
    .replaceAll(/^docker /gm, 'podman ')
    .replace('--name rolesets', `--name ${name} --read-only-tmpfs=false`)
    .replace('--volume rolesets:', `--volume ${volume}:`)
    .replace(/--publish \S+/, '--network host --env ROLESETS_HTTP_LISTEN=')
    .replace('0.0.0.0:7450', `0.0.0.0:${port}`)
    .replace(/ rolesets$/m, ` ${imageName}`)
    .replace('exec rolesets rolesets check', `exec ${name} rolesets check --target 127.0.0.1:${port}`)
    .replace('stop rolesets', `stop ${name}`)
  const [start = '', ask = '', stop = ''] = script.trim().split('\n')
  const shell = (command: string) => execute('sh', ['-c', command], { env: image.env })
  await shell(start)
  t.regex((await shell(`until ${ask}; do sleep 0.2; done`)).stdout, /org:admin/)
  await shell(stop)
  const state = await image.podman('inspect', '--format={{.State.ExitCode}}', name)
  t.is(state.trim(), '0')
})

imageTest(
  'the Compose file of docs/docker.md gives the image a socket that is asked with the same command',
  async (t) => {
    const [block] = (await codeBlocksOf('docs/docker.md')).filter(({ language }) => language === 'yaml')
    const { services } = parse(block?.code ?? '') as {
      services: { rolesets: ComposeService; application: ComposeService }
    }
    const { environment, healthcheck, volumes } = services.rolesets
    const volume = 'composed'
    t.teardown(() => image.podman('volume', 'rm', '--force', volume))
    const socketVolume = (volumes.find((each) => each.startsWith('socket:')) ?? '').replace('socket', volume)
    const container = await image.serve(t, { volume: socketVolume, env: environment })
    t.is(container.target, services.application.environment['ROLESETS_TARGET'] ?? '')
    const [, ...command] = healthcheck?.test ?? []
    t.regex(await image.podman('exec', container.name, ...command), /^healthy/)
    t.is(await container.stop(), 0)
  },
)

imageTest('nothing is written outside of /data and /tmp, also where the root could be written', async (t) => {
  const open = ['--user=1000', '--network=host', '--tmpfs=/tmp']
  const container = await image.serve(t, { restrictions: open, env: { ROLESETS_SECRET_KEY: key } })
  await connect(t, container.target).admin.createOrganization({ id: 'org_acme', name: 'Acme' })
  t.is(await container.stop(), 0)
  // podman itself writes names into /etc, and makes the folders of what it mounts.
  const idle = (await image.podman('create', ...open, imageName, 'version')).trim()
  t.teardown(() => image.podman('rm', '--force', '--volumes', idle))
  await image.podman('start', '--attach', idle)
  const [changed, expected] = await Promise.all([container.name, idle].map((id) => image.podman('diff', id)))
  t.is(changed, expected)
})

imageTest('a name is looked up, a time zone is known, and certificates are verified', async (t) => {
  const program = `require('node:dns').lookup('localhost', (error, address) => {
    const zone = new Date(0).toLocaleTimeString('en', { timeZone: 'Asia/Tokyo', hour12: false })
    console.log(JSON.stringify({ error, address, zone, roots: require('node:tls').rootCertificates.length > 100 }))
  })`
  const { stdout } = await image.run(['--entrypoint=node'], '-e', program)
  t.like(JSON.parse(stdout), { error: null, zone: '09:00:00', roots: true })
})

interface ComposeService {
  readonly environment: Record<string, string>
  readonly volumes: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
}

interface Sbom {
  readonly components: readonly {
    readonly purl: string
    readonly licenses?: readonly unknown[]
    readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
  }[]
}

imageTest('the SBOM is valid, and the same whenever it is made', async (t) => {
  const text = readFileSync(image.sbomFile, 'utf8')
  t.is(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text), null)
  t.not(
    await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(
      text.replace('"type": "library"', '"type": "x"'),
    ),
    null,
    'the validator finds a fault',
  )
  t.notRegex(text, /registry\.|npmjs/)
  const again = `${image.sbomFile}.again`
  const program = join(root, 'deploy/image/sbom.mjs')
  const args = [program, imageName, '--engine', image.builder, '--output', again]
  // The time of the sources may be another one by then: only the image counts.
  await execute(process.execPath, args, { env: { ...image.env, SOURCE_DATE_EPOCH: '86400' } })
  t.is(readFileSync(again, 'utf8'), text)
})

imageTest('the SBOM lists the packages that are in the image, and no others, with licences and hashes', async (t) => {
  // What the running image finds, without the code that makes the SBOM.
  const program = `const { readdirSync, readFileSync } = require('node:fs')
    const found = readdirSync('/opt/rolesets', { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('/package.json'))
      .map((path) => JSON.parse(readFileSync('/opt/rolesets/' + path, 'utf8')))
      .filter(({ name, version }) => name !== undefined && version !== undefined)
    console.log(JSON.stringify([...new Set(found.map(({ name, version }) => name + '@' + version))]))`
  const { stdout } = await image.run(['--entrypoint=node'], '-e', program)
  const { components } = JSON.parse(readFileSync(image.sbomFile, 'utf8')) as Sbom
  const npm = components.filter(({ purl }) => purl.startsWith('pkg:npm/'))
  const listed = npm.map(({ purl }) => decodeURIComponent(purl.slice('pkg:npm/'.length)))
  t.true(listed.length > 100)
  t.deepEqual([...listed].sort(), (JSON.parse(stdout) as string[]).sort())
  t.deepEqual(
    npm.filter(({ licenses = [] }) => licenses.length === 0),
    [],
  )
  const withoutHash = npm.filter(({ hashes = [] }) => hashes.length === 0).map(({ purl }) => purl)
  t.true(
    withoutHash.every((purl) => purl.startsWith('pkg:npm/%40rolesets/')),
    'only ours have no tarball in the lock file',
  )
  const others = components.map(({ purl }) => purl.replace(/[@?].*/, '')).filter((purl) => !purl.startsWith('pkg:npm/'))
  for (const name of ['node', 'openssl', 'sqlite']) t.true(others.includes(`pkg:generic/${name}`), name)
  t.true(statSync(join(image.files, 'etc/os-release')).isFile())
})
