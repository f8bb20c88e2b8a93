/**
 * Memberships and invitations as they were written before they had scopes, several roles and ends. Where these say nothing
 * new, the history keeps that form: its former records are read as before, and the same writes make the same bytes.
 */

import { firstRoleIdOf, type Invitation, type Membership, type Settings } from './things.ts'

/** In the same order: one role is `roleId`; the empty scope, and a membership without an end, are left out. */
export function plainFormOf(thing: Membership | Invitation): object {
  const entries = Object.entries<unknown>({ ...thing }).flatMap(([name, value]): [string, unknown][] => {
    if (name === 'roleIds' && thing.roleIds.length === 1) return [['roleId', firstRoleIdOf(thing)]]
    const saysNothing = (name === 'scope' && value === '') || (name === 'expiresAt' && value === null)
    return saysNothing ? [] : [[name, value]]
  })
  return Object.fromEntries(entries)
}

/** Settings that allow one role per member don't say so. */
export function plainSettingsOf({ maxRolesPerMember, ...settings }: Settings): object {
  return maxRolesPerMember === 1 ? settings : { ...settings, maxRolesPerMember }
}

/** @param plain what `plainFormOf` made, or an earlier version wrote */
export function membershipOfPlain(plain: object): Membership {
  return { expiresAt: null, ...heldOfPlain(plain) } as Membership
}

export function invitationOfPlain(plain: object): Invitation {
  return heldOfPlain(plain) as Invitation
}

function heldOfPlain(plain: object): object {
  const { roleId, ...fields } = plain as { readonly roleId?: string }
  return { scope: '', ...(roleId === undefined ? {} : { roleIds: [roleId] }), ...fields }
}
