/**
 * Reads Clerk's session tokens, version 1 and 2. Version 2 packs the permissions: `fea` lists features, `o.per` lists
 * actions, and `o.fpm` has one number for each feature of the organization. A set bit of it grants the action at its position.
 */

import type { CallerClaims, TokenClaims } from './auth.ts'
import { ClaimDifference } from './claim-difference.ts'
import { isObject, isText } from '../options.ts'
import { problem } from '../problem.ts'

const organizationScopes = new Set(['o', 'ou', 'uo'])

/**
 * The caller of a Clerk session token. Throws `token_invalid` for a pending session, a machine, a version other than 1 and 2,
 * and malformed claims.
 */
export function clerkClaims(claims: TokenClaims): CallerClaims {
  if (claims.sts === 'pending')
    throw problem('token_invalid', 'The session is pending: the user has not completed its tasks.')
  if (typeof claims.sub === 'string' && isMachine(claims.sub)) {
    throw problem('token_invalid', 'The token is one of a machine, not of a session of a user.')
  }
  return {
    userId: text(claims.sub) ?? '',
    sessionId: text(claims.sid),
    ...organizationOf(claims),
  }
}

/** Another version may keep the organization elsewhere, or mean something else by the same claims. */
function organizationOf(claims: TokenClaims): OrganizationClaims {
  if (claims.v === undefined || claims.v === 1) return organizationOfVersion1(claims)
  if (claims.v === 2) return organizationOfVersion2(claims)
  const cause = new ClaimDifference('v', [1, 2], claims.v)
  throw problem('token_invalid', 'The claim "v" has a version that is not known. Versions 1 and 2 are.', { cause })
}

/** Whether the subject of a token is a machine. The other claims of such a token are chosen by that machine. */
export function isMachine(subject: string): boolean {
  return subject.startsWith('mch_')
}

type OrganizationClaims = Omit<CallerClaims, 'userId' | 'sessionId'>

function organizationOfVersion1(claims: TokenClaims): OrganizationClaims {
  return {
    organizationId: text(claims.org_id),
    organizationSlug: text(claims.org_slug),
    role: text(claims.org_role),
    permissions: Array.isArray(claims.org_permissions) ? claims.org_permissions.filter(isText) : [],
  }
}

function organizationOfVersion2({ o: organization, fea }: TokenClaims): OrganizationClaims {
  if (organization === undefined) return {}
  if (!isObject(organization) || !isText(organization.id)) throw malformed('o')
  const { id, slg, rol, per, fpm } = organization
  const features = organizationFeatures(fea)
  return {
    organizationId: id,
    organizationSlug: text(slg),
    role: isText(rol) ? `org:${rol}` : undefined,
    permissions: isText(per) && isText(fpm) ? permissionsOf(features, pieces(per), pieces(fpm)) : [],
  }
}

/** The features of the organization, in the order of the numbers in `fpm`. */
function organizationFeatures(fea: unknown): readonly string[] {
  if (fea === undefined || fea === '') return []
  if (typeof fea !== 'string') throw malformed('fea')
  return pieces(fea).flatMap((piece) => {
    const colon = piece.indexOf(':')
    if (colon < 0) throw malformed('fea')
    return organizationScopes.has(piece.slice(0, colon)) ? [piece.slice(colon + 1)] : []
  })
}

function permissionsOf(
  features: readonly string[],
  actions: readonly string[],
  masks: readonly string[],
): readonly string[] {
  return features.flatMap((feature, position) => {
    const mask = bitsOf(masks[position])
    return actions.flatMap((action, bit) => ((mask >> BigInt(bit)) & 1n ? [`org:${feature}:${action}`] : []))
  })
}

/** A bigint, because more than 53 actions are possible. */
function bitsOf(mask: string | undefined): bigint {
  return mask !== undefined && /^\d+$/.test(mask) ? BigInt(mask) : 0n
}

function pieces(list: string): readonly string[] {
  return list.split(',').map((piece) => piece.trim())
}

function text(value: unknown): string | undefined {
  return isText(value) ? value : undefined
}

function malformed(claim: string) {
  return problem('token_invalid', `The claim "${claim}" is malformed.`)
}
