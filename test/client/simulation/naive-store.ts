/**
 * The store as naively as can be: every state it ever had is kept whole, with the time at which it stopped being the
 * present one. It is what a cached answer is held against.
 */

import type { Change, MemberReason, Reason } from '@rolesets/client'

export interface State {
  /** Id of the permission to its key. */
  readonly permissions: ReadonlyMap<string, string>
  readonly roles: ReadonlyMap<string, { readonly key: string; readonly permissionIds: readonly string[] }>
  readonly roleSets: ReadonlyMap<string, { readonly key: string; readonly roleIds: readonly string[] }>
  readonly initialRoleSetId: string
  /** Id of the organization to the id of its set. */
  readonly organizations: ReadonlyMap<string, string>
  /** Kind of scopes to what it falls back to: the id of a set, `organization` or `none`. */
  readonly kinds: ReadonlyMap<string, string>
  /** Key of scopes to the id of their set by default. */
  readonly defaults: ReadonlyMap<string, string>
  /** Organization and scope, with a line break between them, to the id of the scope's own set. */
  readonly scopes: ReadonlyMap<string, string>
  /** By `memberKey`. */
  readonly members: ReadonlyMap<string, Member>
  /** What was deleted and isn't there again: keys of permissions and ids of organizations. */
  readonly gone: ReadonlySet<string>
}

export interface Member {
  readonly roleIds: readonly string[]
  /** True time; Infinity: without an end. */
  readonly untilMs: number
}

/** @param scope empty: the organization as a whole */
export function memberKey(organizationId: string, userId: string, scope = ''): string {
  return `${organizationId}/${userId}${scope === '' ? '' : `/${scope}`}`
}

export function placeOfMember(key: string): { organizationId: string; userId: string; scope: string } {
  const [organizationId = '', userId = '', scope = ''] = key.split('/')
  return { organizationId, userId, scope }
}

export interface MemberAnswer {
  readonly reason: MemberReason
  readonly roles: readonly string[]
}

export interface Answer {
  readonly reason: Reason
  readonly roleSet: string
  readonly roleSetId: string
  readonly registered: boolean
  /** Of a scope: what led to the set, as the wire has it. */
  readonly inScope?: { readonly organizationRoleSetId: string; readonly ownRoleSetId: string }
  /** What the question names was deleted. */
  readonly gone: boolean
}

interface Past {
  readonly state: State
  readonly changes: readonly Change[]
  /** True time. */
  readonly sinceMs: number
  untilMs: number
}

interface Epoch {
  readonly epoch: string
  readonly pasts: Past[]
}

export class NaiveStore {
  readonly #epochs: Epoch[] = []
  readonly #nowMs: () => number

  constructor(nowMs: () => number, state: State) {
    this.#nowMs = nowMs
    this.#begin(state)
  }

  get nowMs(): number {
    return this.#nowMs()
  }

  get #present(): Epoch {
    return at(this.#epochs, -1)
  }

  get epoch(): string {
    return this.#present.epoch
  }

  /** Numbers begin with 1. */
  get head(): number {
    return this.#present.pasts.length
  }

  get state(): State {
    return at(this.#present.pasts, -1).state
  }

  commit(state: State, changes: readonly Change[]): number {
    this.#end()
    this.#present.pasts.push({ state, changes, sinceMs: this.#nowMs(), untilMs: Infinity })
    return this.head
  }

  /** Another epoch, with a state of long ago. */
  restore(numberBack: number): void {
    const { pasts } = this.#present
    const { state } = at(pasts, Math.max(0, pasts.length - 1 - numberBack))
    this.#end()
    this.#begin(state)
  }

  stateAt(epoch: string, number: number): State | undefined {
    return this.#past(epoch, number)?.state
  }

  changesOf(epoch: string, number: number): readonly Change[] {
    return this.#past(epoch, number)?.changes ?? []
  }

  /** When this revision stopped being the present one. */
  currentUntilMs(epoch: string, number: number): number {
    return this.#past(epoch, number)?.untilMs ?? -Infinity
  }

  /** Which epoch it is of: later ones are larger. */
  epochNumberOf(epoch: string): number {
    return this.#epochs.findIndex((each) => each.epoch === epoch)
  }

  #past(epoch: string, number: number): Past | undefined {
    return this.#epochs.find((each) => each.epoch === epoch)?.pasts[number - 1]
  }

