/** The examples for NestJS and Fastify, in projects outside of the repository, with what docs/frameworks.md says to install. */

import { copyFile, mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openLocalRegistry, type LocalRegistry, type Project } from './local-registry.ts'
import { root } from './published.mjs'

let registry: LocalRegistry

test.before(async () => {
  registry = await openLocalRegistry()
})

test.after.always(() => registry?.close())

/** A project with the example and what the page says to install for it. */
async function projectOf(example: string): Promise<Project> {
  const page = await readFile(join(root, 'docs/frameworks.md'), 'utf8')
  const section = page.split(/^## /m).find((each) => each.includes(`(../examples/${example})`)) ?? ''
  const lines = [...section.matchAll(/^npm install (.+)$/gm)].flatMap(([, words = '']) => words.split(' '))
  const project = await registry.project({ 'package.json': '{ "private": true }' }, ['npm', 'install', ...lines])
  await mkdir(join(project.folder, example))
  for (const file of await readdir(join(root, 'examples', example)))
    await copyFile(join(root, 'examples', example, file), join(project.folder, example, file))
  const requests = 'framework-requests.mjs'
  await copyFile(join(root, 'packaging', requests), join(project.folder, requests))
  return project
}

interface Answer {
  readonly status: number
  readonly code?: string
  readonly type: string
  readonly challenge: string | null
  readonly retryAfter: string | null
  readonly answer: object
}

async function answersOf(t: ExecutionContext, project: Project, module: string): Promise<Record<string, Answer>> {
  const { code, stdout, stderr } = await project.run('node', ['framework-requests.mjs', module])
  t.is(code, 0, stderr)
  return JSON.parse(stdout) as Record<string, Answer>
}

function assertGuarded(t: ExecutionContext, answers: Record<string, Answer>): void {
  const { granted, outside, anonymous, forged, away, list, otherSpelling } = answers
  t.like(granted, { status: 201, answer: { organizationId: 'org_acme', roles: ['org:member'] } })
  t.like(outside, { status: 403, code: 'role_not_in_set', type: 'application/problem+json' })
  t.like(outside?.answer, { roles: ['org:analyst'], role_set: 'role_set:free' })
  t.like(answers['hidden'], { status: 400, code: 'role_invalid' })
  t.like(anonymous, { status: 401, code: 'authentication_required', challenge: 'Bearer realm="api"' })
  t.like(forged, { status: 401, code: 'token_invalid' })
  t.regex(forged?.challenge ?? '', /error="invalid_token"/)
  t.like(answers['notAdmin'], { status: 403, code: 'permission_required' })
  t.like(answers['otherOrganization'], { status: 403, code: 'organization_mismatch' })
  t.true([403, 404].includes(otherSpelling?.status ?? 0), 'another spelling of the path is no way around the guard')
  t.is(answers['brokenBody']?.status, 400)
  t.like(list, { status: 200, answer: { organization: 'org_acme', seenBy: 'user_ada' } })
  t.is(answers['listAnonymous']?.status, 401)
  t.like(away, { status: 503, code: 'decision_unavailable' })
  t.truthy(away?.retryAfter)
}

test('the NestJS example compiles in strict TypeScript, and its routes are guarded', async (t) => {
  const project = await projectOf('nestjs')
  const compiled = await project.run('npx', ['tsc', '--project', 'nestjs'])
  t.is(compiled.code, 0, compiled.stdout)
  assertGuarded(t, await answersOf(t, project, './nestjs/dist/app.js'))
})

test('the routes of the Fastify example are guarded', async (t) => {
  const project = await projectOf('fastify')
  assertGuarded(t, await answersOf(t, project, './fastify/app.mjs'))
})
