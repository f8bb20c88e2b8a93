/**
 * The fields of requests, one parser for each kind: unknown in, typed out, or a refusal that names the field. Nothing here
 * trusts the declared type of an input, because it comes from the wire.
 */

import {
  type Fault,
  findFault,
  isPlainObject,
  type KeyKind,
  type LastAdministrator,
  type LimitName,
  limits,
  parseRevision,
  quoted,
  type Revision,
  type TextKind,
  type TextRule,
  textRules,
} from '@rolesets/core'
import { Refusal } from './refusal.ts'
import { checkLimit } from './check-limit.ts'

export function invalid(field: string, problem: string): Refusal {
  return new Refusal('invalid_field', `${field} ${problem}`, { field })
}

/** The refusal of a request for what is wrong with one of its fields. */
export function refusalOf(field: string, { code, problem, facts = {} }: Fault): Refusal {
  return new Refusal(code, `${field} ${problem}`, { field, facts })
}

export function parseKey(kind: KeyKind, value: unknown, field = 'key'): string {
  return parseText(value, field, textRules[kind])
}

/** A name for people: never empty, on one line. */
export const parseName = parserOf('name', 'name')
/** A description for people; may be empty and have several lines. */
export const parseDescription = parserOf('description', 'description')
/** The name of an organization: may be empty. */
export const parseOrganizationName = parserOf('organization_name', 'name')
export const parseSlug = parserOf('slug', 'slug')

/** The id by which a request names an organization or a user. It may have been made under earlier rules. */
export function parseId(value: unknown, field: string): string {
  return parseText(value, field, { ...textRules.id, unseen: 'all' })
}

/** The id of an organization or a user that a write brings in. */
export function parseNewId(value: unknown, field: string): string {
  return parseText(value, field, textRules.id)
}

/** A key or an id that names a thing. Whether there is such a thing is another question. */
export function parseRef(value: unknown, field: string): string {
  const ref = parseText(value, field, { limit: 'keyCharactersMax', unseen: 'all' })
  if (ref === '') throw invalid(field, 'is missing. Give a key or an id.')
  return ref
}

/** Keys or ids, each with the path of its place in the list. */
export function parseRefs(value: unknown, field: string, limit: LimitName): { ref: string; field: string }[] {
  return parseList(value, { field, limit, of: 'keys or ids' }, (item, at) => ({ ref: parseRef(item, at), field: at }))
}

function parseList<Item>(
  value: unknown,
  { field, limit, of }: { field: string; limit: LimitName; of: string },
  parse: (item: unknown, field: string) => Item,
): Item[] {
  if (!Array.isArray(value)) throw invalid(field, `must be a list of ${of}.`)
  checkLimit(limit, value.length, { subject: `${field} has`, unit: 'entries', field })
  return Array.from(value as readonly unknown[], (item, place) => parse(item, `${field}[${place}]`))
}

/** A map from key or id to key or id. */
export function parseMappings(value: unknown, field: string): { from: string; to: string; field: string }[] {
  if (value === undefined) return []
  if (!isPlainObject(value)) throw invalid(field, 'must be a map from role to role.')
  const entries = Object.entries(value)
  checkLimit('mappingsMax', entries.length, { subject: `${field} has`, unit: 'entries', field })
  return entries.map(([from, to]) => {
    const at = `${field}[${from.slice(0, 128)}]`
    return { from: parseRef(from, field), to: parseRef(to, at), field: at }
  })
}

/** Not given, or given as true or false. */
export function parseFlag(value: unknown, field: string): boolean {
  if (value === undefined) return false
  if (typeof value !== 'boolean') throw invalid(field, 'must be true or false.')
  return value
}

/** Not given, or given as true or false. */
export function parseOptionalFlag(value: unknown, field: string): boolean | undefined {
  return value === undefined ? undefined : parseFlag(value, field)
}

/** How many members and pending invitations an organization may have together; 0: any number. */
export function parseQuota(value: unknown, field = 'max_allowed_memberships'): number {
  const subject = `${field} allows`
  return parseCount(value, field, { limit: 'membershipsPerOrganizationMax', subject, unit: 'memberships' })
}

/** A moment in Unix milliseconds, before the year 10 000. */
export function parseTime(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 253_402_300_800_000) return value
  throw invalid(field, 'must be a time in Unix milliseconds: a whole number, 0 or more.')
}

/** For how many days; 0 or not given: as many as usual. */
export function parseInvitationDays(value: unknown, field: string): number {
  if (value === undefined || value === 0) return limits.invitationDaysDefault
  return parseCount(value, field, { limit: 'invitationDaysMax', subject: `${field} is`, unit: 'days' })
}

/** One @ with something on both sides. Whether the address exists is not checked. */
export function parseEmailAddress(value: unknown, field: string): string {
  const address = parseText(value, field, { limit: 'emailAddressCharactersMax' })
  if (/^[^\s@]+@[^\s@]+$/u.test(address)) return address
  throw invalid(field, `is ${quoted(address)}. Give one address, such as ann@example.com.`)
}

/**
 * Absolute, http or https; kept as it is written. Empty or not given: none. The application sends people there, so every
 * reader of the URL must see the same server: the host has no user before it, and stands as a URL parser writes it.
 */
