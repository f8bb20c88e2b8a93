/** `GET /changes`: the audit. It isn't Clerk's. It pages by cursor, because it grows while it is read. */

import { z } from 'zod'
import type { AuditedChangeSetView } from '../../service/audit/views.ts'
import { count, time } from '../operation/fields.ts'
import { exactText, flag, moment, paging } from '../operation/parameters.ts'
import { component, representing } from '../operation/represent.ts'
import { reading, type Operation } from '../operation/route.ts'

const image = z.record(z.string(), z.unknown()).nullable()

const changeSchema = component('Change', {
  kind: z.string(),
  thing: z.string(),
  id: z.string(),
  before: image.meta({ description: 'The thing before the change; null: it is new.' }),
  after: image.meta({ description: 'The thing after the change; null: it was deleted.' }),
  members: count.meta({ description: 'Members that got another role or lost their role.' }),
  invitations: count.meta({ description: 'Pending invitations that got another role or were removed.' }),
})

const changeSetSchema = component('ChangeSet', {
  object: z.literal('change_set'),
  revision: z.string(),
  committed_at: time,
  actor: z.string(),
  operation: z.string(),
  acting_user_id: z
    .string()
    .optional()
    .meta({ description: 'The user on whose behalf it was made. Absent: nobody was named, or several inviters.' }),
  changes: z.array(changeSchema),
  seal: z.string(),
})

const represent = representing(changeSetSchema)

function representChangeSet(changeSet: AuditedChangeSetView) {
  const changes = changeSet.changes.map(({ before = null, after = null, ...facts }) => ({ ...facts, before, after }))
  return represent(changeSet, { changes })
}

export const changeOperations: readonly Operation[] = [
  reading('ListChanges', 'GET /changes', {
    summary: 'An extension: lists the changes, with actor and time; needs a secret key',
    access: 'secret',
    query: {
      thing: exactText.describe('Key or id of the changed thing.'),
      scope: exactText.describe('Key of a scope, `<kind>:<name>`; with an organization as thing: of that one.'),
      actor: exactText,
      operation: exactText.describe('For example ReplaceRole.'),
      from: moment.optional().meta({ description: 'Changes at this time or later.' }),
      to: moment.optional().meta({ description: 'Changes before this time.' }),
      oldest_first: flag,
      limit: paging.limit,
      cursor: z.string().default('').meta({ description: 'The next_cursor of the previous page.' }),
    },
    response: z.object({
      data: z.array(changeSetSchema),
      next_cursor: z.string().nullable().meta({ description: 'Null: this is the last page.' }),
      oldest_revision: z.string().meta({ description: 'Of the oldest change set in the store.' }),
    }),
    failures: ['authorization_invalid'],
    fields: { from_ms: 'from', to_ms: 'to', page_token: 'cursor', page_size: 'limit' },
    handle: async ({ pageSize, pageToken, ...filter }, { service, call }) => {
      const { revision, ...value } = await service.administration.listChanges(filter, { ...call, pageSize, pageToken })
      return { value, revision }
    },
    represent: ({ items, nextPageToken, oldestRevision }) => ({
      data: items.map(representChangeSet),
      next_cursor: nextPageToken === '' ? null : nextPageToken,
      oldest_revision: oldestRevision,
    }),
  }),
]
