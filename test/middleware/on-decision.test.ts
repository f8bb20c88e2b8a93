/** The hook `onDecision` is called for each request, and its failures change no decision. */

import { guardRoleGrant, problems } from '@rolesets/express'
import test from 'ava'
import { expresses, serve } from './application.ts'
import { createRoleSetsDouble } from './role-sets-double.ts'

const logged: unknown[] = []
const { error: original } = console
test.before(() => (console.error = (error: unknown) => logged.push(error)))
test.after.always(() => (console.error = original))

const failing = {
  throws: () => {
    throw new Error('the metrics are down')
  },
  rejects: () => Promise.reject(new Error('the metrics are down')),
}

for (const [version, express] of expresses) {
  for (const [how, onDecision] of Object.entries(failing)) {
    test.serial(`a hook that ${how} changes nothing, and is logged once (${version})`, async (t) => {
      logged.length = 0
      const app = express()
      const guard = guardRoleGrant({ roleSets: createRoleSetsDouble(), onDecision })
      app.post('/:organizationId', express.json(), guard, (_req, res) => {
        res.sendStatus(201)
      })
      app.use(problems())
      const ask = await serve(t, app)
      t.is((await ask('/org_acme', { body: { role: 'org:member' } })).status, 201)
      t.is((await ask('/org_acme', { body: { role: 'org:analyst' } })).status, 403)
      t.is(logged.length, 1)
    })
  }
}
