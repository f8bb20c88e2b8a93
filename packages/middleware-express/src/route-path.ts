/**
 * Whether the path of a request can name an organization that a middleware does not see. A requirement takes the active
 * organization only where this is excluded: otherwise a caller could act in another organization, unnoticed.
 */

import type { IncomingMessage } from 'node:http'

/** Where Express is with this request. */
interface ExpressPosition extends IncomingMessage {
  readonly route?: { readonly path?: unknown } | null
  readonly baseUrl?: string
  readonly path?: string
  readonly params?: Readonly<Record<string, unknown>> | null
}

/** `orgSlug`, `target_organisation_id` and `tenant`, but not `organizer`. */
const likeAnOrganization = /(?:org|organi[sz]ation|tenant|workspace|company)[-_]?(?:id|slug|key|name|code)?$/i
/** `/orgs/:id`, `/tenants/:key`. */
const folderOfOrganizations = /\/(?:orgs?|organi[sz]ations?|tenants?|workspaces?|company|companies)\{?\/:(\w+)/gi

/**
 * Whether this middleware stands in a route of the application of whose path every part is known, and none of them looks like
 * an organization. It is false in a mounted router and in `app.use()`, which runs before the route is known; for a wildcard
 * and a regular expression, which match the paths of other routes; and for `/organizations/:id` and `/:tenant/reports`.
 */
export function namesNoOrganization(req: IncomingMessage): boolean {
  const { route, baseUrl, path = '', params } = req as ExpressPosition
  if (!route || baseUrl) return false
  const routePaths: readonly unknown[] = [route.path].flat()
  const found = Object.entries(params ?? {}).filter(([, value]) => value !== undefined)
  // Express keeps `route` after the route has called `next`. A later `app.use()` then has none of its parameters.
  if (found.length === 0) return routePaths.some((each) => typeof each === 'string' && isSamePath(each, path))
  return routePaths.every((each) => typeof each === 'string' && !each.includes('*') && isClear(each, found))
}

/** Letter case and a slash at the end make no difference for Express. */
function isSamePath(routePath: string, path: string): boolean {
  // Without the parameters that can be left out.
  return plain(routePath.replace(/\{[^{}]*\}|\/:\w+\?/g, '')) === plain(path)
}

function plain(path: string): string {
  return path.toLowerCase().replace(/\/+$/, '')
}

function isClear(routePath: string, found: readonly (readonly [name: string, value: unknown])[]): boolean {
  const behindFolder = new Set([...routePath.matchAll(folderOfOrganizations)].map(([, name]) => name))
  return found.every(([name, value]) => {
    // A group without a name, or one that spans several parts of the path.
    const isUnclear = /^\d+$/.test(name) || (routePath.includes('(') && String(value).includes('/'))
    return !isUnclear && !likeAnOrganization.test(name) && !behindFolder.has(name)
  })
}