  #begin(state: State): void {
    const past: Past = { state, changes: [], sinceMs: this.#nowMs(), untilMs: Infinity }
    this.#epochs.push({ epoch: `epoch${this.#epochs.length + 1}`, pasts: [past] })
  }

  #end(): void {
    at(this.#present.pasts, -1).untilMs = this.#nowMs()
  }
}

export interface NaiveQuestion {
  readonly organizationId: string
  readonly scope: string
  readonly role: string
  readonly permission: string
}

/** The set of a scope, or why it has none. */
function setOfScope(state: State, { organizationId, scope }: NaiveQuestion, ofOrganization: string) {
  const fallback = state.kinds.get(scope.split(':')[0] ?? '')
  if (fallback === undefined) return { without: 'SCOPE_KIND_UNKNOWN' } as const
  const own = state.scopes.get(`${organizationId}\n${scope}`) ?? state.defaults.get(scope)
  if (own !== undefined) return { roleSetId: own }
  if (fallback === 'none') return { without: 'SCOPE_UNASSIGNED' } as const
  return { roleSetId: fallback === 'organization' ? ofOrganization : fallback }
}

/** Always ask the store. */
export function answer(state: State, question: NaiveQuestion, deniesUnknown: boolean): Answer {
  const assigned = state.organizations.get(question.organizationId)
  const registered = assigned !== undefined
  const gone = state.gone.has(question.organizationId)
  const ownRoleSetId = state.scopes.get(`${question.organizationId}\n${question.scope}`) ?? ''
  const scoped = question.scope === '' ? {} : { inScope: { organizationRoleSetId: assigned ?? '', ownRoleSetId } }
  if (!registered && (deniesUnknown || gone))
    return { reason: 'ORGANIZATION_UNKNOWN', roleSet: '', roleSetId: '', registered, gone, ...scoped }
  const ofOrganization = assigned ?? state.initialRoleSetId
  const found = question.scope === '' ? { roleSetId: ofOrganization } : setOfScope(state, question, ofOrganization)
  if (found.without !== undefined)
    return { reason: found.without, roleSet: '', roleSetId: '', registered, gone: false, ...scoped }
  const { roleSetId } = found
  const roleSet = state.roleSets.get(roleSetId)
  if (roleSet === undefined) throw new Error(`The naive store has lost ${roleSetId}.`)
  const where = { roleSet: roleSet.key, roleSetId, registered, gone: false, ...scoped }
  const role = [...state.roles].find(([id, { key }]) => id === question.role || key === question.role)
  if (role === undefined) return { reason: 'ROLE_UNKNOWN', ...where }
  if (!roleSet.roleIds.includes(role[0])) return { reason: 'ROLE_NOT_IN_SET', ...where }
  if (question.permission === '') return { reason: 'ROLE_IN_SET', ...where }
  const permission = [...state.permissions].find(([, key]) => key === question.permission)
  if (permission === undefined)
    return { reason: 'PERMISSION_UNKNOWN', ...where, gone: state.gone.has(question.permission) }
  return { reason: role[1].permissionIds.includes(permission[0]) ? 'ROLE_IN_SET' : 'PERMISSION_NOT_IN_ROLE', ...where }
}

/** The set of a place, however it came by it; undefined: it has none. */
export function setOfPlace(state: State, place: { organizationId: string; scope: string }): string | undefined {
  const ofOrganization = state.organizations.get(place.organizationId) ?? state.initialRoleSetId
  if (place.scope === '') return ofOrganization
  return setOfScope(state, { ...place, role: '', permission: '' }, ofOrganization).roleSetId
}

