/**
 * Whose word counts for what a caller holds: the token's, or that of the memberships as they are now. What can't be meant is
 * refused when the middleware is made: above all a token's role tested against the role set of a scope, because a token has
 * the roles of the organization as a whole.
 */

import type { Reach } from '@rolesets/client'
import { isIdentifier } from '@rolesets/core'
import { rolesIn, type Auth } from './authenticate/auth.ts'
import { aFunction, oneOf, optionInvalid, type AskingOptions, type MemberMethods, type RoleSets } from './options.ts'

export interface MembershipOptions {
  /**
   * What counts: `token`, the roles in the token, while they are in the role set; or `current`, what the caller holds now. With
   * `current` a caller who was demoted or removed is refused at the next request, although the token still says otherwise. It
   * needs the members to be kept in the sidecar, and a client with a key. Default `token`; with `scope`, `current`.
   */
  readonly membership?: 'token' | 'current' | undefined
  /** With `scope` and `current`: which roles count. Default `PLACE`: only those that the caller holds in the scope itself. */
  readonly reach?: Reach | undefined
  /** With `scope` and `token`: finds the roles that the token has in the scope: a key, a list of keys, or undefined. */
  readonly rolesOf?: ((auth: Auth, scope: string) => unknown) | undefined
}

export const membershipRules = {
  membership: oneOf('token', 'current'),
  reach: oneOf('PLACE', 'ORGANIZATION', 'EITHER'),
  rolesOf: aFunction,
}

/** Which of the two counts. Throws `option_invalid` for options that contradict each other. */
export function membershipOf(example: string, options: MembershipOptions & AskingOptions): 'token' | 'current' {
  const { scope, reach, rolesOf } = options
  const membership = options.membership ?? (scope === undefined ? 'token' : 'current')
  if (rolesOf !== undefined && (scope === undefined || membership === 'current'))
    throw optionInvalid(example, '"rolesOf" is only for "scope" with "membership": \'token\'')
  if (reach !== undefined && (scope === undefined || membership === 'token'))
    throw optionInvalid(example, '"reach" is only for "scope" with "membership": \'current\'')
  if (membership === 'token' && scope !== undefined && rolesOf === undefined)
    throw optionInvalid(
      example,
      '"membership" can\'t be \'token\' with "scope": the token has the roles of the organization as a whole. Leave ' +
        '"membership" out, or say where the token has those of the scope: rolesOf: (auth, scope) => …',
    )
  return membership
}

/** A client with these methods. */
export type Asked<Name extends keyof MemberMethods> = RoleSets & Pick<MemberMethods, Name>

/** The client, which can be asked about members. Throws `option_invalid` if it lacks one of these methods. */
export function askingMembers<Name extends keyof MemberMethods>(
  example: string,
  roleSets: RoleSets,
  methods: readonly Name[],
): Asked<Name> {
  const missing = methods.find((name) => typeof roleSets[name] !== 'function')
  // All are there: the compiler does not keep this for the object.
  if (missing === undefined) return roleSets as Asked<Name>
  throw optionInvalid(
    example,
    `"membership" is 'current' (the default with "scope"), and "roleSets" has no ${missing}(): pass a client of @rolesets/client`,
  )
}

/** The roles that the token has in the organization, or by `rolesOf` in the scope. Throws if that returns something else. */
export function rolesOfToken(
  caller: Auth,
  { scope, rolesOf }: { readonly scope: string | undefined; readonly rolesOf: MembershipOptions['rolesOf'] },
): readonly string[] {
  if (scope === undefined || rolesOf === undefined) return rolesIn(caller)
  const found = rolesOf(caller, scope)
  const list: readonly unknown[] = Array.isArray(found) ? found : found === undefined || found === null ? [] : [found]
  if (list.every(isIdentifier)) return list
  throw new TypeError(
    'rolesOf() returned something that is not a role: it must return a key, a list of keys, or undefined.',
  )
}
