/**
 * The service `Administration`: each call reads its request into the input of the operation of the same name, and writes
 * the answer. An absent field stays absent, so that "leave it" and "make it empty" remain two things.
 */

import type * as proto from '@rolesets/proto'
import type { Administration } from '../service/administration.ts'
import { accessHandlers } from './administration-access.ts'
import { catalogueHandlers } from './administration-catalogue.ts'
import { invitationHandlers } from './administration-invitations.ts'
import { organizationHandlers } from './administration-organizations.ts'
import { roleSetHandlers } from './administration-role-sets.ts'
import type { Endpoint } from './handler.ts'

export function administrationHandlers(service: Administration, endpoint: Endpoint): proto.AdministrationHandlers {
  return {
    ...catalogueHandlers(service, endpoint),
    ...roleSetHandlers(service, endpoint),
    ...organizationHandlers(service, endpoint),
    ...invitationHandlers(service, endpoint),
    ...accessHandlers(service, endpoint),
  } satisfies Record<keyof proto.AdministrationDefinition, unknown>
}
