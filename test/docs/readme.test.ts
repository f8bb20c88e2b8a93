/** Runs the commands and the snippet of the README. Only ports and paths are replaced, so that runs don't disturb each other. */

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { cleanEnvironment, startSidecar } from '../processes/sidecar-process.ts'
import { freePort } from '../processes/free-port.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { codeBlocksOf, commandsOf, projectRoot } from './code-blocks.ts'

const run = promisify(execFile)

const blocks = await codeBlocksOf('README.md')
const commands = blocks.filter(({ language }) => language === 'sh').flatMap(commandsOf)

/** A sidecar as `npx rolesets serve` starts it, with the key that it generates. */
async function serve(t: ExecutionContext) {
  const database = join(await temporaryFolder(t), 'rolesets.db')
  const sidecar = await startSidecar(t, { env: { ROLESETS_DATABASE: `sqlite:${database}` } })
  const shell = async (command: string) => {
    const placed = command.replace('rolesets.db.key', `${database}.key`).replace('127.0.0.1:7450', sidecar.target)
    const env = { ...cleanEnvironment(), ROLESETS_TARGET: sidecar.target }
    return run('sh', ['-c', placed], { cwd: projectRoot, env }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
    )
  }
  return { sidecar, shell }
}

test('the two commands of the README exist, and CI runs the second', async (t) => {
  const { scripts } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  t.deepEqual(commands.slice(0, 2), ['npm start', 'npm test'])
  t.truthy(scripts['start'])
  t.truthy(scripts['test'])
  t.regex(await readFile(join(projectRoot, '.ci/run'), 'utf8'), /npm test/)
})

test('the commands of the README tell their story: no, upgrade, yes', async (t) => {
  t.is(commands[2], 'npx rolesets serve')
  const { shell } = await serve(t)
  const codes: number[] = []
  for (const command of commands.slice(3, 7)) codes.push((await shell(command)).code)
  t.deepEqual(codes, [0, 1, 0, 0])
  const asked = await shell(commands[7] ?? '')
  t.is(asked.code, 0)
  t.like(JSON.parse(asked.stdout), { allowed: true, reason: 'ROLE_IN_SET', roleSet: 'role_set:pro' })
  t.is(commands.length, 8, 'every command was run')
})

test('the guard of the README refuses a role outside the set and lets one inside pass', async (t) => {
  const { sidecar, shell } = await serve(t)
  await shell(commands[3] ?? '')
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  const jwks = await serveJson(t, { keys: [{ ...(await exportJWK(publicKey)), kid: 'key', alg: 'RS256' }] })
  const port = await freePort()
  await runSnippet(t, blocks.find(({ language }) => language === 'js')?.code ?? '', {
    TOKEN_ISSUER: 'https://issuer.example',
    TOKEN_AUDIENCE: 'readme',
    JWKS_URL: jwks,
    ROLESETS_TARGET: sidecar.target,
    PORT: String(port),
  })
  const token = await new SignJWT({ v: 2, sid: 'sess_1', o: { id: 'org_acme', rol: 'admin' } })
    .setProtectedHeader({ alg: 'RS256', kid: 'key' })
    .setSubject('user_1')
    .setIssuer('https://issuer.example')
    .setAudience('readme')
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(privateKey)
  const grant = async (role: string): Promise<Response> => {
    const answer = await fetch(`http://127.0.0.1:${port}/organizations/org_acme/memberships`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ user_id: 'user_2', role }),
    })
    // On a busy machine the sidecar may need longer than the deadline of the snippet's client.
    return answer.status === 503 ? grant(role) : answer
  }
  t.is((await grant('org:member')).status, 201)
  const refused = await grant('org:analyst')
  t.is(refused.status, 403)
  t.like(await refused.json(), { code: 'role_not_in_set', roles: ['org:analyst'], role_set: 'role_set:free' })
})

/** The snippet is written below the root, where it finds the packages by name. Resolves when it listens. */
async function runSnippet(t: ExecutionContext, code: string, env: Record<string, string>): Promise<void> {
  const folder = join(projectRoot, 'node_modules', '.cache', `readme-${process.pid}`)
  await mkdir(folder, { recursive: true })
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'guard.mjs')
  await writeFile(file, `${code}\nprocess.stdout.write('listening')\n`)
  const child = spawn(process.execPath, [file], {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('The snippet ended.')))
  await Promise.race([once(child.stdout, 'data'), ended])
}

async function serveJson(t: ExecutionContext, value: unknown): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
}
