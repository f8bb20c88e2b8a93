/** All operations below `/v1`, in the order in which the document tells them. */

import type { Router } from 'express'
import { z } from 'zod'
import { describeOperations } from './document.ts'
import { permissionOperations } from './permissions.ts'
import { roleOperations } from './roles.ts'
import { roleSetOperations } from './role-sets.ts'
import { reading, type Operation } from './route.ts'
import { createClerkRouter, type ClerkOptions } from './router.ts'

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
  documentOperation,
]

let described: object | undefined

function document(): object {
  return (described ??= describeOperations(operations))
}
