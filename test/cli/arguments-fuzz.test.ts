/** Whatever is typed: a verb ends with one of its exit codes and a sentence, never with a crash. */

import test from 'ava'
import fc from 'fast-check'
import { type } from './command-line.ts'

const runs = 4_000

const verb = fc.constantFrom(
  ...[['apply'], ['check'], ['roles'], ['assign'], ['replace-role'], ['replace-set'], ['watch'], ['schema']],
  ...[['log'], ['explain'], ['doctor']],
  ...['kind', 'default', 'rename'].map((name) => ['scopes', name]),
  ...['members', 'scopes', 'scope-kinds', 'scope-defaults', 'invitations'].map((name) => ['get', name]),
  ...[['users', 'remove'], ['scopes'], ['get']],
  ...['create', 'list', 'get', 'revoke', 'accept'].map((name) => ['invitations', name]),
  ...['create', 'list', 'revoke'].map((name) => ['keys', name]),
  ...['add', 'update', 'remove'].map((name) => ['members', name]),
  ...[['invitations'], ['keys'], ['keys', 'help']],
)
const flag = fc.constantFrom(
  ...['--expected-revision', '--status', '--expires-in-days', '--inviter', '--redirect-url', '--read-only'],
  ...['--role-set', '--fallback', '--delete', '--name', '--clear', '--create'],
  ...['--revoke-sent-invitations', '--allow-no-administrator'],
  ...['--role', '--until', '--scope', '--email-address', '--acting-user', '--grant-policy'],
  ...['--thing', '--operation', '--from', '--to', '--oldest-first', '--limit', '--at', '--database'],
  ...['-f', '--file', '--dry-run', '--prune', '--map', '--permission', '--at-least', '--after', '--actor', '--json'],
  ...['--target', '--key', '--key-file', '--tls', '--tls-ca', '--tls-cert', '--tls-key', '--tls-server-name'],
  ...['--timeout', '--insecure', '--help', '-h', '--', '-', '--no-json', '--unknown', '-x'],
)
const value = fc.oneof(
  fc.constantFrom(
    'org_acme',
    'org:analyst',
    'role_set:pro',
    'org:a=org:b',
    'ward:a',
    'ward',
    'none',
    '*',
    '=',
    'a=b=c',
    '1',
    '-1',
    '1e9',
    '0.0001',
    'NaN',
  ),
  fc.constantFrom(
    'k:1',
    'k:99999999999999999999',
    '/',
    '/dev/null',
    '/nowhere',
    'unix:',
    'unix:/x',
    '127.0.0.1:0',
    '__proto__',
  ),
  fc.array(fc.nat({ max: 0xffff }), { maxLength: 12 }).map((units) => String.fromCharCode(...units)),
  fc.constant('x'.repeat(5_000)),
)
const command = fc
  .tuple(verb, fc.array(fc.oneof(flag, value), { maxLength: 8 }))
  .map(([first, rest]) => [...first, ...rest])
const word = fc.oneof(flag, value).map((each) => [each])
const anything = fc.array(fc.oneof(verb, word), { minLength: 1, maxLength: 8 }).map((words) => words.flat())

/** Nobody is asked: the signal says that the user has interrupted already. */
const signal = AbortSignal.abort()

async function endsWell(args: readonly string[]): Promise<boolean> {
  const { exitCode, stdout, stderr } = await type(args, { signal, env: { ROLESETS_TARGET: '127.0.0.1:1' } })
  if (exitCode === 0) return stderr === '' || stderr.startsWith('rolesets: watching ')
  if (exitCode !== 2 && exitCode !== 3) return false
  if (stdout !== '' || stderr.length > 12_000 || stderr.includes('Unexpected error')) return false
  return (
    /^(rolesets: |\S+:\d+:\d+: )\S[^]*\n$/.test(stderr) ||
    (JSON.parse(stderr) as { error: { code: string } }).error.code !== ''
  )
}

test('any command line at all ends with an exit code and a sentence', async (t) => {
  await fc.assert(fc.asyncProperty(fc.oneof(command, anything), endsWell), { numRuns: runs })
  t.pass()
})
