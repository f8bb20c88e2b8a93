/** `GET /changes`: the audit. Not Clerk's; it pages by cursor, because it grows while it is read. */

import { z } from 'zod'
import { limits } from '@rolesets/core'
import type { AuditedChangeSetView } from '../../service/audit-views.ts'
import { flag, moment, time, wholeNumber } from './fields.ts'
import { reading, type Operation } from './route.ts'

const image = z.record(z.string(), z.unknown()).nullable()

const changeSchema = z
  .object({
    kind: z.string(),
    thing: z.string(),
    id: z.string(),
    before: image.meta({ description: 'As it was; null: it is new.' }),
    after: image.meta({ description: 'As it became; null: it is gone.' }),
    members: z.int().meta({ description: 'Members who got another role or lost theirs.' }),
    invitations: z.int().meta({ description: 'Pending invitations that got another role or went.' }),
  })
  .meta({ id: 'Change' })

const changeSetSchema = z
  .object({
    object: z.literal('change_set'),
    revision: z.string(),
    committed_at: time,
    actor: z.string(),
    operation: z.string(),
    changes: z.array(changeSchema),
    seal: z.string(),
  })
  .meta({ id: 'ChangeSet' })

function representChangeSet(changeSet: AuditedChangeSetView): z.input<typeof changeSetSchema> {
  const { revision, committedAt, actor, operation, changes, seal } = changeSet
  return {
    object: 'change_set',
    revision,
    committed_at: committedAt,
    actor,
    operation,
    changes: changes.map(({ before = null, after = null, ...facts }) => ({ ...facts, before, after })),
    seal,
  }
}

const listSizeDefault = 10

export const changeOperations: readonly Operation[] = [
  reading({
    operation: 'ListChanges',
    path: '/changes',
    tag: 'Audit',
    summary: 'An extension: lists what was changed, by whom and when; needs a secret key',
    access: 'secret',
    query: z.object({
      thing: z.string().optional().meta({ description: 'Key or id of what was changed.' }),
      actor: z.string().optional(),
      operation: z.string().optional().meta({ description: 'For example ReplaceRole.' }),
      from: moment.optional().meta({ description: 'From this moment on.' }),
      to: moment.optional().meta({ description: 'Before this moment.' }),
      oldest_first: flag,
      limit: wholeNumber({ min: 1, max: limits.pageSizeMax }).default(listSizeDefault),
      cursor: z.string().default('').meta({ description: 'The next_cursor of the page before.' }),
    }),
    response: z.object({
      data: z.array(changeSetSchema),
      next_cursor: z.string().nullable().meta({ description: 'Null: there is no more.' }),
      oldest_revision: z.string().meta({ description: 'Of the oldest change set that is kept.' }),
    }),
    failures: ['authorization_invalid'],
    fields: { from_ms: 'from', to_ms: 'to', page_token: 'cursor', page_size: 'limit' },
    handle: async ({ query }, { service, call }) => {
      const { from: fromMs, to: toMs, oldest_first: oldestFirst, limit: pageSize, cursor: pageToken, ...filter } = query
      const page = await service.administration.listChanges(
        { ...filter, fromMs, toMs, oldestFirst },
        { ...call, pageSize, pageToken },
      )
      const body = {
        data: page.items.map(representChangeSet),
        next_cursor: page.nextPageToken === '' ? null : page.nextPageToken,
        oldest_revision: page.oldestRevision,
      }
      return { body, revision: page.revision }
    },
  }),
]
