/** A change set of the history for people: a line that says who did what when, and a line for each fact. */

import type { AuditedChange, AuditedChangeSet } from '@rolesets/client'
import { holdersText } from './impact.ts'

type Image = NonNullable<AuditedChange['after']>

export function changeSetText({ revision, committedAtMs, actor, operation, changes }: AuditedChangeSet): string {
  const head = `${revision}  ${new Date(committedAtMs).toISOString()}  ${actor}  ${operation}`
  return [head, ...changes.map((change) => `  ${factText(change)}`)].map((line) => `${line}\n`).join('')
}

function factText(change: AuditedChange): string {
  const { kind, thing, id, before, after } = change
  if (kind === 'organizations_moved') {
    return `organizations of ${textOf(after?.from_role_set)} moved to ${textOf(after?.to_role_set)}: ${textOf(after?.organizations)}`
  }
  if (kind === 'members_reassigned') return `in ${thing.replaceAll('_', ' ')} ${id}: ${reassignments(after)}`
  const name = `${thing.replaceAll('_', ' ')} ${nameOf(after ?? before ?? {}, id)}`
  if (after === undefined) return `${name} deleted${holders(change)}`
  if (before === undefined) return `${name} added${placeText(after)}`
  const differences = differencesOf(before, after)
  return differences.length === 0 ? name : `${name}: ${differences.join(', ')}`
}

/** As people know it: by its key, its name, or where it is. */
function nameOf(image: Image, id: string): string {
  const { key, user_id: user, email_address: address, organization_id: organization, name } = image
  if (key !== undefined) return textOf(key)
  if (organization !== undefined) return `${textOf(user ?? address)} in ${textOf(organization)}`
  return 'access' in image ? textOf(name) : id
}

/** What one wants to know of something new. */
function placeText(image: Image): string {
  if (image.roles !== undefined) return `: ${textOf(image.roles)}`
  if (image.role !== undefined) return `: ${textOf(image.role)}`
  return image.role_set === undefined ? '' : `: ${textOf(image.role_set)}`
}

/** Ids stand beside keys, and that a thing was changed is known. */
const unshown = /(^|_)ids?$|^updated_at_ms$/

function differencesOf(before: Image, after: Image): readonly string[] {
  const fields = Object.keys({ ...before, ...after }).filter((field) => !unshown.test(field))
  return fields.flatMap((field) => {
    const [was, is] = [before[field], after[field]]
    return JSON.stringify(was) === JSON.stringify(is)
      ? []
      : [`${field.replaceAll('_', ' ')} ${textOf(was)} → ${textOf(is)}`]
  })
}

function reassignments(after: Image | undefined): string {
  const mappings = Array.isArray(after?.mappings) ? (after.mappings as readonly Image[]) : []
  return mappings
    .map(({ from_role: from, to_role: to, members, invitations }) => {
      return `${holdersText({ members: Number(members), invitations: Number(invitations) })} from ${textOf(from)} to ${textOf(to)}`
    })
    .join(', ')
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
