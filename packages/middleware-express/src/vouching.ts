/**
 * Authorization and grant must be about one organization. A requirement that lets a request pass notes here for which
 * organization it did so. What lists or grants roles behind it compares this with its own organization.
 */

import type { IncomingMessage } from 'node:http'
import { quoted } from '@rolesets/core'
import { callerIfAny } from './authenticate/auth.ts'
import type { RoleSetsExpressError } from './errors.ts'
import { organizationParams } from './organization.ts'
import { problem } from './problem.ts'
import { objectsOf, plainName, pointerTo } from './roles-of-body.ts'

const vouchedKey = Symbol.for('rolesets.express.vouched')
const vouchedScopesKey = Symbol.for('rolesets.express.vouchedScopes')

type Vouched = WeakMap<IncomingMessage, Set<string>>

/**
 * One for all copies of this package in the process: an application can have its ESM and its CommonJS form, and a guard must
 * not miss what a requirement of the other copy has noted.
 */
const shared = globalThis as { [vouchedKey]?: Vouched; [vouchedScopesKey]?: Vouched }
const vouched: Vouched = (shared[vouchedKey] ??= new WeakMap())
/** The scopes of those that were about one. */
const vouchedScopes: Vouched = (shared[vouchedScopesKey] ??= new WeakMap())

const namesOfOrganization: ReadonlySet<string> = new Set(organizationParams.map(plainName))

/** Notes that a requirement has let the caller pass because of a role in this organization, or in this scope of it. */
export function vouchFor(req: IncomingMessage, organizationId: string, scope: string | undefined): void {
  vouched.set(req, (vouched.get(req) ?? new Set()).add(organizationId))
  if (scope !== undefined) vouchedScopes.set(req, (vouchedScopes.get(req) ?? new Set()).add(scope))
}

/**
 * Throws `scope_mismatch` if a requirement has vouched for another scope than the request is about: what is granted there is not
 * what the caller was authorized for. One that vouched for the whole organization says nothing against its scopes.
 */
export function refuseOtherScope(req: IncomingMessage, scope: string | undefined): void {
  const other = [...(vouchedScopes.get(req) ?? [])].find((each) => each !== scope)
  if (other === undefined) return
  const about = scope === undefined ? 'the organization as a whole' : `the scope ${quoted(scope)}`
  const detail = `The request is about ${about}, and the caller was authorized in the scope ${quoted(other)}.`
  throw problem('scope_mismatch', detail, { fields: scope === undefined ? {} : { scope } })
}

/**
 * Throws `organization_mismatch` if a requirement has vouched for another organization, or if another one is active in the
 * token. If nothing has vouched and the token has no organization, there is nothing to compare.
 */
export function refuseOtherOrganization(req: IncomingMessage, organizationId: string): void {
  const active = callerIfAny(req)?.organizationId
  const others = [...(vouched.get(req) ?? []), ...(active === undefined ? [] : [active])]
  const other = others.find((each) => each !== organizationId)
  if (other !== undefined) throw organizationMismatch(organizationId, other)
}

/**
 * Throws `organization_mismatch` if the body, or one of the items that can name a role, names another organization: it is not
 * known which of the two the route will use.
 */
export function refuseOtherOrganizationInBody(body: unknown, organizationId: string): void {
  for (const [object, at] of objectsOf(body)) {
    for (const key of Object.keys(object).filter((each) => namesOfOrganization.has(plainName(each)))) {
      const named = object[key]
      if (named === organizationId || named === undefined || named === null) continue
      const detail = `The body names another organization than ${quoted(organizationId)}, which the path names.`
      throw problem('organization_mismatch', detail, {
        fields: { organization: organizationId, pointer: pointerTo(at, key) },
      })
    }
  }
}

/** @param active the organization that the caller may act in */
export function organizationMismatch(organization: string, active: string): RoleSetsExpressError {
  const detail = `The request is about another organization than ${quoted(active)}, which is active in the token.`
  return problem('organization_mismatch', detail, { fields: { organization } })
}
