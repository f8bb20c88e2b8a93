/** The snippets and commands of the guides run: one program and one sidecar for each page. */

import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as client from '@rolesets/client'
import { createFakeSidecar } from '@rolesets/client/testing'
import * as middleware from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import express from 'express'
import { serve } from '../middleware/application.ts'
import { audience, issuer, openIssuer } from '../middleware/issuer.ts'
import { cleanEnvironment, rolesetsCommand, startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { codeBlocksOf, commandsOf, projectRoot } from './code-blocks.ts'

/** A sidecar with the pricing tiers, a client with its key, and a shell in the folder of its database. */
async function openGuide(t: ExecutionContext) {
  const folder = await temporaryFolder(t)
  const sidecar = await startSidecar(t, { cwd: folder })
  const key = join(folder, 'rolesets.db.key')
  const env = { ...cleanEnvironment(), ROLESETS_TARGET: sidecar.target, ROLESETS_KEY_FILE: key }
  const shell = (command: string): Promise<{ code: number; output: string }> =>
    new Promise((resolve) => {
      const placed = command
        .replace(/^rolesets /, `'${process.execPath}' '${rolesetsCommand}' `)
        .replace('127.0.0.1:7451', String(sidecar.http))
      execFile('sh', ['-c', placed], { cwd: folder, env }, (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr })
      })
    })
  await shell(`rolesets apply -f '${join(projectRoot, 'examples/pricing-tiers/rolesets.yaml')}'`)
  const secret = (await readFile(key, 'utf8')).trim()
  const roleSets = client.createRoleSetsClient({ target: sidecar.target, key: secret, deadlineMs: 20_000 })
  t.teardown(() => roleSets.close())
  return { shell, roleSets, folder, sidecar }
}

async function blocksOf(page: string, language: string) {
  return (await codeBlocksOf(page)).filter((block) => block.language === language)
}

async function commandsIn(page: string) {
  return (await blocksOf(`docs/${page}`, 'sh')).flatMap(commandsOf)
}

/** Runs snippets as one program. @returns what `results` names */
async function runSnippets(codes: readonly string[], scope: Record<string, unknown>, results: string) {
  const code = codes.join('\n').replaceAll(/^import .*$/gm, '')
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- This runs our own documentation.
  const program = new Function(...Object.keys(scope), `return (async () => { ${code}\nreturn ${results} })()`) as (
    ...scope: unknown[]
  ) => Promise<Record<string, unknown>>
  return program(...Object.values(scope))
}

test('members.md: the sidecar that knows the members says who is affected, and gives them other roles', async (t) => {
  const { shell, roleSets } = await openGuide(t)
  const [create, forATime, tell, count] = (await blocksOf('docs/members.md', 'js')).map(({ code }) => code)
  await runSnippets([create ?? ''], { roleSets }, '{}')
  const [preview = '', move = ''] = await commandsIn('members.md')
  const refused = await shell(preview)
  t.is(refused.code, 1)
  t.true(refused.output.includes('org:analyst (1 member, 0 invitations)'), refused.output)
  t.is((await shell(move)).code, 0)
  await runSnippets([forATime ?? ''], { roleSets }, '{}')
  const dora = { organizationId: 'org_umbrella', userId: 'user_dora' }
  t.is((await roleSets.admin.getMembership(dora)).membership.expiresAtMs, 0)
  await roleSets.admin.deleteMembership(dora)

  const own = new Map<string, string>([['user_zoe', 'org:analyst']])
  const database = {
    setRole: (_organizationId: string, userId: string, role: string) => void own.set(userId, role),
    members: () => [...own].map(([userId, role]) => ({ userId, role })),
  }
  const { outside } = await runSnippets([tell ?? '', count ?? ''], { roleSets, database }, '{ outside }')
  t.deepEqual(outside, [{ userId: 'user_zoe', role: 'org:analyst' }])
  const { memberships } = await roleSets.admin.listMemberships({ organizationId: 'org_umbrella' })
  const roles = Object.fromEntries(memberships.map(({ userId, role }) => [userId, role]))
  t.deepEqual(roles, { user_ada: 'org:admin', user_ben: 'org:member', user_cleo: 'org:member' })
})

