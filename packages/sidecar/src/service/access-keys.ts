/** Operations on access keys. Only the digest of a key comes here; the key itself is made and shown by the caller. */

import type { AccessKey } from '@rolesets/core'
import { createAccessKey, revokeAccessKey, type CreateAccessKey } from '../domain/access-keys.ts'
import { command, pageOf, type List } from './operation.ts'
import { viewAccessKey, type AccessKeyView } from './views.ts'

export const accessKeyCommands = {
  createAccessKey: command({
    operation: 'CreateAccessKey',
    decide: async ({ writer, context }, { digest, ...input }: CreateAccessKey & { readonly digest: string }) => {
      const accessKeys = await writer.accessKeys()
      const existing = accessKeys.find(({ name }) => name === input.name)
      return createAccessKey(input, { existing, count: accessKeys.length, digest }, context)
    },
    view: viewAccessKey,
  }),

  revokeAccessKey: command({
    operation: 'RevokeAccessKey',
    decide: async ({ writer, context, expectUnchanged }, input: Parameters<typeof revokeAccessKey>[0]) => {
      const accessKeys = await writer.accessKeys()
      const isMeant = ({ id, name }: AccessKey) => name === input.accessKey || id === input.accessKey
      const accessKey = accessKeys.find(isMeant)
      expectUnchanged(accessKey)
      return revokeAccessKey(input, { accessKey }, context)
    },
    view: viewAccessKey,
  }),
}

export const accessKeyList: List<void, AccessKey, AccessKeyView> = {
  read: async ({ reader }, page) => pageOf(await reader.accessKeys(), page),
  view: viewAccessKey,
  cursorOf: ({ id }) => id,
}
