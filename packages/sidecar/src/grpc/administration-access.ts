/** Calls about what holds for the whole store: its settings, its access keys and its history. */

import type * as proto from '@rolesets/proto'
import { structOfJson } from '@rolesets/proto'
import type { Administration } from '../service/administration.ts'
import type { AuditedChangeSetView } from '../service/audit-views.ts'
import { pageCall, pageMessage, thingMessage, writing, writtenMessage } from './administration-call.ts'
import { unary, type Endpoint } from './handler.ts'
import { accessKeyMessage, settingsMessage } from './messages.ts'
import { accessOf } from './requests.ts'

export function accessHandlers(service: Administration, endpoint: Endpoint) {
  return {
    ...settingsHandlers(service, endpoint),
    ...accessKeyHandlers(service, endpoint),
    ...auditHandlers(service, endpoint),
  }
}

function settingsHandlers(service: Administration, endpoint: Endpoint) {
  return {
    GetSettings: unary(endpoint, 'read', async (_request: proto.GetSettingsRequest__Output, { signal }) => {
      const { value, revision } = await service.getSettings({ signal })
      return { settings: settingsMessage(value), revision }
    }),
    UpdateSettings: writing(endpoint)(
      'UpdateSettings',
      async ({ domainsEnrollmentModes, ...request }: proto.UpdateSettingsRequest__Output, call) => {
        const input = { ...request, domainsEnrollmentModes: domainsEnrollmentModes?.keys }
        const written = await service.updateSettings(input, call)
        return { ...writtenMessage(written), settings: thingMessage(written, settingsMessage) }
      },
    ),
  }
}

function accessKeyHandlers(service: Administration, endpoint: Endpoint) {
  const write = writing(endpoint)
  return {
    CreateAccessKey: write('CreateAccessKey', async (request: proto.CreateAccessKeyRequest__Output, call) => {
      const written = await service.createAccessKey({ name: request.name, access: accessOf(request.access) }, call)
      return { ...writtenMessage(written), accessKey: thingMessage(written, accessKeyMessage), key: written.key }
    }),
    ListAccessKeys: unary(endpoint, 'confidential', async (request: proto.ListAccessKeysRequest__Output, call) => {
      const { items, ...page } = pageMessage(await service.listAccessKeys(pageCall(request, call)))
      return { ...page, accessKeys: items.map(accessKeyMessage) }
    }),
    RevokeAccessKey: write('RevokeAccessKey', async (request: proto.RevokeAccessKeyRequest__Output, call) => {
      const written = await service.revokeAccessKey(request, call)
      return { ...writtenMessage(written), accessKey: thingMessage(written, accessKeyMessage) }
    }),
  }
}

function auditHandlers(service: Administration, endpoint: Endpoint) {
  return {
    ListChanges: unary(endpoint, 'confidential', async (request: proto.ListChangesRequest__Output, call) => {
      const { thing, actor, operation, fromMs, toMs, oldestFirst } = request
      const filter = { thing, actor, operation, fromMs, toMs, oldestFirst }
      const { items, oldestRevision, ...page } = await service.listChanges(filter, pageCall(request, call))
      return { ...page, oldestRevision, changeSets: items.map(changeSetMessage) }
    }),
    Explain: unary(endpoint, 'read', async (request: proto.ExplainRequest__Output, { signal }) => {
      const { organizationId, role, atMs } = request
      const { because, ...explained } = await service.explain({ organizationId, role, atMs }, { signal })
      return { ...explained, because: because === undefined ? null : changeSetMessage(because) }
    }),
  }
}

function changeSetMessage({ committedAt, changes, ...changeSet }: AuditedChangeSetView): proto.AuditedChangeSet {
  return {
    ...changeSet,
    committedAtMs: committedAt,
    changes: changes.map(({ before, after, ...change }) => ({
      ...change,
      before: before === undefined ? null : structOfJson(before),
      after: after === undefined ? null : structOfJson(after),
    })),
  }
}
