/**
 * The workflow of the GitOps example: its steps run in a shell, in a real clone, against a real sidecar with TLS, as a runner
 * would run them. Only the actions and the installation are not run.
 */

import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import test, { type ExecutionContext } from 'ava'
import { parse } from 'yaml'
import { projectRoot } from '../docs/code-blocks.ts'
import { openAuthority, reasonWithoutCertificates } from '../processes/certificate-authority.ts'
import { cleanEnvironment, rolesetsCommand, startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'

interface Step {
  readonly name?: string
  readonly uses?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
}

interface Job {
  readonly if: string
  readonly permissions: Readonly<Record<string, string>>
  readonly concurrency?: { readonly group: string; readonly 'cancel-in-progress': boolean }
  readonly environment?: string
  readonly steps: readonly Step[]
}

interface Workflow {
  readonly permissions: object
  readonly env: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<'plan' | 'apply' | 'drift', Job>>
}

const example = join(projectRoot, 'examples/gitops')
const workflow = parse(await readFile(join(example, '.github/workflows/rolesets.yaml'), 'utf8')) as Workflow
const manifest = await readFile(join(example, 'rolesets.yaml'), 'utf8')
const jobs = Object.entries(workflow.jobs)
const needsCertificates = await reasonWithoutCertificates()
const secretKey = 'secret-key-of-production-0123456789'
const readKey = 'read-key-of-production-0123456789'

interface Ended {
  readonly exitCode: number
  readonly output: string
}

function execute(file: string, args: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }) {
  return new Promise<Ended>((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ exitCode, output: stdout + stderr })
    })
  })
}

interface Repository {
  readonly operator: RoleSetsClient
  /** Commits the text of the file on main. @returns the commit */
  readonly commit: (text: string) => Promise<string>
  /** Runs the steps of a job at a commit, until one fails. */
  readonly run: (
    job: keyof Workflow['jobs'],
    commit: string,
    secrets?: Readonly<Record<string, string>>,
  ) => Promise<Ran>
}

interface Ran extends Ended {
  readonly summary: string
}

