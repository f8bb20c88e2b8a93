/**
 * The resources of Clerk's Backend API that this sidecar doesn't serve, and why. A client that was written for Clerk can ask
 * for them; its answer is then `not_served_here` and not only that the path doesn't exist.
 */

const users =
  'Users belong to the application: Rolesets knows only their ids. Ask Clerk, or where the application keeps them.'
const tokens = 'Rolesets issues no tokens and has no sessions. Ask the issuer of the tokens.'
const instance = 'Rolesets has no settings of an instance besides /v1/instance/organization_settings.'
const billing = 'Rolesets has no billing. A role set can stand for a plan: move an organization to another one.'
const connections = 'Rolesets signs in no one, so it has no connections and directories. Ask Clerk.'

/** By the first segment of the path. */
const reasons: Readonly<Record<string, string>> = {
  users,
  ...sameFor(users, 'email_addresses', 'phone_numbers', 'invitations', 'waitlist_entries', 'sign_ups'),
  ...sameFor(users, 'allowlist_identifiers', 'blocklist_identifiers'),
  jwks: 'Rolesets issues no tokens, so it has no keys to verify them. Give the client the jwtKey, or the JWKS, of the issuer.',
  ...sameFor(tokens, 'clients', 'sessions', 'jwt_templates', 'actor_tokens', 'sign_in_tokens', 'testing_tokens'),
  ...sameFor(tokens, 'machines', 'machine_tokens', 'm2m_tokens', 'api_keys', 'oauth_applications', 'agents'),
  ...sameFor(
    instance,
    'instance',
    'domains',
    'redirect_urls',
    'templates',
    'beta_features',
    'webhooks',
    'proxy_checks',
  ),
  ...sameFor(billing, 'billing'),
  ...sameFor(connections, 'saml_connections', 'enterprise_connections', 'scim_directories', 'directories'),
  audit_logs: 'The audit of this sidecar is at /v1/changes.',
}

/** Operations of Clerk on paths that have other operations here. */
const methodsNotServed: Readonly<Record<string, readonly string[]>> = { '/users/{user_id}': ['GET', 'HEAD', 'PATCH'] }

/**
 * Why a request isn't served; undefined: it isn't Clerk's either.
 * @param path below `/v1`: of the request, or of the operations that it has here
 */
export function reasonNotToServe(method: string, path: string, isServed: boolean): string | undefined {
  if (isServed && methodsNotServed[path]?.includes(method) !== true) return undefined
  const [, first = '', second] = path.split('/')
  if (first === 'organizations' && path.split('/')[3] === 'billing') return billing
  if (first === 'invitations' && second === undefined)
    return `${users} Invitations of organizations are at /v1/organizations.`
  return Object.hasOwn(reasons, first) ? reasons[first] : undefined
}

function sameFor(reason: string, ...names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, reason]))
}