export function parseRedirectUrl(value: unknown, field: string): string {
  if (value === undefined || value === '') return ''
  const text = parseText(value, field, { limit: 'urlCharactersMax' })
  const problem = urlProblem(text)
  if (problem === undefined) return text
  throw invalid(field, `is ${quoted(text)}. ${problem}`)
}

/** What is wrong with a URL; undefined: nothing. */
function urlProblem(text: string): string | undefined {
  const remedy = 'Give an absolute http or https URL.'
  // A parser drops or replaces some of these silently.
  if (/[\\\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>"]/u.test(text))
    return `It must not have backslashes, spaces, quotes, angle brackets or invisible characters. ${remedy}`
  const [, authority = ''] = /^https?:\/\/([^/?#]*)/i.exec(text) ?? []
  if (authority === '' || !URL.canParse(text)) return remedy
  if (authority.includes('@')) return 'It must not have a user or a password before the host. Remove them.'
  const { hostname } = new URL(text)
  if (!/^(\[[\da-f:.]+\]|[a-z\d_]([a-z\d_-]*[a-z\d_])?(\.[a-z\d_]([a-z\d_-]*[a-z\d_])?)*)$/.test(hostname))
    return `Its host ${quoted(hostname)} is not a name of a server. ${remedy}`
  const [, host = '', port] = /^(.*?)(?::([1-9]\d*))?$/.exec(authority) ?? []
  if (host.toLowerCase() === hostname && Number(port ?? 1) <= 65_535) return undefined
  return `Write its host as ${quoted(hostname)}, with the port as a number if there is one.`
}

/** A name of the DNS with two labels or more, in ASCII; international ones in Punycode. @returns in lower case */
export function parseDomainName(value: unknown, field: string): string {
  const name = parseText(value, field, { limit: 'domainNameCharactersMax' }).toLowerCase()
  const label = '[a-z\\d]([a-z\\d-]{0,61}[a-z\\d])?'
  // The last label has a letter: an IP address is no domain.
  if (new RegExp(`^(${label}\\.)+(?=[\\d-]*[a-z])${label}$`).test(name)) return name
  throw invalid(field, `is ${quoted(name)}. Give a domain such as example.com; write international names in Punycode.`)
}

/** What `x-rolesets-actor` must be. */
export const actorProblem = `The header x-rolesets-actor must be sent once, with 1 to ${limits.actorCharactersMax} printable ASCII characters.`

/** The name of an actor as a header carries it; undefined: it is malformed. */
export function parseActor(name: string): string | undefined {
  const isName = name.length <= limits.actorCharactersMax && /^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(name)
  return isName ? name.trim() : undefined
}

/** Short enough for a column of the audit, and without anything that would need quotes in a shell. */
export function parseAccessKeyName(value: unknown, field = 'name'): string {
  const name = parseText(value, field, { limit: 'accessKeyNameCharactersMax' })
  if (/^[A-Za-z0-9._@-]+$/.test(name)) return name
  throw invalid(
    field,
    `is ${quoted(name)}. It must have one or more of the characters a-z, A-Z, 0-9, '.', '_', '-' and '@', and no others.`,
  )
}

/** Enrollment modes, each once: those that a domain can have. */
export function parseEnrollmentModes(value: unknown, field: string): string[] {
  const modes = parseList(value, { field, limit: 'enrollmentModesMax', of: 'enrollment modes' }, (item, at) => {
    const mode = parseText(item, at, { limit: 'keyCharactersMax' })
    if (/^[a-z_]+$/.test(mode)) return mode
    throw invalid(at, `is ${quoted(mode)}. Use one or more of a-z and _.`)
  })
  return [...new Set(modes)]
}

export function parseLastAdministrator(value: unknown): LastAdministrator {
  if (value === 'warn' || value === 'refuse') return value
  throw invalid('last_administrator', 'must be warn or refuse.')
}

/** How many roles a member or an invitation may have. */
export function parseMaxRoles(value: unknown): number {
  const max = limits.rolesPerMemberMax
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value
  throw invalid('max_roles_per_member', `must be a whole number from 1 to ${max}.`)
}

/** A whole number from 0 up to a limit. */
function parseCount(
  value: unknown,
  field: string,
  { limit, subject, unit }: { limit: LimitName; subject: string; unit: string },
): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw invalid(field, `must be a number of ${unit}: a whole number from 0 to ${limits[limit]}.`)
  checkLimit(limit, value, { subject, unit, field })
  return value
}

function parserOf(kind: TextKind, name: string) {
  return (value: unknown, field = name): string => parseText(value, field, textRules[kind])
}

function parseText(value: unknown, field: string, rule: TextRule): string {
  const fault = findFault(rule, value)
  if (fault) throw refusalOf(field, fault)
  return value as string
}

/** A revision as an earlier answer gave it. */
export function parseRevisionField(value: unknown, field = 'revision'): Revision {
  const revision = parseRevision(value)
  if (revision !== undefined) return revision
  const shown = typeof value === 'string' ? quoted(value) : `of type ${typeof value}`
  const message = `${field} is ${shown}. Write it as <epoch>:<number>, as an earlier answer gave it.`
  throw new Refusal('invalid_revision', message, { field })
}
