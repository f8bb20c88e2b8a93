/** Revisions that callers send: each must be one that this store has been at, or is on the way to. */

import type { Revision } from '@rolesets/core'
import { parseRevisionField } from '../domain/fields.ts'
import type { Store } from '../storage/store.ts'
import { ServiceError } from './service-error.ts'

/**
 * @param field that it came in
 * @throws ServiceError `revision_of_another_epoch`; Refusal `invalid_revision`
 */
export function parseOwnRevision({ lineage, head }: Store, text: string, field?: string): Revision {
  const revision = parseRevisionField(text, field)
  if (lineage.has(revision)) return revision
  throw new ServiceError(
    'revision_of_another_epoch',
    `Revision ${text} isn't in the history of this store, which is now at ${lineage.textOf(head)}. The store is another ` +
      'one, was created anew, or an older copy of it was put back. Discard what you have, and use a revision of this store.',
  )
}
