/** All operations below `/v1`, in the order of the document. */

import type { Router } from 'express'
import { z } from 'zod'
import { describeOperations, type OperationsByTag } from '../operation/document.ts'
import { reading } from '../operation/route.ts'
import { createClerkRouter, type ClerkOptions } from '../operation/router.ts'
import { availableRoleOperations } from './available-roles.ts'
import { changeOperations } from './changes.ts'
import { instanceOperations } from './instance.ts'
import { invitationOperations } from './invitations.ts'
import { membershipOperations } from './memberships.ts'
import { reasonNotToServe } from './not-served.ts'
import { organizationDomainOperations } from './organization-domains.ts'
import { organizationMetadataOperations } from './organization-metadata.ts'
import { organizationOperations } from './organizations.ts'
import { permissionOperations } from './permissions.ts'
import { roleSetOperations } from './role-sets.ts'
import { roleOperations } from './roles.ts'
import { scopeKindOperations } from './scope-kinds.ts'
import { scopeOperations } from './scopes.ts'
import { userOperations } from './users.ts'

export function createApi(options: ClerkOptions): Router {
  return createClerkRouter(Object.values(operations).flat(), options, reasonNotToServe)
}

const documentOperation = reading('GetOpenApiDocument', 'GET /openapi.json', {
  summary: 'This document',
  response: z.looseObject({ openapi: z.literal('3.1.0') }),
  handle: async (_input, { service }) => ({ value: document(), revision: service.readModel.revisionText }),
  represent: (value) => value,
})

const operations: OperationsByTag = {
  'Role sets': roleSetOperations,
  'Organization roles': [...roleOperations, ...availableRoleOperations],
  'Organization permissions': permissionOperations,
  Organizations: [...organizationOperations, ...organizationMetadataOperations],
  'Organization domains': organizationDomainOperations,
  'Organization scopes': [...scopeKindOperations, ...scopeOperations],
  'Organization memberships': membershipOperations,
  'Organization invitations': invitationOperations,
  Users: userOperations,
  'Instance settings': instanceOperations,
  Audit: changeOperations,
  Meta: [documentOperation],
}

let described: ReturnType<typeof describeOperations> | undefined

function document() {
  return (described ??= describeOperations(operations))
}