async function openRepository(t: ExecutionContext): Promise<Repository> {
  const folder = await temporaryFolder(t)
  const { certFile, issue } = await openAuthority(folder)
  const server = await issue('sidecar')
  const { target } = await startSidecar(t, {
    env: {
      ROLESETS_DATABASE: 'sqlite::memory:',
      ...{ ROLESETS_TLS_CERT: server.certFile, ROLESETS_TLS_KEY: server.keyFile },
      ...{ ROLESETS_SECRET_KEY: secretKey, ROLESETS_READ_KEY: readKey },
    },
  })
  const operator = createRoleSetsClient({ target, key: secretKey, tls: { ca: await readFile(certFile) } })
  t.teardown(() => operator.close())

  // What `npm install --global` brings: the command on the path.
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'rolesets'), `#!/bin/sh\nexec '${process.execPath}' '${rolesetsCommand}' "$@"\n`)
  await chmod(join(bin, 'rolesets'), 0o755)
  const base = {
    ...cleanEnvironment(),
    ...{ PATH: `${bin}:${process.env['PATH']}`, NODE_EXTRA_CA_CERTS: certFile, HOME: folder },
    // It would take the place of the authorities that Node trusts.
    GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: '',
    ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'ann@example.com' },
    ...{ GIT_COMMITTER_NAME: 'Ann', GIT_COMMITTER_EMAIL: 'ann@example.com' },
  }
  const clone = join(folder, 'clone')
  const git = async (...args: string[]) => {
    const { exitCode, output } = await execute('git', args, { cwd: clone, env: base })
    if (exitCode !== 0) throw new Error(`git ${args.join(' ')}: ${output}`)
    return output.trim()
  }
  await mkdir(clone)
  await execute('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(folder, 'origin')], { cwd: folder })
  await git('init', '--quiet', '--initial-branch=main')
  await git('remote', 'add', 'origin', join(folder, 'origin'))

  return {
    operator,
    commit: async (text) => {
      await git('checkout', '--quiet', '-B', 'main')
      await writeFile(join(clone, 'rolesets.yaml'), text)
      await git('add', '--all')
      await git('commit', '--quiet', '--allow-empty', '--message', 'Change role sets')
      await git('push', '--quiet', '--force', 'origin', 'main')
      return git('rev-parse', 'HEAD')
    },
    run: async (job, commit, secrets = { ROLESETS_READ_KEY: readKey, ROLESETS_SECRET_KEY: secretKey }) => {
      await git('checkout', '--quiet', '--force', '--detach', commit)
      const summaryFile = join(folder, 'summary')
      await writeFile(summaryFile, '')
      let ended: Ended = { exitCode: 0, output: '' }
      for (const step of workflow.jobs[job].steps.filter(({ run, name }) => run !== undefined && name !== 'Install')) {
        const given = { ...workflow.env, ...step.env }
        const own = Object.entries(given).map(([name, text]) => [name, valueOf(text, { secrets, target })])
        const env = { ...base, ...Object.fromEntries(own), GITHUB_SHA: commit, GITHUB_STEP_SUMMARY: summaryFile }
        const script = join(folder, 'step.sh')
        await writeFile(script, step.run ?? '')
        // As a runner does with `shell: bash`.
        const done = await execute('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], { cwd: clone, env })
        ended = { exitCode: done.exitCode, output: ended.output + done.output }
        if (done.exitCode !== 0) break
      }
      return { ...ended, summary: await readFile(summaryFile, 'utf8') }
    },
  }
}

/** A missing secret is empty, as on a runner. */
function valueOf(text: string, from: { secrets: Readonly<Record<string, string>>; target: string }): string {
  return text.replace(/\$\{\{ (\w+)\.(\w+) \}\}/g, (_all, source: string, name: string) => {
    if (source === 'secrets') return from.secrets[name] ?? ''
    if (source === 'vars' && name === 'ROLESETS_TARGET') return from.target
    throw new Error(`The test doesn't know ${source}.${name}.`)
  })
}

const story = needsCertificates === undefined ? test : test.skip

story(
  'a pull request shows its plan, a merge applies it, and a schedule finds what was changed beside it',
  async (t) => {
    const { operator, commit, run } = await openRepository(t)
    const first = await commit(manifest)
    const before = await run('plan', first)
    t.is(before.exitCode, 0, before.output)
    t.regex(
      before.summary,
      /^### Role sets: this pull request changes them\n\n {4} {2}\+ permission {4}org:reports:read\n/,
    )
    t.is((await operator.admin.listOrganizations({})).organizations.length, 0, 'a plan changes nothing')

    const merged = await run('apply', first)
    t.is(merged.exitCode, 0, merged.output)
    t.regex(merged.summary, /^### Role sets: applied\n[^]*Applied at revision /)
    const { changeSets } = await operator.admin.listChanges({ pageSize: 1 })
    t.is(changeSets[0]?.actor, `git:${first}`)

    const same = await run('plan', first)
    t.is(same.exitCode, 0, same.output)
    t.regex(same.summary, /^### Role sets: nothing to change\n/)
    const quiet = await run('drift', first)
    t.is(quiet.exitCode, 0, quiet.output)
    t.regex(quiet.summary, /^### Role sets: as in Git\n/)

    await operator.admin.createRole({ key: 'org:made_by_hand' })
    const beside = await run('drift', first)
    t.is(beside.exitCode, 1)
    t.regex(beside.summary, /^### Role sets: something was changed beside Git\n[^]*- role {2}org:made_by_hand/)
  },
)

story('a pull request that would be refused fails, and says why', async (t) => {
  const { operator, commit, run } = await openRepository(t)
  t.is((await run('apply', await commit(manifest))).exitCode, 0)
  await operator.admin.createMembership({ organizationId: 'org_globex', userId: 'user_ann', role: 'org:analyst' })
  const moved = manifest.replace(/role_set:pro\n$/, 'role_set:free\n')
  t.not(moved, manifest)
  const refused = await run('plan', await commit(moved))
  t.is(refused.exitCode, 2)
  t.regex(refused.summary, /^### Role sets: this pull request would be refused\n/)
  t.regex(refused.summary, /needs another role for 1 member with org:analyst in 1 organization/)

  const mapped = await commit(`${moved}    mappings: { org:analyst: org:member }\n`)
  t.is((await run('plan', mapped)).exitCode, 0)
  const applied = await run('apply', mapped)
  t.is(applied.exitCode, 0, applied.output)
  const found = await operator.admin.getMembership({ organizationId: 'org_globex', userId: 'user_ann' })
  t.is(found.membership.role, 'org:member')

  const malformed = await run('plan', await commit('roles: [{ kee: org:analyst }]'))
  t.is(malformed.exitCode, 2)
  t.regex(malformed.summary, /rolesets\.yaml:1:\d+: .*Did you mean key\?/)
})

story('without a secret there is no plan, and a read key applies nothing', async (t) => {
  const { operator, commit, run } = await openRepository(t)
  const first = await commit(manifest)
  const keyless = await run('plan', first, {})
  t.is(keyless.exitCode, 3)
  t.regex(keyless.summary, /^### Role sets: there is no answer\n/)
  const weak = await run('apply', first, { ROLESETS_SECRET_KEY: readKey })
  t.is(weak.exitCode, 3)
  t.regex(weak.summary, /^### Role sets: not applied\n/)
  t.is((await operator.admin.listOrganizations({})).organizations.length, 0)
})

story('a run of an older commit that is started again applies nothing', async (t) => {
  const { operator, commit, run } = await openRepository(t)
  const older = await commit(manifest)
  const newer = await commit(`${manifest}  - id: org_initech\n    role_set: role_set:free\n`)
  t.is((await run('apply', newer)).exitCode, 0)
  const again = await run('apply', older)
  t.is(again.exitCode, 1)
  t.regex(again.summary, /^### Role sets: not applied, because main has a newer rolesets\.yaml\n$/)
  t.is((await operator.admin.listOrganizations({})).organizations.length, 3)

  await commit(`${manifest}  - id: org_initech\n    role_set: role_set:free\n`)
  t.is((await run('apply', newer)).exitCode, 0, 'a newer commit with the same file has no run of its own')
})

test('each job has the least that it needs', async (t) => {
  t.deepEqual(workflow.permissions, {})
  for (const [name, { permissions, steps, if: condition }] of jobs) {
    t.deepEqual(permissions, { contents: 'read' }, name)
    t.truthy(condition, name)
    for (const { uses, run = '' } of steps) {
      if (uses !== undefined) t.regex(uses, /@[0-9a-f]{40}$/, 'an action is named by its commit')
      t.notRegex(run, /\$\{\{/, 'what others write never becomes a part of a script')
    }
  }
  const keysOf = (job: Job) => job.steps.flatMap(({ env = {} }) => Object.values(env))
  t.deepEqual(keysOf(workflow.jobs.plan), ['${{ secrets.ROLESETS_READ_KEY }}'])
  t.deepEqual(keysOf(workflow.jobs.drift), ['${{ secrets.ROLESETS_READ_KEY }}'])
  t.deepEqual(keysOf(workflow.jobs.apply), ['${{ secrets.ROLESETS_SECRET_KEY }}'])
  const { environment, concurrency } = workflow.jobs.apply
  t.is(environment, 'production', 'only this environment has the secret key')
  t.deepEqual(concurrency, { group: 'rolesets-apply', 'cancel-in-progress': false })
})

test('the version that is installed is the one of these packages', async (t) => {
  const { version } = JSON.parse(await readFile(join(projectRoot, 'packages/rolesets/package.json'), 'utf8')) as {
    version: string
  }
  for (const [name, { steps }] of jobs) {
    const install = steps.find((step) => step.name === 'Install')
    t.is(install?.run, `npm install --global --no-audit --no-fund rolesets@${version}`, name)
  }
})