test('current-members.md: a demoted member passes by the token, and is refused as a member who is', async (t) => {
  const { roleSets } = await openGuide(t)
  const organizationId = 'org_acme'
  const member = { organizationId, userId: 'user_ada' }
  for (const userId of ['user_ada', 'user_ben'])
    await roleSets.admin.createMembership({ organizationId, userId, role: 'org:admin' })
  const blocks = (await blocksOf('docs/current-members.md', 'js')).map(({ code }) => code)
  const [routes = '', demotion = '', scoped = '', questions = ''] = blocks
  const tokens = await openIssuer(t)
  const token = await tokens.tokenOf({ claims: { sub: 'user_ada', org_id: organizationId, org_role: 'org:admin' } })
  const app = express()
  app.use(middleware.authenticate({ issuer, audience, jwks: tokens.jwks }))
  await runSnippets([routes, scoped], { ...middleware, app, roleSets }, '{}')
  app.use(middleware.problems())
  const ask = await serve(t, app)
  t.is((await ask('/reports/7', { method: 'DELETE', token })).status, 204)
  const outside = await ask('/products/billing/invoices', { token })
  t.like(outside.body, { code: 'scope_unknown', scope: 'product:billing' }, 'its kind is not registered')
  await runSnippets([demotion], { roleSets }, '{}')
  t.is((await ask('/reports', { token })).status, 200)
  t.is((await ask('/reports/7', { method: 'DELETE', token })).body.code, 'role_withdrawn')
  const shown = await runSnippets([questions], { roleSets }, '{ allowed, reason, roles, permissions, inScope }')
  t.like(shown, { allowed: false, reason: 'ROLE_NOT_HELD', roles: ['org:member'] })
  t.like(shown['inScope'], { allowed: false, reason: 'SCOPE_KIND_UNKNOWN' })
  await roleSets.admin.deleteMembership(member)
  t.is((await ask('/reports/7', { method: 'DELETE', token })).body.code, 'membership_ended')
})

test('troubleshooting.md: the three questions have the answers that the page names', async (t) => {
  const { shell } = await openGuide(t)
  const [ready = '', check = '', doctor = ''] = await commandsIn('troubleshooting.md')
  t.is((await shell(ready)).output.trim(), '{"started":true,"ready":true,"fresh":true}')
  t.is((await shell(check)).code, 1)
  t.is((await shell(doctor)).code, 0)
})

test('upgrade.md: the commands work on a stopped sidecar, and the copy is sound', async (t) => {
  const { shell, sidecar } = await openGuide(t)
  const [doctor = '', copy = '', examine = '', version = '', log = '', again = '', lost = '', back = ''] =
    await commandsIn('upgrade.md')
  t.is((await shell(doctor)).code, 0)
  for (const command of [version, log, again, lost]) t.is((await shell(command)).code, 0, command)
  t.is(await sidecar.stop(), 0)
  for (const command of [copy, examine, back]) t.is((await shell(command)).code, 0, command)
  t.false((await shell('ls')).output.includes('rolesets.db-wal'))
})

test('rollout.md: no role is refused at first, a dry run counts who is outside, and a mapping moves them', async (t) => {
  const { shell, roleSets, folder } = await openGuide(t)
  const [file] = await blocksOf('docs/rollout.md', 'yaml')
  await writeFile(join(folder, 'rolesets.yaml'), file?.code ?? '')
  const [applyDry = '', apply = '', count = '', move = '', end = ''] = await commandsIn('rollout.md')
  for (const command of [applyDry, apply]) t.is((await shell(command)).code, 0, command)
  const organizationId = 'org_hooli'
  await roleSets.admin.createOrganization({ id: organizationId, name: 'Hooli' })
  await roleSets.admin.createMembership({ organizationId, userId: 'user_ada', role: 'org:admin' })
  await roleSets.admin.createMembership({ organizationId, userId: 'user_ben', role: 'org:analyst' })
  const counted = await shell(count)
  t.is(counted.code, 1)
  t.true(counted.output.includes('org:analyst (1 member, 0 invitations)'), counted.output)
  t.is((await shell(move)).code, 0)
  t.is((await shell(end)).code, 1, 'the legacy set is still the initial one')
  const free = (file?.code ?? '').replace(/ +initial: true\n/, '').concat('    initial: true\n')
  await writeFile(join(folder, 'rolesets.yaml'), free)
  t.is((await shell(apply)).code, 0)
  const ended = await shell(end)
  t.is(ended.code, 0, ended.output)
})

