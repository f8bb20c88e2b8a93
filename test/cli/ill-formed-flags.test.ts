/** Flags of scopes, roles and acting users: what can't be is refused with the name of the flag, before anything is asked. */

import test from 'ava'
import { type } from './command-line.ts'

const scopes = ['', 'ward', ':a', 'ward:', 'Ward:a', 'ward: a', 'ward:a/b', `ward:${'x'.repeat(191)}`, 'ward:\u202ea']
/** Lists take `*`. */
const oneScope = [...scopes, '*']
const ids = ['', ' ann', 'a\nb', 'x'.repeat(256)]

const invitation = ['invitations', 'create', 'org_acme', 'org:member', 'ann@example.com']

/** Verb, the flag, and what it can't be. */
const refused: readonly (readonly [readonly string[], string, readonly string[]])[] = [
  [['check', 'org_acme', 'org:member'], '--scope', oneScope],
  [['roles', 'org_acme'], '--scope', oneScope],
  [['explain', 'org_acme', 'org:member'], '--scope', oneScope],
  [['log'], '--scope', oneScope],
  [['assign', 'org_acme', 'role_set:pro'], '--scope', oneScope],
  [['assign', 'org_acme', '--clear'], '--scope', oneScope],
  [['get', 'members', 'org_acme'], '--scope', scopes],
  [['get', 'members', 'org_acme', 'ann'], '--scope', scopes],
  [['get', 'invitations', 'org_acme'], '--scope', scopes],
  [['invitations', 'list', 'org_acme'], '--scope', scopes],
  [invitation, '--scope', oneScope],
  [invitation, '--role', ['', 'x'.repeat(300)]],
  [invitation, '--acting-user', ids],
  [[...invitation, '--acting-user', 'ann'], '--grant-policy', ['', 'all', 'ANY']],
  [invitation, '--grant-policy', ['any']],
  [['invitations', 'revoke', 'org_acme', 'orginv_1'], '--acting-user', ids],
  [['members', 'add', 'org_acme', 'ann', '--role', 'org:member'], '--scope', oneScope],
  [['members', 'add', 'org_acme', 'ann'], '--role', ['', 'x'.repeat(300)]],
  [['members', 'add', 'org_acme', 'ann', '--role', 'org:member'], '--until', ['', 'soon', '2030-13-01', '-1', '1.5']],
  [['members', 'add', 'org_acme', 'ann', '--role', 'org:member'], '--acting-user', ids],
  [['members', 'update', 'org_acme', 'ann'], '--until', ['', 'soon', '2030-13-01', '-1']],
  [['members', 'update', 'org_acme', 'ann', '--until', 'never'], '--acting-user', ids],
  [['members', 'remove', 'org_acme', 'ann'], '--acting-user', ids],
  [['members', 'remove', 'org_acme', 'ann'], '--scope', oneScope],
  [['scopes', 'kind', 'ward'], '--fallback', ['', 'NONE', 'all']],
  [['scopes', 'rename', 'org_acme', 'ward:a'], '--name', ['x'.repeat(300), 'a\u0007b']],
]

for (const [verb, flag, values] of refused)
  test(`${verb.join(' ')} refuses a ${flag} that can't be, and names it`, async (t) => {
    for (const value of values) {
      // Nothing listens there: a command that asked would end with exit code 3.
      const env = { ROLESETS_TARGET: '127.0.0.1:1', ROLESETS_KEY: 'a-key-of-16-characters' }
      const { exitCode, stdout, stderr } = await type([...verb, flag, value], { env })
      t.is(exitCode, 2, `${flag} ${JSON.stringify(value)}: ${stderr}`)
      t.is(stdout, '')
      t.true(stderr.includes(flag), stderr)
    }
  })
