/** What the store has of the things that a manifest describes, for the plan and for the drift. */

import type { Assignment, ParsedManifest } from '@rolesets/core'
import type { Reader } from '../../storage/store.ts'
import type { Pauses } from '../pauses.ts'

/** Most organizations have a few. The page goes on to those of others. */
const scopesPerRead = { first: 20, further: 1_000 }

/**
 * The scopes with a name or a role set of their own, of organizations whose scopes are described. Where no kind is
 * registered there are none, and nothing is read.
 */
export async function readScopes(
  reader: Pick<Reader, 'assignments'>,
  { manifest, kinds, pauses }: { readonly manifest: ParsedManifest; readonly kinds: number; readonly pauses: Pauses },
): Promise<(organizationId: string) => readonly Assignment[]> {
  const found = new Map<string, readonly Assignment[]>()
  for (const { id, scopes } of kinds === 0 ? [] : manifest.organizations) {
    if (scopes === undefined) continue
    await pauses.take()
    found.set(id, await scopesOf(reader, id))
  }
  return (organizationId) => found.get(organizationId) ?? []
}

async function scopesOf(reader: Pick<Reader, 'assignments'>, organizationId: string): Promise<readonly Assignment[]> {
  const all: Assignment[] = []
  for (let [size, scope]: [number, string] = [scopesPerRead.first, '']; ; size = scopesPerRead.further) {
    const page = await reader.assignments({ size, after: { organizationId, scope } })
    all.push(...page.filter((each) => each.organizationId === organizationId))
    const last = page.at(-1)
    if (page.length < size || last?.organizationId !== organizationId) return all
    scope = last.scope
  }
}
