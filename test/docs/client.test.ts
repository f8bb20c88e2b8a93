/** The snippets of docs/client.md run as they are, and its tables are complete. */

import { readFile } from 'node:fs/promises'
import * as client from '@rolesets/client'
import { readHealth } from '@rolesets/client/health'
import * as testing from '@rolesets/client/testing'
import test from 'ava'
import { clientCodes, errorCodes } from '@rolesets/core'
import { optionNames } from '../../packages/client/src/options.ts'
import { openTestSidecar } from '../grpc/open-sidecar.ts'
import { codeBlocksOf, projectRoot } from './code-blocks.ts'

const page = await readFile(`${projectRoot}docs/client.md`, 'utf8')
const blocks = (await codeBlocksOf('docs/client.md')).filter(({ language }) => language === 'js')

/** The first column of the table below a heading. */
function firstColumn(heading: string): string[] {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = [...section.matchAll(/^\| (`.+?) \|/gm)]
  return rows.flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
}

test('the snippets run one after the other, as one program', async (t) => {
  const sidecar = testing.createFakeSidecar({
    roles: { 'org:admin': ['org:sys_memberships:manage'] },
    roleSets: {
      'role_set:free': ['org:admin', 'org:member'],
      'role_set:pro': ['org:admin', 'org:analyst', 'org:member'],
    },
    organizations: { org_acme: 'role_set:free' },
    scopeKinds: { department: 'organization' },
  })
  sidecar.answer('Administration/AssignRoleSet', (request) => {
    if ('dryRun' in request) {
      const needed = { role: 'org:analyst', members: 3, invitations: 0, organizations: 1 }
      return { impact: { requiredMappings: [needed] }, revision: sidecar.revision }
    }
    const revision = sidecar.assign('org_acme', 'role_set:pro')
    sidecar.assign('org_other', 'role_set:pro')
    return { revision }
  })
  const { target } = await openTestSidecar(t)
  const clients: client.RoleSetsClient[] = []
  const printed: unknown[][] = []
  const scope = {
    ...testing,
    createRoleSetsClient: (options: client.RoleSetsClientOptions) => {
      const opened = client.createRoleSetsClient(
        options.transport === undefined ? { transport: sidecar.transport } : options,
      )
      clients.push(opened)
      return opened
    },
    readHealth: () => readHealth({ target, deadlineMs: 60_000 }),
    console: { log: (...words: unknown[]) => printed.push(words) },
  }
  const code = blocks.map((block) => block.code.replaceAll(/^import .*$/gm, '')).join('\n')
  const results = 'return { decision, allowed, cached, decisions, roles, stale, upgraded }'
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- This runs our own documentation.
  const program = new Function(...Object.keys(scope), `return (async () => { ${code}\n${results} })()`) as (
    ...scope: unknown[]
  ) => Promise<Record<string, unknown>>
  const shown = await program(...Object.values(scope))
  t.like(shown, {
    decision: { allowed: false, reason: 'ROLE_NOT_IN_SET', roleSet: 'role_set:free' },
    allowed: true,
    cached: { allowed: true, source: 'cache' },
    upgraded: { allowed: true, roleSet: 'role_set:pro' },
    stale: false,
  })
  t.deepEqual(printed[0], ['ROLE_NOT_IN_SET', 'role_set:free'])
  t.deepEqual(printed[1], ['3 members need another role than org:analyst'])
  t.true(printed.some(([status, reason]) => status === 'SERVING' && reason === undefined))
  t.is(printed.length, 4)
  await Promise.all(clients.map((opened) => opened.close()))
})

test('the options are all described', (t) => {
  t.deepEqual(firstColumn('Options').sort(), Object.keys(optionNames).sort())
})

test("the client's own codes are all described", (t) => {
  t.deepEqual(firstColumn('Errors').sort(), [...clientCodes].sort())
})

test('the client knows every reason of the contract', async (t) => {
  const proto = await readFile(`${projectRoot}proto/rolesets/v1/errors.proto`, 'utf8')
  const reasons = [...proto.matchAll(/^ {2}([A-Z_]+) = [1-9]\d*;/gm)].map(([, name = '']) => name.toLowerCase())
  t.deepEqual(Object.keys(errorCodes).sort(), reasons.sort())
})