test('rollout.md: in the mode report every request passes and is logged, and members outside of the set are found', async (t) => {
  const sidecar = createFakeSidecar({ roleSets: { 'role_set:free': ['org:admin', 'org:member'] } })
  const roleSets = client.createRoleSetsClient({ transport: sidecar.transport })
  t.teardown(() => roleSets.close())
  await roleSets.ready()
  const app = express()
  const logged: object[] = []
  const log = { warn: (entry: object) => logged.push(entry) }
  const codes = (await blocksOf('docs/rollout.md', 'js')).map(({ code }) => code)
  const scope = { ...middleware, app, express, roleSets, log }
  const { membersOutside } = (await runSnippets(codes, scope, '{ membersOutside }')) as {
    membersOutside: (members: readonly object[]) => Promise<readonly object[]>
  }
  const ask = await serve(t, app)
  for (const role of ['org:member', 'org:analyst'])
    t.is((await ask('/organizations/org_acme/memberships', { body: { role } })).status, 201)
  t.is(logged.length, 1)
  t.like(logged[0], { outcome: 'refused', organizationId: 'org_acme', code: 'role_not_in_set' })
  const member = (role: string) => ({ organizationId: 'org_acme', userId: 'user_1', role })
  t.deepEqual(await membersOutside([member('org:member'), member('org:analyst')]), [member('org:analyst')])
})

test('granting.md: a lead gives what the lead has, by every way that the page shows', async (t) => {
  const { shell, roleSets, folder } = await openGuide(t)
  const [file] = await blocksOf('docs/granting.md', 'yaml')
  await writeFile(join(folder, 'rolesets.yaml'), file?.code ?? '')
  const [apply = '', curl = '', invite = '', beyond = ''] = await commandsIn('granting.md')
  t.is((await shell(apply)).code, 0)
  const tokens = await openIssuer(t)
  const app = express()
  app.use(middleware.authenticate({ issuer, audience, jwks: tokens.jwks }))
  const codes = (await blocksOf('docs/granting.md', 'js')).map(({ code }) => code)
  await runSnippets(codes, { ...middleware, app, express, roleSets }, '{}')
  app.use(middleware.problems())
  const ask = await serve(t, app)
  const as = async (user: string, role: string, method: string, [who, given]: readonly [string, string?]) => {
    const token = await tokens.tokenOf({ claims: { sub: user, org_id: 'org_northwind', org_role: role } })
    const base = '/organizations/org_northwind/memberships'
    if (method === 'POST') return ask(base, { method, token, body: { user_id: who, role: given } })
    return ask(`${base}/${who}`, { method, token, ...(given !== undefined && { body: { role: given } }) })
  }
  const table: readonly (readonly [method: string, who: string, given: string | undefined, status: number])[] = [
    ['POST', 'user_cleo', 'org:analyst', 201],
    ['POST', 'user_dan', 'org:lead', 201],
    ['POST', 'user_eve', 'org:auditor', 403],
    ['PATCH', 'user_ben', 'org:admin', 403],
    ['PATCH', 'user_lea', 'org:admin', 403],
    ['DELETE', 'user_cleo', undefined, 204],
  ]
  for (const [method, who, given, status] of table) {
    const answer = await as('user_lea', 'org:lead', method, given === undefined ? [who] : [who, given])
    t.is(answer.status, status, `${method} ${who}`)
    if (status === 403) t.is(answer.body.code, 'grant_exceeds_own')
  }
  t.is((await as('user_ben', 'org:analyst', 'POST', ['user_x', 'org:analyst'])).body.code, 'permission_required')
  const sent = await shell(curl)
  t.true(sent.output.includes('grant_exceeds_own'), sent.output)
  t.is((await shell(invite)).code, 0)
  t.is((await shell(beyond)).code, 1)

  await roleSets.admin.updateMembership({ organizationId: 'org_northwind', userId: 'user_lea', role: 'org:analyst' })
  const demoted = await as('user_lea', 'org:lead', 'POST', ['user_x', 'org:analyst'])
  t.deepEqual([demoted.status, demoted.body.code], [403, 'user_lacks_permission'])
  const { memberships } = await roleSets.admin.listMemberships({ organizationId: 'org_northwind' })
  const roles = Object.fromEntries(memberships.map(({ userId, role }) => [userId, role]))
  const expected = { user_ada: 'org:admin', user_ben: 'org:analyst', user_dan: 'org:lead', user_hal: 'org:auditor' }
  t.deepEqual(roles, { ...expected, user_lea: 'org:analyst' })
})

