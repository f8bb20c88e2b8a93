// Stands for kubectl in the commands of the pages. What needs no server is done by the real one; what needs a server is checked
// against the objects that the commands before have made, which are kept in a file. `exec` runs `rolesets` on this machine.

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

const { CLUSTER_FOLDER: folder = '', REAL_KUBECTL: kubectl = '', ROLESETS_COMMAND: rolesets = '' } = process.env
const objectsFile = join(folder, 'objects.json')

/** @type {Record<string, any>} by `<namespace>/<kind>/<name>` */
const objects = JSON.parse(readFileSync(objectsFile, 'utf8'))

const args = process.argv.slice(2)
const namespace = args[0] === '-n' ? String(args.splice(0, 2)[1]) : 'default'
const [verb = '', ...rest] = args
const verbs = { create, label, apply, kustomize, rollout, exec, 'port-forward': portForward }
if (!Object.hasOwn(verbs, verb)) fail(`unknown command: ${verb}`)
verbs[/** @type {keyof typeof verbs} */ (verb)]()
writeFileSync(objectsFile, JSON.stringify(objects, null, 2))

function create() {
  const [kind] = rest
  if (kind === 'job') return void find('CronJob', rest[1]?.replace('--from=cronjob/', ''))
  store(JSON.parse(real(['-n', namespace, ...args, '--dry-run=client', '-o', 'json'])))
}

function label() {
  const [kind, name, ...labels] = rest
  if (kind !== 'namespace' || labels.length === 0) fail(`label: ${rest.join(' ')}`)
  const object = find('Namespace', name, '')
  for (const each of labels) {
    const [key = '', value] = each.split('=')
    if (value === undefined) fail(`label: ${each}`)
    object.metadata.labels = { ...object.metadata.labels, [key]: value }
  }
}

function apply() {
  const [flag, path = ''] = rest
  if (flag !== '-k') fail(`apply: ${flag}`)
  for (const document of parseAllDocuments(real(['kustomize', path]), { version: '1.1' })) store(document.toJS())
}

function kustomize() {
  process.stdout.write(real(args))
}

function rollout() {
  const [kind = '', name] = rest[1]?.split('/') ?? []
  find({ deployment: 'Deployment', statefulset: 'StatefulSet' }[kind] ?? kind, name)
}

function portForward() {
  const [service = '', ports = ''] = rest
  const { spec } = find('Service', service.replace('service/', ''))
  const port = Number(ports.split(':')[1])
  if (!spec.ports.some((/** @type {{ port: number }} */ each) => each.port === port))
    fail(`${service} has no port ${port}`)
}

function exec() {
  const at = rest.indexOf('--')
  const pod = rest.slice(0, at).find((each) => !each.startsWith('-')) ?? ''
  find('StatefulSet', pod.replace(/-0$/, ''))
  const [program, ...own] = rest.slice(at + 1)
  if (program !== 'rolesets') fail(`exec: ${program}`)
  const env = JSON.parse(readFileSync(join(folder, 'exec-env.json'), 'utf8'))
  const { status } = spawnSync(process.execPath, [rolesets, ...own], { env, stdio: 'inherit' })
  process.exitCode = status ?? 1
}

/** @param {any} object */
function store(object) {
  const { kind, metadata } = object
  if (kind === 'Namespace') return void (objects[`/Namespace/${metadata.name}`] = object)
  const { namespace: own = namespace } = metadata
  find('Namespace', own, '')
  objects[`${own}/${kind}/${metadata.name}`] = object
}

/** @param {string} kind @param {string | undefined} name */
function find(kind, name, within = namespace) {
  return objects[`${within}/${kind}/${name}`] ?? fail(`there is no ${kind} ${name} in the namespace "${within}"`)
}

/** @param {readonly string[]} given */
function real(given) {
  const { status, stdout, stderr } = spawnSync(kubectl, given, { encoding: 'utf8', maxBuffer: 64 << 20 })
  if (status !== 0) fail(stderr)
  return stdout
}

/** @param {string} sentence @returns {never} */
function fail(sentence) {
  process.stderr.write(`kubectl (of the tests): ${sentence}\n`)
  process.exit(1)
}
