/** A demotion beside requests: once it is acknowledged and delivered, no request passes, although every token still says otherwise. */

import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { authenticate, problems, requirePermission, requireRole } from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import express from 'express'
import { openTestSidecar, secretKey } from '../grpc/open-sidecar.ts'
import { serve } from '../middleware/application.ts'
import { audience, issuer, openIssuer } from '../middleware/issuer.ts'

const organizationId = 'org_acme'
const userIds = ['user_ann', 'user_bob', 'user_cem']
const atOnce = 8

async function open(t: ExecutionContext) {
  const { target } = await openTestSidecar(t)
  const roleSets = createRoleSetsClient({ target, key: secretKey, deadlineMs: 20_000, maxStalenessMs: 60_000 })
  t.teardown(() => roleSets.close())
  await roleSets.ready({ timeoutMs: 20_000 })
  // Another process writes: the application learns of it by the feed alone.
  const operator = createRoleSetsClient({ target, key: secretKey, deadlineMs: 20_000 })
  t.teardown(() => operator.close())
  const { admin } = operator
  await admin.createOrganization({ id: organizationId })
  for (const userId of ['user_boss', ...userIds])
    await admin.createMembership({ organizationId, userId, role: 'org:admin' })
  const tokens = await openIssuer(t)
  const app = express()
  app.use(authenticate({ issuer, audience, jwks: tokens.jwks }))
  const options = { roleSets, membership: 'current' } as const
  app.get('/role', requireRole('org:admin', options), (_req, res) => void res.sendStatus(204))
  app.get(
    '/permission',
    requirePermission('org:sys_memberships:manage', options),
    (_req, res) => void res.sendStatus(204),
  )
  app.use(problems())
  const ask = await serve(t, app)
  const askAs = async (userId: string, path: string) =>
    ask(path, {
      token: await tokens.tokenOf({ claims: { sub: userId, org_id: organizationId, org_role: 'org:admin' } }),
    })
  return { roleSets, admin, askAs }
}

/** The feed has delivered this revision to the client. */
async function untilDelivered(roleSets: RoleSetsClient, revision: string): Promise<void> {
  const numberOf = (text = '') => Number(text.split(':')[1] ?? 0)
  while (numberOf(roleSets.status().revision) < numberOf(revision))
    await new Promise((resolve) => setImmediate(resolve))
}

for (const [what, write, code] of [
  [
    'a demotion',
    (admin: RoleSetsClient['admin'], userId: string) =>
      admin.updateMembership({ organizationId, userId, role: 'org:member' }),
    'role_withdrawn',
  ],
  [
    'a removal',
    (admin: RoleSetsClient['admin'], userId: string) => admin.deleteMembership({ organizationId, userId }),
    'membership_ended',
  ],
] as const) {
  test(`after ${what} is acknowledged and delivered no request passes, whatever was on its way`, async (t) => {
    const { roleSets, admin, askAs } = await open(t)
    for (const userId of userIds) {
      let isOver = false
      let passedBefore = 0
      // Requests that begin before the write, beside it and after it.
      const requests = Array.from({ length: atOnce }, async (_, n) => {
        const path = n % 2 === 0 ? '/role' : '/permission'
        while (!isOver) if ((await askAs(userId, path)).status === 204) passedBefore += 1
      })
      while (passedBefore < atOnce) await new Promise((resolve) => setImmediate(resolve))
      const { revision } = await write(admin, userId)
      await untilDelivered(roleSets, revision)
      const answers = await Promise.all(
        ['/role', '/permission', '/role', '/permission'].map((path) => askAs(userId, path)),
      )
      isOver = true
      await Promise.all(requests)
      for (const { status, body } of answers) t.deepEqual([status, body.code], [403, code], userId)
      t.is((await askAs(userId, '/role')).status, 403)
    }
    t.is((await askAs('user_boss', '/role')).status, 204)
  })
}
