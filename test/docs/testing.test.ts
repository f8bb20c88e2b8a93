/** What docs/testing.md says of the fake sidecar. `npm run test:packages` runs its tests with vitest and jest. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { createRoleSetsClient } from '@rolesets/client'
import { createFakeSidecar, type FakeSidecar, type FakeSidecarOptions } from '@rolesets/client/testing'
import { projectRoot } from './code-blocks.ts'

/** The snippets in the second column, row by row. */
async function snippetRows(): Promise<readonly (readonly string[])[]> {
  const page = await readFile(join(projectRoot, 'docs/testing.md'), 'utf8')
  const rows = page.matchAll(/^\| .+ \| (`(?:sidecar|createFakeSidecar).+) \|$/gm)
  return [...rows].map(([, cell = '']) => [...cell.matchAll(/`([^`]+\))`/g)].map(([, code = '']) => code))
}

function run(code: string, sidecar: FakeSidecar | undefined): unknown {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- This runs our own documentation.
  const snippet = new Function('sidecar', 'createFakeSidecar', `return ${code.replaceAll('…', '')}`) as (
    ...scope: unknown[]
  ) => unknown
  const roleSets = {
    'role_set:free': ['org:admin', 'org:member'],
    'role_set:pro': ['org:admin', 'org:analyst', 'org:member'],
  }
  const create = (options: FakeSidecarOptions) =>
    createFakeSidecar({ roleSets, organizations: { org_acme: 'role_set:free' }, ...options })
  return snippet(sidecar, create)
}

test('each way of the table works as it is written', async (t) => {
  const rows = await snippetRows()
  t.true(rows.length >= 8)
  for (const snippets of rows) {
    const [first = ''] = snippets
    const made = first.startsWith('createFakeSidecar')
      ? first
      : "createFakeSidecar({ scopeKinds: { department: 'none' } })"
    const sidecar = run(made, undefined) as FakeSidecar
    // A scope must be there before it can get another key.
    if (first.includes('renameScope')) sidecar.assign('org_acme', 'role_set:pro', 'department:sales')
    for (const code of snippets) t.notThrows(() => run(code, sidecar), code)
  }
})

test('scopes and members of the fake are decided as the page says', async (t) => {
  const snippets = (await snippetRows()).flat()
  const has = (start: string) => snippets.find((code) => code.startsWith(start)) ?? ''
  const sidecar = run("createFakeSidecar({ scopeKinds: { department: 'none' } })", undefined) as FakeSidecar
  const client = createRoleSetsClient({ transport: sidecar.transport, deadlineMs: 10_000, maxStalenessMs: 60_000 })
  t.teardown(() => client.close())
  const scope = 'department:sales'
  const sees = async (role: string) =>
    (await client.check('org_acme', role, { scope, atLeastRevision: sidecar.revision })).reason
  t.is(await sees('org:analyst'), 'SCOPE_UNASSIGNED')
  run(has("sidecar.assign('org_acme', 'role_set:pro', "), sidecar)
  t.is(await sees('org:analyst'), 'ROLE_IN_SET')
  run(has("sidecar.setMember('org_acme'"), sidecar)
  run(has('sidecar.setMember({'), sidecar)
  const holds = async () =>
    (await client.memberRoles('org_acme', 'user_ada', { scope, reach: 'EITHER', atLeastRevision: sidecar.revision }))
      .roles
  t.deepEqual(await holds(), ['org:analyst', 'org:member'])
  run(has('sidecar.removeMember('), sidecar)
  t.deepEqual(await holds(), [])
  run(has('sidecar.unassign('), sidecar)
  t.is(await sees('org:analyst'), 'SCOPE_UNASSIGNED')
})

test('the fake takes roles for a member that are in no set, as the page says', (t) => {
  const sidecar = createFakeSidecar({ roleSets: { 'role_set:free': ['org:admin'] }, roles: { 'org:other': [] } })
  t.notThrows(() => sidecar.setMember('org_acme', 'user_ada', 'org:other'))
})
