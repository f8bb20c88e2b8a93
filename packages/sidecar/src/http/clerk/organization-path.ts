/** Paths below `/organizations/{organization_id}`: the organization must exist, because a request registers none by its path. */

import { z } from 'zod'
import type { Written } from '../../service/operations/call.ts'
import type { OrganizationView } from '../../service/views.ts'
import type { WriteScope } from '../operation/route.ts'

export const organizationParams = { organization_id: z.string() }

/** Reads the organization before `write`, so that a path with an unknown one is rejected; answers often show it too. */
export async function inOrganization<Input extends { readonly organizationId: string }, Value>(
  write: (input: Input, call: WriteScope['call']) => Promise<Written<Value>>,
  input: Input,
  { service, call }: WriteScope,
): Promise<Written<Value & { readonly organization: OrganizationView }>> {
  const { value: organization } = await service.administration.getOrganization(input.organizationId, call)
  const { value, ...written } = await write(input, call)
  return { ...written, value: value && { ...value, organization } }
}
