/** Operations on access keys. Only the digest of a key comes here; the key itself is made and shown by the caller. */

import type { AccessKey } from '@rolesets/core'
import {
  accessKeyNamed,
  accessKeyOf,
  createAccessKey,
  revokeAccessKey,
  type CreateAccessKeyInput,
  type RevokeAccessKeyInput,
} from '../../domain/access-keys.ts'
import { commandsOf, pageOf, type List } from './operation.ts'
import { viewAccessKey, type AccessKeyView } from '../views.ts'

export const accessKeyCommands = commandsOf(viewAccessKey, {
  createAccessKey: {
    decide: async ({ writer, context }, { digest, ...input }: CreateAccessKeyInput & { readonly digest: string }) => {
      const accessKeys = await writer.accessKeys()
      const existing = accessKeyNamed(accessKeys, input.name)
      return createAccessKey(input, { existing, count: accessKeys.length, digest }, context)
    },
  },
  revokeAccessKey: {
    decide: async ({ writer, context, expectUnchanged }, input: RevokeAccessKeyInput) => {
      const accessKeys = await writer.accessKeys()
      const accessKey = accessKeyOf(accessKeys, input.accessKey)
      expectUnchanged(accessKey)
      return revokeAccessKey(input, { accessKey }, context)
    },
  },
})

export const accessKeyList: List<void, AccessKey, AccessKeyView> = {
  read: async ({ reader }, page) => pageOf(await reader.accessKeys(), page),
  view: viewAccessKey,
  cursorOf: ({ id }) => id,
}