test('modelling.md: each kind of place has the roles that the page says, and a customer can have a set of its own', async (t) => {
  const { shell, roleSets, folder } = await openGuide(t)
  const [file] = await blocksOf('docs/modelling.md', 'yaml')
  await writeFile(join(folder, 'rolesets.yaml'), file?.code ?? '')
  const [apply = '', ...commands] = await commandsIn('modelling.md')
  t.is((await shell(apply)).code, 0)
  const [tier = '', members = '', own = ''] = (await blocksOf('docs/modelling.md', 'js')).map(({ code }) => code)
  await runSnippets([tier], { roleSets }, '{}')
  const { organization } = await roleSets.admin.getOrganization({ organizationId: 'org_elm' })
  t.is(organization.roleSet, 'role_set:practice_pro')

  const { head, elsewhere } = await runSnippets([members], { roleSets }, '{ head, elsewhere }')
  t.like(head, { allowed: true, roles: ['org:physician', 'org:department_head'] })
  t.like(elsewhere, { allowed: false, reason: 'NOT_A_MEMBER' })

  const codes = new Map<string, number>()
  for (const command of commands) codes.set(command, (await shell(command)).code)
  const no = ['check org_marys org:pharmacist', 'check org_marys org:nurse --scope departmnt:cardiology']
  no.push('check org_elm org:sales_agent --scope product:billing', 'check org_elm org:admin --scope product:biling')
  no.push('check org_elm org:auditor --scope product:audit')
  const refused = [...codes].filter(([, code]) => code !== 0)
  t.deepEqual(
    refused,
    no.map((command) => [`rolesets ${command}`, 1]),
  )
  t.is(codes.size, 10)

  const addOn = { organizationId: 'org_marys', scope: 'product:audit' }
  await roleSets.admin.createMembership({ ...addOn, userId: 'user_cara', role: 'org:auditor' })
  const giveBack = () => roleSets.admin.assignRoleSet({ ...addOn, clear: true })
  t.like(await t.throwsAsync(giveBack()), { code: 'in_use' })
  await roleSets.admin.deleteMembership({ ...addOn, userId: 'user_cara' })
  await giveBack()

  await runSnippets([own], { roleSets }, '{}')
  const reviewer = 'org:marys_reviewer'
  t.true((await roleSets.check('org_marys', reviewer, { scope: 'department:cardiology' })).allowed)
  t.false((await roleSets.check('org_marys', reviewer, { scope: 'department:pharmacy' })).allowed)
  t.false((await roleSets.check('org_elm', reviewer)).allowed)
})

test('replicas.md: the commands start an authority and a replica, which answers what the authority has', async (t) => {
  const folder = await temporaryFolder(t)
  const [authorityBlock = '', replicaBlock = ''] = (await blocksOf('docs/replicas.md', 'sh')).map(({ code }) => code)
  const key = 'the-secret-key-of-the-authority'
  const authority = await startAsShown(t, authorityBlock, { cwd: folder, env: { ROLESETS_SECRET_KEY: key } })
  const admin = client.createRoleSetsClient({ target: authority.target, key, deadlineMs: 20_000 })
  t.teardown(() => admin.close())
  const replica = await startAsShown(t, replicaBlock.replace('127.0.0.1:7450', authority.target), { cwd: folder })
  const { revision } = await admin.admin.createOrganization({ id: 'org_new', name: 'New' })
  const roleSets = client.createRoleSetsClient({ target: replica.target, deadlineMs: 20_000 })
  t.teardown(() => roleSets.close())
  t.like(await roleSets.check('org_new', 'org:member', { atLeastRevision: revision }), { allowed: true, revision })
})

/** The settings and the arguments of a block that runs `rolesets serve`, with free ports in place of those that it names. */
async function startAsShown(
  t: ExecutionContext,
  block: string,
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
) {
  const exported = [...block.matchAll(/^export (\w+)=(.*)$/gm)].map(
    ([, name = '', value = '']) => [name, value] as const,
  )
  const [, line = ''] = /^rolesets serve (.*)$/m.exec(block) ?? []
  const args = line.split(' ').map((word) => (word === "''" ? '' : word.replace(/^127\.0\.0\.1:\d+$/, '127.0.0.1:0')))
  return startSidecar(t, { cwd, args, env: { ...Object.fromEntries(exported), ...env } })
}
