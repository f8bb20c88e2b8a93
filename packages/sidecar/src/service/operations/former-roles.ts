/** To whom a move can give former roles back. */

import { limits } from '@rolesets/core'
import { nobodyRestorable, type AllRestorable } from '../../domain/former-roles.ts'
import { findRoleSet } from '../../domain/lookup.ts'
import type { FormerRolesOf } from '../../storage/store.ts'
import type { WriteScope } from './operation.ts'

interface Asked {
  /** Key or id of the destination; empty or undefined: it is no move. */
  readonly roleSet?: string | undefined
  readonly restoreFormerRoles?: boolean | undefined
}

/** None unless the call asks for it. One more than the rule takes shows that there are too many. */
export async function restorableIn(
  { writer, catalogue, context }: WriteScope,
  among: FormerRolesOf['among'],
  { roleSet, restoreFormerRoles }: Asked,
): Promise<AllRestorable> {
  if (restoreFormerRoles !== true || roleSet === undefined || roleSet === '') return nobodyRestorable
  const { roleIds } = findRoleSet(catalogue, roleSet, 'role_set')
  return writer.formerRoles({ among, roleIds, now: context.now, limit: limits.restoredPerCallMax + 1 })
}
