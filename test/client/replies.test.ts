/** Replies that make no sense, or refuse the question itself: no decision, and nothing kept. */

import test from 'ava'
import { RoleSetsError } from '@rolesets/client'
import { openScriptedFresh } from './open-client.ts'
import { checkReply, pro } from './wire-messages.ts'

for (const [what, changed] of Object.entries({
  'without a revision': { revision: undefined },
  'with a revision that is none': { revision: 'soon' },
  'older than was asked for': { revision: 'e:9' },
  'of another epoch': { revision: 'f:10' },
  'with a reason that it does not know': { reason: 'ROLE_IN_MOON_PHASE' },
  'without a reason': { reason: 'REASON_UNSPECIFIED' },
  'that allows and refuses at once': { reason: 'ROLE_NOT_IN_SET' },
  'that refuses without a reason to': { allowed: false },
  'with a boolean that is a string': { allowed: 'true' },
  'without a role set': { roleSet: '' },
  'without the id of the role set': { roleSetId: '' },
  'that does not say whether the organization is registered': { organizationRegistered: undefined },
  'about an organization both registered and unknown': { allowed: false, reason: 'ORGANIZATION_UNKNOWN' },
})) {
  test(`a reply ${what} is no decision, and is not kept`, async (t) => {
    const { client, transport, clock } = await openScriptedFresh(t)
    const asked = client.check('acme', 'org:analyst')
    await clock.settle()
    transport.call.reply(checkReply('e:10', pro, changed))
    await t.throwsAsync(asked, { code: 'unavailable' })
    t.is(client.checkCached('acme', 'org:analyst'), undefined)
    t.is(transport.calls.length, 1, 'asking again would not help')
  })
}

test('a batch with too few results is no decision', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const question = { organizationId: 'acme', role: 'org:member' }
  const asked = client.checkMany([question, question])
  await clock.settle()
  transport.call.reply({ revision: 'e:10', results: [checkReply('', pro)] })
  await t.throwsAsync(asked, { code: 'unavailable' })
  t.is(client.checkCached('acme', 'org:member'), undefined)
})

test('a refused key is no decision, and the error says so', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = client.check('acme', 'org:member')
  await clock.settle()
  transport.call.fail(new RoleSetsError('key_required', 'Give the key.'))
  await t.throwsAsync(asked, { code: 'unavailable', message: /Give the key/ })
})

test('a transport that throws something of its own is unavailable', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = client.check('acme', 'org:member')
  for (let tries = 0; tries < 2; tries++) {
    await clock.settle()
    transport.call.fail(new TypeError('Broken.'))
  }
  await t.throwsAsync(asked, { code: 'unavailable' })
})
