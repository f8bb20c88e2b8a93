/** The OpenAPI document. It is made from the declarations that also route and validate, so it can't differ from them. */

import { z } from 'zod'
import { createDocument } from 'zod-openapi'
import { clerkCodes, type ClerkCode } from '@rolesets/core'
import { errorFields } from './impact.ts'
import type { Operation } from './route.ts'

const envelope = z.object({ errors: z.array(z.object(errorFields)).min(1), clerk_trace_id: z.string() }).meta({
  id: 'ClerkErrors',
  description: 'Why the request failed. `code` is for programs; `long_message` says what to do.',
})

/** Failures that every operation can answer with. */
const always = [
  'malformed_request_parameters',
  'api_version_invalid',
  'authorization_header_format_invalid',
  'clerk_key_invalid',
  'form_param_unknown',
  'form_param_type_invalid',
  'form_param_format_invalid',
  'form_param_value_invalid',
  'form_param_array_size_exceeded',
  'form_param_max_length_exceeded',
  'too_many_requests',
  'internal_clerk_error',
  'not_serving',
  'not_ready',
  'deadline',
] as const
const alwaysOfWrites = [
  ...always,
  'request_body_invalid',
  'authorization_invalid',
  'read_only',
  'revision_conflict',
  'request_body_too_large',
  'unsupported_content_type',
  'form_param_missing',
  'form_param_nil',
  'form_param_duplicate',
  'disk_full',
] as const

/** And every operation with a thing in its path. */
const missing = ['resource_not_found'] as const

const openapi = '3.1.0'

/** The tags group the operations in the document. */
export type OperationsByTag = Readonly<Record<string, readonly Operation[]>>

type Path = Record<string, Record<string, unknown>>

export function describeOperations(operations: OperationsByTag): { openapi: typeof openapi } {
  const paths: Record<string, Path> = {}
  for (const [tag, ofTag] of Object.entries(operations))
    for (const operation of ofTag) {
      const { path, method } = operation
      paths[path] = { ...paths[path], [method]: { tags: [tag], ...describe(operation) } }
    }
  const document = createDocument({
    openapi,
    info: {
      title: 'Rolesets',
      version: '1',
      description:
        "Permissions, roles, role sets, organizations, memberships and invitations, in the wire format of Clerk's Backend API.",
    },
    servers: [{ url: '/v1' }],
    security: [{ key: [] }],
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
    paths,
  })
  return { ...document, openapi }
}

/** The header `x-rolesets-acting-user`, and what it is about. */
const onBehalf = {
  'x-rolesets-acting-user': z.string().optional().meta({
    description: 'The user on whose behalf it is made: must be a member who holds `org:sys_memberships:manage`.',
  }),
  'x-rolesets-grant-policy': z.enum(['subset', 'any']).optional().meta({
    description:
      'What this user may give: roles within the own permissions (the default), or each role of the role set.',
  }),
}

function describe({ operation, summary, failures, words, writes, isOnBehalf, schemas }: Operation): Path[string] {
  const { params, query, body, response } = schemas
  const headers = { 'if-match': z.string().optional(), ...(isOnBehalf && onBehalf) }
  const header = writes ? { header: z.object(headers) } : {}
  const own = [...failures, ...Object.values(words.codes)]
  const isFound = namesThing(params) && words.codes.organization_not_found === undefined
  const codes = [...(writes ? alwaysOfWrites : always), ...(isFound ? missing : []), ...own]
  return {
    operationId: operation,
    summary,
    requestParams: { path: params, query, ...header },
    ...(body === undefined ? {} : { requestBody: { required: !body.safeParse({}).success, ...json(body) } }),
    responses: {
      200: { description: 'Done', headers: headersOf(writes), ...json(response) },
      ...failuresOf(codes),
      default: { description: 'Failed', ...json(envelope) },
    },
  }
}

function json(schema: z.ZodType) {
  return { content: { 'application/json': { schema } } }
}

function headersOf(writes: boolean) {
  const revision = { description: 'The revision of the answer.', schema: { type: 'string' } }
  const dryRun = { description: '`true`: nothing was written.', schema: { type: 'string', const: 'true' } }
  return { 'Rolesets-Revision': revision, ...(writes ? { 'Rolesets-Dry-Run': dryRun } : {}) }
}

/** A thing in the path can be missing. Users belong to the application: an unknown one has empty lists. */
function namesThing(params: z.ZodObject): boolean {
  return Object.keys(params.shape).some((name) => name !== 'user_id')
}

/** One answer for each status. Its description lists the codes. */
function failuresOf(codes: readonly ClerkCode[]): Record<string, unknown> {
  const statuses = new Set(codes.map((code) => clerkCodes[code].status))
  const answers = [...statuses].map((status) => {
    const ofStatus = new Set(codes.filter((code) => clerkCodes[code].status === status))
    const description = [...ofStatus].map((code) => `\`${code}\``).join(', ')
    return [String(status), { description, ...json(envelope) }]
  })
  return Object.fromEntries(answers) as Record<string, unknown>
}
