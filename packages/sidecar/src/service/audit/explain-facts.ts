/** What an explained answer is made of, each fact with the write that made it so. */

import {
  Index,
  type Catalogue,
  type Role,
  type RoleSet,
  type SealedChangeSet,
  type UnknownOrganizations,
} from '@rolesets/core'
import { editOfId, mapped, type Moment, type Standing } from './past.ts'

export interface ExplainedQuestion {
  readonly organizationId: string
  /** Empty: the organization as a whole. */
  readonly scope: string
  /** Key or id. */
  readonly role: string
  readonly revision: number
  readonly unknownOrganizations: UnknownOrganizations
}

/** The write that made a fact so. */
export interface Since {
  readonly since: SealedChangeSet | undefined
}

/** What an answer is made of, in the organization as a whole and in its scopes. */
export interface Facts {
  readonly moment: Moment
  readonly present: Catalogue
  readonly assignment: Standing<string | null>
  /** Since when the organization is known; of one that isn't, since when it is gone. */
  readonly known: Standing<boolean>
  readonly wasDeleted: boolean
  readonly named: Standing<Role | null>
  /** Of the organization as a whole. */
  readonly place: Since & { readonly roleSet: RoleSet | null }
}

export async function roleSetThen(moment: Moment, id: string, present: Catalogue): Promise<RoleSet | null> {
  const presently = present.roleSets.byId(id) ?? null
  return (await moment.standing(id, (change) => editOfId(change, 'role_set', id), presently)).value
}

/** Null: there was no such set. */
export async function roleInSet(
  moment: Moment,
  { roleId, roleSet }: { readonly roleId: string; readonly roleSet: RoleSet | null },
  present: Catalogue,
): Promise<Standing<boolean | null>> {
  const id = roleSet?.id ?? ''
  const holds = (set: RoleSet | null) => set?.roleIds.includes(roleId) ?? null
  const presently = holds(present.roleSets.byId(id) ?? null)
  return moment.standing(id, (change) => mapped(editOfId(change, 'role_set', id), holds), presently)
}

export function indexOf<T extends { readonly id: string; readonly key: string }>(
  ...things: readonly (T | null)[]
): Index<T> {
  return new Index(new Set(things.filter((thing) => thing !== null)))
}

export function newest(facts: readonly Since[]): SealedChangeSet | undefined {
  return facts.flatMap(({ since }) => since ?? []).sort((a, b) => b.revision - a.revision)[0]
}
