/**
 * The record of a change set: the text of its changes, as it is sealed, kept in the history and sent to replicas.
 *
 * Records of earlier versions name the thing by the kind of the change, for example
 * `{ kind: 'role_put', role: …, before: … }`. They stay as they are, because the seal covers their bytes. Settings of earlier
 * versions lack the fields that came later: they are read with the values that a new store has. Memberships and invitations
 * are written in the form of earlier versions where they say nothing that these didn't know (see `plainFormOf`).
 */

import {
  camelCase,
  initialSettings,
  invitationOfPlain,
  membershipOfPlain,
  plainFormOf,
  plainSettingsOf,
} from '@rolesets/core'
import { put, type AccessKey, type Catalogue, type Change, type Settings } from '@rolesets/core'

interface FormerChange {
  readonly kind: string
  readonly [field: string]: unknown
}

type RecordedChange = Change | FormerChange

export function recordOf(changes: readonly Change[]): string {
  return JSON.stringify(changes.map(plain))
}

function plain(change: Change): object {
  if (change.verb !== 'put' && change.verb !== 'deleted') return change
  if (change.thing === 'settings')
    return { ...change, after: plainSettingsOf(change.after), before: change.before && plainSettingsOf(change.before) }
  if (change.thing !== 'membership' && change.thing !== 'invitation') return change
  // In the order of the fields of the change.
  const before = change.before && plainFormOf(change.before)
  return change.verb === 'put' ? { ...change, after: plainFormOf(change.after), before } : { ...change, before }
}

/** @throws SyntaxError */
export function changesOf(record: string): readonly Change[] {
  // A store wrote the record, in one form or the other, and the seal protects it.
  return (JSON.parse(record) as readonly RecordedChange[]).map(changeOf)
}

const setWide: Readonly<Record<string, (fields: FormerChange) => object>> = {
  organizations_moved: ({ kind: _kind, ...facts }) => ({ verb: 'moved', thing: 'assignment', ...facts }),
  members_reassigned: ({ kind: _kind, scope, ...facts }) => {
    return { verb: 'reassigned', thing: 'membership', among: scope, ...facts }
  },
}

function changeOf(recorded: RecordedChange): Change {
  const change = 'kind' in recorded ? ((setWide[recorded.kind] ?? putOrDeleted)(recorded) as Change) : recorded
  if (change.verb !== 'put' && change.verb !== 'deleted') return change
  if (change.thing === 'membership') return withImages(change, membershipOfPlain)
  if (change.thing === 'invitation') return withImages(change, invitationOfPlain)
  return change.thing === 'settings' ? withImages(change, completed) : change
}

/** Each image of a change as `read` makes it. */
function withImages<Image extends object, One extends { readonly before: Image | null }>(
  change: One,
  read: (image: Image) => Image,
): One {
  const before = change.before && read(change.before)
  return 'after' in change ? { ...change, after: read(change.after as Image), before } : { ...change, before }
}

function completed(settings: Settings): Settings {
  return { ...initialSettings, ...settings }
}

function putOrDeleted({ kind, before, ...facts }: FormerChange): object {
  const [, thing = '', verb] = /^(\w+)_(put|deleted)$/.exec(kind) ?? []
  if (verb === 'put') return { verb, thing, after: facts[camelCase(thing)], before }
  return { verb, thing, before, ...facts }
}

/** The changes that put a catalogue and access keys, in the order in which things name each other. */
export function catalogueChanges(catalogue: Catalogue, accessKeys: readonly AccessKey[]): readonly Change[] {
  const { permissions, roles, roleSets, scopeKinds, scopeDefaults, settings } = catalogue
  return [
    ...[...permissions.values()].map((each) => put('permission', each, null)),
    ...[...roles.values()].map((each) => put('role', each, null)),
    ...[...roleSets.values()].map((each) => put('role_set', each, null)),
    ...[...scopeKinds.values()].map((each) => put('scope_kind', each, null)),
    ...[...scopeDefaults.values()].map((each) => put('scope_default', each, null)),
    ...(settings.revision > 0 ? [put('settings', settings, null)] : []),
    ...accessKeys.map((each) => put('access_key', each, null)),
  ]
}
