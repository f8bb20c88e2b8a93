/** Scopes on the command line: questions about parts of an organization. */

import test from 'ava'
import { openPlace, pricingTiers, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const { type } = await openPlace(shared)
test.before(async (t) => {
  t.is((await type(['apply', '-f', pricingTiers])).exitCode, 0)
})
test.after.always(() => shared.undoAll())

test('a scope whose kind is misspelt is refused, and never answered as the organization', async (t) => {
  const place = ['org_globex', 'org:analyst', '--scope', 'departmnet:pharmacy']
  const { exitCode, stdout } = await type(['check', ...place])
  t.is(exitCode, 1)
  t.regex(stdout, /^no: there is no kind of scopes departmnet \(revision \w+:\d+\)\n$/)
  t.like(JSON.parse((await type(['check', ...place, '--json'])).stdout), {
    ...{ organization_id: 'org_globex', scope: 'departmnet:pharmacy', allowed: false, reason: 'SCOPE_KIND_UNKNOWN' },
    role_set: '',
  })
  const listed = await type(['roles', 'org_globex', '--scope', 'departmnet:pharmacy'])
  t.is(listed.exitCode, 1)
  t.is(listed.stdout, '')
  t.regex(listed.stderr, /^rolesets: There is no kind of scopes "departmnet"\./)
})

test('a scope that is malformed is a wrong command line, and so is an empty one', async (t) => {
  for (const [scope, problem] of [
    ['', /--scope is missing|--scope is ""/],
    ['pharmacy', /--scope is "pharmacy"\. Write it as <kind>:<name>, for example department:cardiology/],
    ['department:', /--scope is "department:"\. Write it as/],
    ['Department:pharmacy', /--scope has a kind that is "Department"/],
    ['department:a/b', /A name can't have a \//],
    ['*', /--scope is "\*"\. Write it as/],
  ] as const)
    for (const args of [
      ['check', 'org_globex', 'org:analyst'],
      ['roles', 'org_globex'],
    ]) {
      const { exitCode, stdout, stderr } = await type([...args, '--scope', scope])
      t.is(exitCode, 2, stderr)
      t.is(stdout, '')
      t.regex(stderr, problem)
    }
})

test('without --scope, no answer has a scope', async (t) => {
  for (const args of [
    ['check', 'org_globex', 'org:analyst'],
    ['roles', 'org_globex'],
  ]) {
    const answer = JSON.parse((await type([...args, '--json'])).stdout) as object
    t.false('scope' in answer)
  }
})
