/**
 * What a committed write consists of: changes, each a verb on a thing. The rules decide changes, the storage writes them,
 * the feed carries them, and every read model applies them: a change takes no other way.
 *
 * A thing is put or deleted. Two facts concern a whole set at once, however many things they touch: all organizations of a
 * role set moved, and members with certain roles were reassigned. One fact is about the history itself: that old change sets
 * were forgotten.
 */

import type { ThingName, Things } from './things.ts'

/** A fact of a write that can be made on behalf of a user (rule 18). */
interface OnBehalf {
  /** Id of the user who was named, and was found to be allowed to do it. Absent: the call named nobody. */
  readonly actingUserId?: string
}

/** The thing is new or has changed. */
export interface Put<Name extends ThingName> extends OnBehalf {
  readonly verb: 'put'
  readonly thing: Name
  readonly after: Things[Name]
  /** As it was; null: it is new. The audit needs it, read models don't. */
  readonly before: Things[Name] | null
}

/** The thing is gone. */
export interface Deleted<Name extends ThingName> extends OnBehalf {
  readonly verb: 'deleted'
  readonly thing: Name
  readonly before: Things[Name]
}

/** Settings stay, an access key is revoked and an invitation is ended instead: these are never deleted. */
export type DeletableName = Exclude<ThingName, 'settings' | 'access_key' | 'invitation'>

/** What goes with an organization: its memberships, and all its invitations, of which the pending ones are counted. */
export interface WithMembers {
  readonly members: number
  readonly invitations: number
}

/** All organizations of a role set, and all other places that have it, have another one now. */
export interface Moved {
  readonly verb: 'moved'
  readonly thing: 'assignment'
  readonly fromRoleSetId: string
  readonly toRoleSetId: string
  readonly organizations: number
}

/**
 * All members with certain roles, and all invitations with them that are pending at the time of the write, in certain places,
 * have other roles now. The mappings happen at the same time: a to b and b to a exchanges the two.
 */
export interface Reassigned {
  readonly verb: 'reassigned'
  readonly thing: 'membership'
  readonly among: Among
  /** Never empty; no role is the source of two, none is its own target. */
  readonly mappings: readonly RoleReassignment[]
  /**
   * Who has several of the roles is counted in each mapping: so often are they there beyond once. Absent: nobody is, or an
   * earlier version didn't say it.
   */
  readonly repeated?: { readonly members: number; readonly invitations: number }
}

/**
 * In which places members were reassigned. It is understood in the state in which the changes before this one in its change
 * set leave the store: so it comes before the changes that give the places another role set.
 */
export type Among =
  /** Every place that has the role set, however it came by it. */
  | { readonly roleSetId: string }
  /** The organization as a whole, and its scopes that follow it. */
  | { readonly organizationId: string }
  /** One scope. */
  | { readonly organizationId: string; readonly scope: string }
  /** All scopes with exactly this key that have no role set of their own. */
  | { readonly scope: string }
  /** All scopes of the kind that have neither a role set of their own nor a default. */
  | { readonly kind: string }

/**
 * A scope has another key now: its members and invitations have moved there. No scope had the new key. Its name and role set
 * move by changes of their own, which put and delete assignments.
 */
export interface Renamed {
  readonly verb: 'renamed'
  readonly thing: 'assignment'
  readonly organizationId: string
  readonly fromScope: string
  readonly toScope: string
  readonly members: number
  /** All of them, also those that have ended; the pending ones are counted. */
  readonly invitations: number
}

export interface RoleReassignment {
  readonly fromRoleId: string
  readonly toRoleId: string
  readonly members: number
  readonly invitations: number
}

/**
 * Change sets were forgotten. It says what all rows were at a later revision, so that a row whose changes are gone can still
 * be verified.
 */
