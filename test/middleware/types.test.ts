/**
 * The middlewares match the types of Express 4 and 5, and do not change the types that Express infers for a route. The
 * compiler does most of this test.
 */

import {
  authenticate,
  availableRoles,
  guardRoleGrant,
  problems,
  requirePermission,
  requireRole,
  roleGrantOf,
} from '@rolesets/express'
import test from 'ava'
import express5, { type Request as Request5 } from 'express'
import express4, { type Request as Request4 } from 'express4'
import { createRoleSetsDouble } from './role-sets-double.ts'

const roleSets = createRoleSetsDouble()
const authentication = authenticate({ issuer: false, audience: false, secret: new Uint8Array(32) })

test('an application of Express 5 compiles', (t) => {
  const app = express5()
  app.use(authentication)
  app.get('/organizations/:organizationId/roles', requireRole('org:admin', { roleSets }), availableRoles({ roleSets }))
  app.post(
    '/organizations/:organizationId/memberships',
    express5.json(),
    requirePermission('org:sys_memberships:manage', { roleSets }),
    guardRoleGrant({
      roleSets,
      organization: (req: Request5) => req.params['organizationId'],
      roles: (req) => req.body,
    }),
    (req, res) => {
      const organizationId: string = req.params.organizationId
      const user = req.body.user_id as unknown
      res.json({ organizationId, user, roles: roleGrantOf(req).roles })
    },
  )
  app.use(problems())
  express5.Router().use('/v1', authentication, problems())
  t.pass()
})

test('an application of Express 4 compiles', (t) => {
  const app = express4()
  app.use(authentication)
  app.get('/organizations/:organizationId/roles', requireRole('org:admin', { roleSets }), availableRoles({ roleSets }))
  app.post(
    '/organizations/:organizationId/memberships',
    express4.json(),
    requirePermission('org:sys_memberships:manage', { roleSets }),
    guardRoleGrant({
      roleSets,
      organization: (req: Request4) => req.params['organizationId'],
      roles: (req) => req.body,
    }),
    (req, res) => {
      const organizationId: string = req.params.organizationId
      const user = req.body.user_id as unknown
      res.json({ organizationId, user, roles: roleGrantOf(req).roles })
    },
  )
  app.use(problems())
  express4.Router().use('/v1', authentication, problems())
  t.pass()
})
