/** All operations below `/v1`, in the order in which the document tells them. */

import type { Router } from 'express'
import { z } from 'zod'
import { changeOperations } from './changes.ts'
import { describeOperations } from '../operation/document.ts'
import { instanceOperations } from './instance.ts'
import { acceptanceOperations } from './invitations-acceptance.ts'
import { invitationOperations } from './invitations.ts'
import { membershipOperations } from './memberships.ts'
import { organizationMetadataOperations } from './organizations-metadata.ts'
import { organizationOperations } from './organizations.ts'
import { permissionOperations } from './permissions.ts'
import { roleOperations } from './roles.ts'
import { roleSetOperations } from './role-sets.ts'
import { reading, type Operation } from '../operation/route.ts'
import { createClerkRouter, type ClerkOptions } from '../operation/router.ts'
import { userOperations } from './users.ts'

export function createApi(options: ClerkOptions): Router {
  return createClerkRouter(operations, options)
}

const documentOperation: Operation = reading({
  operation: 'GetOpenApiDocument',
  path: '/openapi.json',
  tag: 'Meta',
  summary: 'This document',
  response: z.looseObject({ openapi: z.literal('3.1.0') }),
  handle: async (_input, { service }) => ({
    body: document() as { openapi: '3.1.0' },
    revision: service.readModel.revisionText,
  }),
})

const operations: readonly Operation[] = [
  ...roleSetOperations,
  ...roleOperations,
  ...permissionOperations,
  ...organizationOperations,
  ...organizationMetadataOperations,
  ...membershipOperations,
  ...invitationOperations,
  ...acceptanceOperations,
  ...userOperations,
  ...instanceOperations,
  ...changeOperations,
  documentOperation,
]

let described: object | undefined

function document(): object {
  return (described ??= describeOperations(operations))
}