export interface Compacted {
  readonly verb: 'compacted'
  readonly thing: 'history'
  /** The last revision that may be forgotten. */
  readonly upTo: number
  /** Of the store. */
  readonly epoch: string
  /** The revision at which the rows were as the digests say: not before `upTo`, and before that of this change. */
  readonly rowsAt: number
  /** One for each table. */
  readonly tables: readonly TableDigest[]
}

export interface TableDigest {
  readonly table: string
  readonly rows: number
  /** SHA-256, in hex, of all rows in the order of their keys. */
  readonly digest: string
}

type Puts = { readonly [Name in ThingName]: Put<Name> }
type Deletions = {
  readonly [Name in DeletableName]: Name extends 'organization' ? Deleted<Name> & WithMembers : Deleted<Name>
}

/** The name of each kind of change, as the wire and the audit write it. */
export type ChangesByKind = {
  readonly [Name in ThingName as `${Name}_put`]: Puts[Name]
} & {
  readonly [Name in DeletableName as `${Name}_deleted`]: Deletions[Name]
} & {
  readonly organizations_moved: Moved
  readonly members_reassigned: Reassigned
  readonly scope_renamed: Renamed
  readonly history_compacted: Compacted
}

export type ChangeKind = keyof ChangesByKind
export type ChangeOf<Kind extends ChangeKind> = ChangesByKind[Kind]
export type Change = ChangesByKind[ChangeKind]

/** One row per kind of change. A new thing doesn't compile until each such table has its rows. */
export type ByKind<Result, Args extends readonly unknown[] = []> = {
  readonly [Kind in ChangeKind]: (change: ChangeOf<Kind>, ...args: Args) => Result
}

/** One row per thing. */
export type ByThing<Result, Args extends readonly unknown[] = []> = {
  readonly [Name in ThingName]: (thing: Things[Name], ...args: Args) => Result
}

/** One committed write. Applied whole or not at all. */
export interface ChangeSet {
  /** Grows by one with each committed write (I7). */
  readonly revision: number
  /** Unix milliseconds. */
  readonly committedAt: number
  /** Never empty (I8). */
  readonly actor: string
  /** What was called, for example `ReplaceRole`. */
  readonly operation: string
  readonly changes: readonly Change[]
}

/** A change set as the audit keeps it: each is sealed to the one before it, so that an altered one is noticed. */
export interface SealedChangeSet extends ChangeSet {
  /** SHA-256, in hex, of the seal before it and of everything in this change set. */
  readonly seal: string
}

export function put<Name extends ThingName>(thing: Name, after: Things[Name], before: Things[Name] | null): Puts[Name] {
  // The compiler doesn't see that a put of a name is that name's member of the union.
  return { verb: 'put', thing, after, before } as Put<Name> as Puts[Name]
}

export function deleted<Name extends Exclude<DeletableName, 'organization'>>(
  thing: Name,
  before: Things[Name],
): Deleted<Name> {
  return { verb: 'deleted', thing, before }
}

/** The changes of a write that is made on behalf of a user. Facts about a whole set are the operator's, and name nobody. */
export function onBehalf(changes: readonly Change[], actingUserId: string): readonly Change[] {
  return changes.map((change) =>
    change.verb === 'put' || change.verb === 'deleted' ? { ...change, actingUserId } : change,
  )
}

/** On whose behalf a write was made. Undefined: nobody was named, or several, each in the invitation that the user sent. */
export function actingUserOf(changes: readonly Change[]): string | undefined {
  const named = changes.flatMap((change) => ('actingUserId' in change ? (change.actingUserId ?? []) : []))
  return new Set(named).size === 1 ? named[0] : undefined
}

export function kindOf(change: Change): ChangeKind {
  if (change.verb === 'moved') return 'organizations_moved'
  if (change.verb === 'reassigned') return 'members_reassigned'
  if (change.verb === 'renamed') return 'scope_renamed'
  if (change.verb === 'compacted') return 'history_compacted'
  return change.verb === 'put' ? `${change.thing}_put` : `${change.thing}_deleted`
}

