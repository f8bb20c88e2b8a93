// A Fastify application whose members can only get roles of their organization's role set. The Express middleware runs as a hook of each
// route, so it sees the body that Fastify has parsed and the parameters of the route.

import Fastify from 'fastify'
import {
  authenticate,
  authOf,
  guardRoleGrant,
  problems,
  requirePermission,
  roleGrantOf,
  RoleSetsExpressError,
} from '@rolesets/express'

/** Makes a hook of Fastify of Express middleware. It passes Node's request, with the parameters and the body of Fastify's. */
function hook(middleware) {
  return (request, reply, done) => {
    Object.assign(request.raw, { params: request.params, query: request.query, body: request.body })
    middleware(request.raw, reply.raw, done)
  }
}

/**
 * @param {object} settings
 * @param {import('@rolesets/client').RoleSetsClient} settings.roleSets
 * @param {import('@rolesets/express').AuthenticateOptions} settings.tokens
 */
export function createApp({ roleSets, tokens }) {
  const app = Fastify()
  const answer = problems()
  // The middleware does not run in a route of Express, so say where the organization is.
  const organization = (req) => req.params.organizationId

  // What the middleware refuses is answered as in Express. All other errors go to Fastify's own handler.
  app.setErrorHandler((error, request, reply) => {
    if (!(error instanceof RoleSetsExpressError)) throw error
    for (const [name, value] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value)
    reply.hijack()
    answer(error, request.raw, reply.raw, () => reply.raw.destroy())
  })
  app.addHook('onRequest', hook(authenticate(tokens)))

  app.get('/organizations/:organizationId/memberships', (request) => ({
    organization: request.params.organizationId,
    seenBy: authOf(request.raw)?.userId,
  }))
  app.post(
    '/organizations/:organizationId/memberships',
    {
      preHandler: [
        hook(requirePermission('org:sys_memberships:manage', { roleSets, organization })),
        hook(guardRoleGrant({ roleSets, organization })),
      ],
    },
    (request, reply) => {
      const { organizationId, roles } = roleGrantOf(request.raw)
      return reply.code(201).send({ organizationId, roles })
    },
  )
  return app
}
