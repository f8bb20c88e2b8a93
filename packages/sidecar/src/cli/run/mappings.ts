/** `--map <from>=<to>`, which can be repeated: the role that members with a role get instead. */

import { InvalidArgumentError, Option } from 'commander'
import { limits } from '@rolesets/core'
import { parseRef } from '../../domain/fields.ts'
import { Refusal } from '../../domain/refusal.ts'

export type Mappings = Readonly<Record<string, string>>

export const mapOption = new Option(
  '--map <from>=<to>',
  'give members with role <from> the role <to>; can be repeated',
).argParser(collectMapping)

export const restoreOption = new Option(
  '--restore-former-roles',
  'give members and invitations the roles back that the mappings of earlier moves took',
)

/** The flags that are missing, if any are. */
export function mapRemedy(given: Mappings): (roles: readonly string[]) => string | undefined {
  return (roles) => {
    const flags = roles.filter((role) => !Object.hasOwn(given, role)).map((role) => `--map ${role}=<to>`)
    return flags.length === 0 ? undefined : `Add a mapping for each: ${flags.join(' ')}`
  }
}

/** Commander calls it for each value, with the result of the values before. */
function collectMapping(text: string, before: Mappings = {}): Mappings {
  const [from, to, ...rest] = text.split('=')
  if (from === undefined || to === undefined || rest.length > 0) {
    throw new InvalidArgumentError('Write it as <from>=<to>, for example org:analyst=org:member.')
  }
  checkRole(from, 'The role before the =')
  checkRole(to, 'The role after the =')
  if (Object.hasOwn(before, from)) throw new InvalidArgumentError(`${from} is mapped twice. Keep one of the two.`)
  const entries = [...Object.entries(before), [from, to] as const]
  if (entries.length > limits.mappingsMax) {
    throw new InvalidArgumentError(`There are more than ${limits.mappingsMax} mappings. Give fewer.`)
  }
  return Object.fromEntries(entries)
}

function checkRole(text: string, field: string): void {
  try {
    parseRef(text, field)
  } catch (error) {
    throw error instanceof Refusal ? new InvalidArgumentError(error.message) : error
  }
}