export interface MemberQuestion {
  readonly organizationId: string
  /** Empty: the organization as a whole. */
  readonly scope: string
  readonly userId: string
  /** One of the two is empty. */
  readonly role: string
  readonly permission: string
  readonly reach: Reach
}

export type Reach = 'PLACE' | 'ORGANIZATION' | 'EITHER'

/** What a user holds in a place at a moment of true time; nothing in a scope without being a member of its organization. */
export function heldAt(state: State, member: { organizationId: string; scope: string; userId: string }, nowMs: number) {
  const current = (scope: string) => {
    const found = state.members.get(memberKey(member.organizationId, member.userId, scope))
    return found !== undefined && found.untilMs > nowMs ? found : undefined
  }
  const whole = current('')
  return { whole, place: whole && current(member.scope) }
}

/** A role set, and the roles that are held under it. */
interface Source {
  readonly held: readonly string[]
  readonly allowed: MemberReason
}

/** What a user holds at this moment of true time. */
export function memberAnswer(
  state: State,
  question: MemberQuestion,
  { deniesUnknown, nowMs }: { readonly deniesUnknown: boolean; readonly nowMs: number },
): MemberAnswer {
  const { scope, reach } = question
  const { reason } = answer(state, { ...question, role: '', permission: '' }, deniesUnknown)
  const isWithout = reason === 'ORGANIZATION_UNKNOWN' || reason === 'SCOPE_KIND_UNKNOWN'
  // In a scope without a role set nobody holds a role of its own; those of the organization may count there.
  if (isWithout || (reason === 'SCOPE_UNASSIGNED' && reach === 'PLACE')) return { reason, roles: [] }
  const offeredIn = (place: string) => {
    const roleSetId = setOfPlace(state, { ...question, scope: place })
    return roleSetId === undefined ? undefined : (state.roleSets.get(roleSetId)?.roleIds ?? [])
  }
  const { whole, place } = heldAt(state, question, nowMs)
  const sources: Source[] = []
  const offered: string[] = []
  const add = (where: string, member: Member | undefined, allowed: MemberReason) => {
    const inSet = offeredIn(where)
    offered.push(...(inSet ?? []))
    if (member && inSet) sources.push({ held: member.roleIds.filter((id) => inSet.includes(id)), allowed })
  }
  if (scope === '' || reach !== 'ORGANIZATION') add(scope, place, 'MEMBER_HOLDS_ROLE')
  if (scope !== '' && reach !== 'PLACE') add('', whole, 'MEMBER_HOLDS_ROLE_IN_ORGANIZATION')
  if (sources.length === 0) return { reason: 'NOT_A_MEMBER', roles: [] }
  const roles = [...new Set(sources.flatMap(({ held }) => held))].map((id) => state.roles.get(id)?.key ?? '')
  return { reason: reasonOfMember(state, question, { sources, offered }), roles }
}

function reasonOfMember(
  state: State,
  { role, permission }: { readonly role: string; readonly permission: string },
  { sources, offered }: { readonly sources: readonly Source[]; readonly offered: readonly string[] },
): MemberReason {
  if (permission !== '') {
    const known = [...state.permissions].find(([, key]) => key === permission)
    if (known === undefined) return 'PERMISSION_UNKNOWN'
    const holds = ({ held }: Source) => held.some((id) => state.roles.get(id)?.permissionIds.includes(known[0]))
    return sources.find(holds)?.allowed ?? 'PERMISSION_NOT_HELD'
  }
  const found = [...state.roles].find(([id, { key }]) => id === role || key === role)
  if (found === undefined) return 'ROLE_UNKNOWN'
  const allowed = sources.find(({ held }) => held.includes(found[0]))?.allowed
  return allowed ?? (offered.includes(found[0]) ? 'ROLE_NOT_HELD' : 'ROLE_NOT_IN_SET')
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items.at(index)
  if (item === undefined) throw new Error('There is nothing there.')
  return item
}