/** Takes the row of the change's kind. */
export function byKind<Result, Args extends readonly unknown[]>(
  table: ByKind<Result, Args>,
  change: Change,
  ...args: Args
): Result {
  // The kind of a change names the one row that takes it; the compiler can't connect the two.
  const row = table[kindOf(change)] as (change: Change, ...args: Args) => Result
  return row(change, ...args)
}

/** A thing as it was and as it is; null: it wasn't or isn't there. */
export interface Edit<Thing> {
  readonly before: Thing | null
  readonly after: Thing | null
}

/** @returns undefined when the change isn't about a thing of this name */
export function editOf<Name extends ThingName>(change: Change, name: Name): Edit<Things[Name]> | undefined {
  if (change.thing !== name || (change.verb !== 'put' && change.verb !== 'deleted')) return undefined
  // The name was compared, which the compiler can't connect with the type of the thing.
  const { before } = change as { readonly before: Things[Name] | null }
  return { before, after: change.verb === 'put' ? (change.after as Things[Name]) : null }
}

/** A thing at one moment, with its name. */
export type Image = { readonly [Name in ThingName]: { readonly thing: Name; readonly value: Things[Name] } }[ThingName]

/** Takes the row of the thing. */
export function byThing<Result, Args extends readonly unknown[]>(
  table: ByThing<Result, Args>,
  { thing, value }: Image,
  ...args: Args
): Result {
  const row = table[thing] as (value: Things[ThingName], ...args: Args) => Result
  return row(value, ...args)
}

/** By which ids and keys a thing is found in the audit. */
const subjectsOfThing: ByThing<readonly string[]> = {
  permission: ({ id, key }) => [id, key],
  role: ({ id, key }) => [id, key],
  role_set: ({ id, key }) => [id, key],
  scope_kind: ({ kind }) => [kind],
  scope_default: ({ scope }) => [scope],
  settings: () => ['settings'],
  organization: ({ id }) => [id],
  assignment: ({ organizationId, scope }) => [organizationId, ...(scope === '' ? [] : [scope])],
  membership: ({ id, organizationId, scope, userId }) => [id, organizationId, userId, ...(scope === '' ? [] : [scope])],
  invitation: ({ id, organizationId, scope }) => [id, organizationId, ...(scope === '' ? [] : [scope])],
  access_key: ({ id }) => [id],
}

/**
 * By what a change set is found in the audit. Each once, in the order of the changes: the ids of the things themselves and
 * of what they belong to, and the keys that they have before and after, so that the history of a key is found when no
 * thing has it any more.
 */
export function subjectsOf(changes: readonly Change[]): string[] {
  return [...new Set(changes.flatMap(subjectsOfOne))]
}

function subjectsOfOne(change: Change): readonly string[] {
  switch (change.verb) {
    case 'put':
    case 'deleted':
      return [
        ...imagesOf(change).flatMap((image) => byThing(subjectsOfThing, image)),
        ...(change.actingUserId === undefined ? [] : [change.actingUserId]),
      ]
    case 'moved':
      return [change.fromRoleSetId, change.toRoleSetId]
    case 'reassigned':
      return [
        ...Object.values(change.among),
        ...change.mappings.flatMap(({ fromRoleId, toRoleId }) => [fromRoleId, toRoleId]),
      ]
    case 'renamed':
      return [change.organizationId, change.fromScope, change.toScope]
    case 'compacted':
      return [change.thing]
  }
}

/** The thing after the change and before it, as far as it was there. */
export function imagesOf(change: Extract<Change, { readonly verb: 'put' | 'deleted' }>): readonly Image[] {
  const values = change.verb === 'put' ? [change.after, change.before] : [change.before]
  // Both images of a change are of its thing.
  return values.flatMap((value) => (value === null ? [] : [{ thing: change.thing, value } as Image]))
}
