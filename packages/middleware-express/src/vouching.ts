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

type Vouched = WeakMap<IncomingMessage, Set<string>>

/**
 * One for all copies of this package in the process: an application can have its ESM and its CommonJS form, and a guard must
 * not miss what a requirement of the other copy has noted.
 */
const shared = globalThis as { [vouchedKey]?: Vouched }
const vouched: Vouched = (shared[vouchedKey] ??= new WeakMap())

const namesOfOrganization: ReadonlySet<string> = new Set(organizationParams.map(plainName))

/** Notes that a requirement has let the caller pass because of a role in this organization. */
export function vouchFor(req: IncomingMessage, organizationId: string): void {
  vouched.set(req, (vouched.get(req) ?? new Set()).add(organizationId))
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
