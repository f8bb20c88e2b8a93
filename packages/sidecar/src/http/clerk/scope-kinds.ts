/** Kinds of scopes, and the defaults of their keys: what scopes have that were assigned no role set. Extensions. */

import { z } from 'zod'
import { scopeFallbacks } from '@rolesets/core'
import type { ScopeDefaultView, ScopeKindView } from '../../service/views.ts'
import { optionalMappings, optionalReference, reference, time } from '../operation/fields.ts'
import { component, representing } from '../operation/represent.ts'
import { listing, writing, type Operation } from '../operation/route.ts'
import { failuresOfScopeMoves } from './scopes.ts'

const fallback = z
  .enum(scopeFallbacks)
  .describe(
    'What decides for scopes that have neither a role set of their own nor a default: the role set of the organization, the one of `role_set_key`, or none.',
  )

const kindObject = component('OrganizationScopeKind', {
  object: z.literal('organization_scope_kind'),
  kind: z.string(),
  fallback,
  role_set_key: z.string().nullable().describe('Only with the fallback `role_set`.'),
  updated_at: time,
})

const defaultObject = component('OrganizationScopeDefault', {
  object: z.literal('organization_scope_default'),
  scope: z.string().describe('`<kind>:<name>`'),
  role_set_key: z.string(),
  updated_at: time,
})

const representKindFields = representing(kindObject)
const representDefaultFields = representing(defaultObject)

const kindAnswer = {
  response: kindObject,
  represent: (kind: ScopeKindView) =>
    representKindFields(kind, { role_set_key: kind.roleSet === '' ? null : kind.roleSet }),
} as const

const defaultAnswer = {
  response: defaultObject,
  represent: (each: ScopeDefaultView) => representDefaultFields(each, { role_set_key: each.roleSet }),
} as const

const fields = { role_set: 'role_set_key', mappings: 'reassignment_mappings' } as const

const kindsPath = '/organization_scope_kinds'
const defaultsPath = '/organization_scope_defaults'
const oneKind = { params: { kind: z.string().describe('For example `department`.') }, fields } as const
const oneDefault = { params: { scope: z.string().describe('`<kind>:<name>`') }, fields } as const

const mappings = optionalMappings.describe(
  'Role key to role key, for each role in use that the new role sets do not have.',
)

export const scopeKindOperations: readonly Operation[] = [
  listing('ListScopeKinds', `GET ${kindsPath}`, {
    ...kindAnswer,
    summary: 'An extension: lists the kinds of scopes',
    handle: (input, { service, call }) => service.directory.scopeKinds(input, call),
  }),

  writing('SetScopeKind', `PUT ${kindsPath}/{kind}`, {
    ...kindAnswer,
    ...oneKind,
    summary: 'An extension: registers a kind of scopes, or changes what its scopes have',
    body: z.strictObject({ fallback, role_set_key: optionalReference, reassignment_mappings: mappings }),
    failures: failuresOfScopeMoves,
    handle: (input, { service, call }) => service.administration.setScopeKind(input, call),
  }),

  writing('DeleteScopeKind', `DELETE ${kindsPath}/{kind}`, {
    ...kindAnswer,
    ...oneKind,
    summary: 'An extension: deletes a kind of scopes of which nothing is in use, and answers with it as it was',
    failures: ['organization_scopes_in_use'],
    handle: (input, { service, call }) => service.administration.deleteScopeKind(input, call),
  }),

  listing('ListScopeDefaults', `GET ${defaultsPath}`, {
    ...defaultAnswer,
    summary: 'An extension: lists the defaults of scopes',
    handle: (input, { service, call }) => service.directory.scopeDefaults(input, call),
  }),

  writing('SetScopeDefault', `PUT ${defaultsPath}/{scope}`, {
    ...defaultAnswer,
    ...oneDefault,
    summary:
      'An extension: sets the role set of the scopes with this key that have none of their own, in all organizations',
    body: z.strictObject({ role_set_key: reference, reassignment_mappings: mappings }),
    failures: failuresOfScopeMoves,
    handle: (input, { service, call }) => service.administration.setScopeDefault(input, call),
  }),

  writing('DeleteScopeDefault', `DELETE ${defaultsPath}/{scope}`, {
    ...defaultAnswer,
    ...oneDefault,
    summary:
      'An extension: takes the default of a scope away, so that its kind decides again, and answers with it as it was',
    body: z.strictObject({ reassignment_mappings: mappings }),
    failures: failuresOfScopeMoves,
    handle: (input, { service, call }) => service.administration.deleteScopeDefault(input, call),
  }),
]
