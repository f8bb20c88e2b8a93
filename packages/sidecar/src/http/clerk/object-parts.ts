/** Parts that organizations, memberships and invitations have in common. */

import { z } from 'zod'
import type { Catalogue } from '@rolesets/core'
import type { Service } from '../../service/service.ts'
import { viewRole, type RoleView } from '../../service/views.ts'
import { number, optional, reference, references, text, time } from '../operation/fields.ts'
import { component } from '../operation/represent.ts'
import { fault } from '../operation/validation.ts'

const metadata = z.record(z.string(), z.unknown()).meta({ id: 'Metadata' })

export const metadataObject = z.object({ public_metadata: metadata, private_metadata: metadata })

/** Users belong to the application. Rolesets knows only the id of a user, which stands for every identifier. */
export const publicUserObject = component('PublicUserData', {
  user_id: z.string(),
  identifier: z.string().describe('The id of the user: no other identifier is known.'),
  username: z.null(),
  first_name: z.null(),
  last_name: z.null(),
  profile_image_url: z.null(),
  image_url: z.string().describe('Always empty.'),
  has_image: z.literal(false),
})

/** The same user with fewer fields, as invitations show it. */
export const publicInviterObject = publicUserObject
  .omit({ username: true, profile_image_url: true })
  .meta({ id: 'PublicInviterData' })

export function representPublicUser(userId: string) {
  return { ...representPublicInviter(userId), username: null, profile_image_url: null }
}

export function representPublicInviter(userId: string) {
  const names = { first_name: null, last_name: null }
  return { user_id: userId, identifier: userId, ...names, image_url: '', has_image: false as const }
}

/** What memberships and invitations show of their role besides its key; `permissions` are keys. */
type RoleFacts = Pick<RoleView, 'name' | 'permissions'>

/** In the words of Clerk, a member has one role. Where there are several, they are told beside it. */
export const severalRoles = z
  .array(z.string())
  .optional()
  .describe('An extension: the keys of all roles, where there are several. The first is `role`.')

export function representRoles(roles: readonly string[]): string[] | undefined {
  return roles.length > 1 ? [...roles] : undefined
}

/** The roles that a write gives: `role` alone, or `roles`. */
export const givenRoles = {
  role: reference.optional().describe('Key. Required without `roles`; beside it, the first of them.'),
  roles: references('rolesPerMemberMax')
    .optional()
    .describe('An extension: keys of several roles, as many as the setting `max_roles_per_member` allows.'),
}

interface GivenRoles {
  readonly role?: string | undefined
  readonly roles?: readonly string[] | undefined
}

export function needsRole({ role, roles }: GivenRoles, context: z.core.$RefinementCtx<GivenRoles>): void {
  if (role !== undefined || (roles !== undefined && roles.length > 0)) return
  context.addIssue({ ...fault('form_param_missing', 'is missing.'), path: ['role'] })
}

/** In the words of Clerk an update gives a role. One of the end alone need not. */
export function needsRoleOrEnd(
  given: GivenRoles & { readonly expires_at?: number | null | undefined },
  context: z.core.$RefinementCtx<GivenRoles>,
): void {
  if (given.expires_at === undefined) needsRole(given, context)
}

/** A catalogue never changes: each change of the store makes a new one. The entries of a page share few roles. */
const known = new WeakMap<Catalogue, Map<string, RoleFacts>>()

export function roleFacts(roleId: string, { readModel: { catalogue } }: Pick<Service, 'readModel'>): RoleFacts {
  const ofCatalogue = known.get(catalogue) ?? new Map<string, RoleFacts>()
  known.set(catalogue, ofCatalogue)
  const role = catalogue.roles.byId(roleId)
  // A role that was deleted, as old invitations can have it: only its id is left.
  if (role === undefined) return { name: roleId, permissions: [] }
  const facts = ofCatalogue.get(roleId) ?? viewRole(role, catalogue)
  ofCatalogue.set(roleId, facts)
  return facts
}

/** Clerk's clients know no scopes, so what is of the organization as a whole has no such field. */
export const scopeField = z
  .string()
  .optional()
  .describe('An extension: the part of the organization, `<kind>:<name>`. Absent: the organization as a whole.')

export function representScope({ scope }: { readonly scope: string }): string | undefined {
  return scope === '' ? undefined : scope
}

/** Clerk's clients know no ends, so what has none has no such field. */
export const endField = time
  .optional()
  .describe('An extension: from when on it counts nowhere, Unix milliseconds. Absent: it has no end.')

/** The end that a write gives. */
export const endInBody = number('membershipEndMax')
  .nullish()
  .describe(
    'An extension: from when on the membership counts nowhere, Unix milliseconds, later than now. Null or 0: it has no end.',
  )

/** As the rules call it. */
export const endNames = { expires_at_ms: 'expires_at' } as const

/** The scope of a new membership or invitation. */
export const scopeInBody = optional(text('scopeCharactersMax')).describe(
  'An extension: the part of the organization, `<kind>:<name>`. Empty or left out: the organization as a whole.',
)

/** An empty one would be taken for the organization as a whole, where a script forgot its variable. */
const scopeText = (leftOut: string) =>
  z.string().min(1, `must not be empty. Write <kind>:<name>, or leave it out ${leftOut}.`).optional()
const forTheWhole = 'for the organization as a whole'

/** Which membership of a user a path means. */
export const scopeInQuery = scopeText(forTheWhole).describe(
  'An extension: the part of the organization, `<kind>:<name>`. Default: the organization as a whole.',
)

export const scopeOfInvitation = scopeText('if it does not matter').describe(
  'An extension: if given, the invitation must be into this part of the organization, `<kind>:<name>`.',
)

/** Which scopes a list shows. */
export const scopeFilter = scopeText(forTheWhole).describe(
  'An extension: those of this part of the organization, `<kind>:<name>`; `*`: of all parts and of the whole. Default: of the whole.',
)
