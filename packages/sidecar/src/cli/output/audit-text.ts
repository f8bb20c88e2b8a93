/** A change set of the history for people: a line with revision, time, actor and operation, and a line for each change. */

import type { AuditedChange, AuditedChangeSet } from '@rolesets/client'
import type { ThingName } from '@rolesets/core'
import { holdersText, sumOf } from './impact.ts'
import { linesText } from './lines.ts'

type Image = NonNullable<AuditedChange['after']>

export function changeSetText(changeSet: AuditedChangeSet): string {
  const { revision, committedAtMs, actor, operation, actingUserId, changes } = changeSet
  const made = actingUserId === '' ? operation : `${operation} for ${actingUserId}`
  const head = `${revision}  ${new Date(committedAtMs).toISOString()}  ${actor}  ${made}`
  return linesText([head, ...changes.map((change) => `  ${factText(change)}`)])
}

/** As `--json` prints it: a user stands in it only where one was named. */
export function shownChangeSet({ actingUserId, ...changeSet }: AuditedChangeSet): object {
  return actingUserId === '' ? changeSet : { ...changeSet, actingUserId }
}

interface Words {
  /** The thing as people know it. */
  readonly name: (image: Image, id: string) => string
  /** The fields that matter when the thing is new. The first one that isn't empty is shown. */
  readonly shownWhenNew?: readonly string[]
}

const byKey = ({ key }: Image): string => textOf(key)
/** `department:cardiology of org_acme`; the organization alone, where it is meant as a whole. */
const placeText = ({ scope = '', organization_id: organization }: Image): string =>
  scope === '' ? textOf(organization) : `${textOf(scope)} of ${textOf(organization)}`
const byId = (_image: Image, id: string): string => id

const words: Readonly<Record<ThingName, Words>> = {
  permission: { name: byKey },
  role: { name: byKey },
  role_set: { name: byKey, shownWhenNew: ['roles'] },
  scope_kind: { name: byId, shownWhenNew: ['role_set', 'fallback'] },
  scope_default: { name: byId, shownWhenNew: ['role_set'] },
  settings: { name: byId },
  organization: { name: byId, shownWhenNew: ['role_set'] },
  assignment: { name: placeText, shownWhenNew: ['role_set', 'name'] },
  membership: {
    name: (image) => `${textOf(image['user_id'])} in ${placeText(image)}`,
    shownWhenNew: ['role'],
  },
  invitation: {
    name: (image) => `${textOf(image['email_address'])} in ${placeText(image)}`,
    shownWhenNew: ['role'],
  },
  access_key: { name: ({ name }) => textOf(name) },
}

/** A newer sidecar may have things that are unknown here. */
function wordsOf(thing: string): Words {
  return Object.hasOwn(words, thing) ? words[thing as ThingName] : { name: byId }
}

function factText(change: AuditedChange): string {
  const { kind, id } = change
  const { before, after } = withAllRoles(change)
  const thing = change.thing.replaceAll('_', ' ')
  if (kind === 'organizations_moved')
    return `organizations of ${textOf(after?.from_role_set)} moved to ${textOf(after?.to_role_set)}: ${textOf(after?.organizations)}`
  if (kind === 'history_compacted') return `history up to revision ${textOf(after?.up_to_revision)} forgotten`
  if (kind === 'scope_renamed')
    return `${textOf(after?.from_scope)} of ${id} renamed to ${textOf(after?.to_scope)}: ${holdersText(change)}`
  if (kind === 'members_reassigned') {
    const scope = after?.scope
    const place = scope === undefined ? `${thing} ${id}` : placeText({ scope, organization_id: id })
    return `in ${place}: ${reassignments(change)}`
  }
  const { name, shownWhenNew } = wordsOf(change.thing)
  const named = `${thing} ${name(after ?? before ?? {}, id)}`
  if (after === undefined) return `${named} deleted${holders(change)}`
  if (before === undefined) {
    const shown = after['roles'] ?? shownWhenNew?.map((field) => after[field]).find((value) => (value ?? '') !== '')
    return `${named} added${shown === undefined ? '' : `: ${textOf(shown)}${untilText(after)}`}`
  }
  const differences = differencesOf(before, after)
  return differences.length === 0 ? named : `${named}: ${differences.join(', ')}`
}

/** Where a member or an invitation has several roles, before or after, all of them are shown instead of the first. */
function withAllRoles({ before, after }: AuditedChange): Readonly<Record<'before' | 'after', Image | undefined>> {
  if (before?.['roles'] === undefined && after?.['roles'] === undefined) return { before, after }
  const shown = (image: Image | undefined) => {
    if (image?.['role'] === undefined) return image
    const { role, roles = [role], ...others } = image
    return { ...others, roles }
  }
  return { before: shown(before), after: shown(after) }
}

/** Ids stand beside keys. That a thing was changed is known. */
function isShown(field: string): boolean {
  return field !== 'updated_at_ms' && !['id', 'ids'].includes(field.split('_').at(-1) ?? '')
}

function differencesOf(before: Image, after: Image): readonly string[] {
  const fields = Object.keys({ ...before, ...after }).filter(isShown)
  return fields.flatMap((field) => {
    const [was, is] = [before[field], after[field]]
    return JSON.stringify(was) === JSON.stringify(is)
      ? []
      : [`${field.replace(/_ms$/, '').replaceAll('_', ' ')} ${valueText(field, was)} → ${valueText(field, is)}`]
  })
}

function valueText(field: string, value: unknown): string {
  return field.endsWith('_ms') && typeof value === 'number' ? new Date(value).toISOString() : textOf(value)
}

/** Of a membership with an end; invitations have one each. */
function untilText({ user_id: userId, expires_at_ms: expiresAtMs }: Image): string {
  return userId === undefined || expiresAtMs === undefined ? '' : ` until ${valueText('expires_at_ms', expiresAtMs)}`
}

function reassignments({ after, members, invitations }: AuditedChange): string {
  const mappings = Array.isArray(after?.mappings) ? (after.mappings as readonly Image[]) : []
  const shown = mappings.map(({ from_role: from, to_role: to, ...held }) => ({
    ...{ members: Number(held['members']), invitations: Number(held['invitations']) },
    roles: `from ${textOf(from)} to ${textOf(to)}`,
  }))
  const texts = shown.map(({ roles, ...held }) => `${holdersText(held)} ${roles}`)
  // Who has several of the roles is counted for each of them.
  const isRepeated = sumOf(shown, 'members') > members || sumOf(shown, 'invitations') > invitations
  return [...texts, ...(isRepeated ? [`these are ${holdersText({ members, invitations })}`] : [])].join(', ')
}

function holders({ thing, members, invitations }: AuditedChange): string {
  const isWithMembers = thing === 'organization' && members + invitations > 0
  return isWithMembers ? `, with ${holdersText({ members, invitations })}` : ''
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(', ')
  if (typeof value === 'string' && /^[\w:@.-]+$/.test(value)) return value
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
