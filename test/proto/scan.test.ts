/** The scan that counts what is in a message before it is decoded. */

import { loadContract, loadShapes, scanMessage, type MessageShape } from '@rolesets/proto'
import test from 'ava'
import fc from 'fast-check'
import { checkProperty } from '../domain/check-property.ts'

const { Administration, Decisions } = loadContract()
const none = { elementsMax: () => Number.POSITIVE_INFINITY, fieldsMax: Number.POSITIVE_INFINITY }

interface Method {
  readonly path: string
  readonly requestSerialize: (request: object) => Buffer
  readonly requestDeserialize: (bytes: Buffer) => object
}

const apply = Administration.Apply as unknown as Method
const batch = Decisions.BatchCheck as unknown as Method
const organization = Administration.CreateOrganization as unknown as Method

function shapeOf({ path }: Method): MessageShape {
  const shapes = loadShapes().get(path)
  if (shapes === undefined) throw new Error(path)
  return shapes.request
}

test('a list over its limit is named by its path, at any depth', (t) => {
  const elementsMax = (name: string) => (name === 'KeyList.keys' ? 2 : 5)
  const roles = [{ key: 'a' }, { key: 'b', permissions: { keys: ['x', 'y', 'z'] } }]
  const tooMany = { kind: 'too_many_elements', path: 'roles[1].permissions.keys', name: 'KeyList.keys', max: 2 }
  const scan = (request: object, limits: object) =>
    scanMessage(apply.requestSerialize(request), shapeOf(apply), { ...none, elementsMax, ...limits })
  t.like(scan({ roles }, {}), tooMany)
  t.is(scan({ roles: roles.slice(0, 1) }, {}), undefined)
  t.deepEqual(scan({ roles }, { elementsMax: none.elementsMax, fieldsMax: 5 }), { kind: 'too_many_fields', max: 5 })
  const roleSets = [{ key: 's', replace: { a: 'b', c: 'd', e: 'f' } }]
  const ofMap = { kind: 'too_many_elements', path: 'role_sets[0].replace', name: 'RoleSetManifest.replace', max: 1 }
  t.like(scan({ roleSets }, { elementsMax: (name: string) => (name === 'RoleSetManifest.replace' ? 1 : 9) }), ofMap)
})

test('numbers in a packed list count like others', (t) => {
  const method = Administration.ListInvitations as unknown as Method
  const bytes = method.requestSerialize({ organizationId: 'o', statuses: ['PENDING', 'REVOKED', 'EXPIRED'] })
  const limits = { ...none, elementsMax: () => 2 }
  t.like(scanMessage(bytes, shapeOf(method), limits), { kind: 'too_many_elements', path: 'statuses' })
  t.is(scanMessage(bytes, shapeOf(method), none), undefined)
})

test('what the decoder might read differently is malformed', (t) => {
  const cases = {
    'a message as a number': '0a00' + '0800',
    'a text as a number': '1000',
    'a group': '0b0c',
    'the end of a group': '0c',
    'a length beyond the end': '0a05',
    'a tag of more than 32 bits': '8a8080808001',
    'a number without an end': 'ffffffffffffffffffff01',
    'an element beyond its message': '0a030a0561',
  }
  for (const [what, hex] of Object.entries(cases))
    t.deepEqual(scanMessage(Buffer.from(hex, 'hex'), shapeOf(batch), none), { kind: 'malformed' }, what)
})

const text = fc.string({ maxLength: 6 })
const requests = fc.oneof(
  fc.record({ checks: fc.array(fc.record({ organizationId: text, role: text }), { maxLength: 8 }) }).map((request) => ({
    method: batch,
    request: request,
  })),
  fc
    .record({
      roles: fc.array(fc.record({ key: text, permissions: fc.record({ keys: fc.array(text, { maxLength: 6 }) }) })),
      roleSets: fc.array(fc.record({ key: text, roles: fc.array(text), replace: fc.dictionary(text, text) })),
    })
    .map((request) => ({ method: apply, request: request })),
  fc
    .array(fc.constantFrom({ numberValue: 1 }, { stringValue: '' }, { listValue: { values: [{ boolValue: true }] } }))
    .map((values) => ({
      method: organization,
      request: { id: 'o', publicMetadata: { fields: { list: { listValue: { values } } } } },
    })),
)

/** Bytes that were changed: a byte is another one, or a part comes twice. */
const changed = fc
  .tuple(requests, fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.boolean()), { maxLength: 4 }))
  .map(([{ method, request }, edits]) => {
    let bytes = Buffer.from(method.requestSerialize(request))
    for (const [place, value, twice] of edits) {
      const at = place % (bytes.length + 1)
      if (twice) bytes = Buffer.concat([bytes.subarray(0, at), bytes])
      else if (at < bytes.length) bytes[at] = value
    }
    return { method, bytes }
  })

test('whatever the bytes are, what passes the scan decodes to no more than its limits', (t) => {
  const elementsMax = 3
  const check = fc.property(changed, ({ method, bytes }) => {
    if (scanMessage(bytes, shapeOf(method), { elementsMax: () => elementsMax, fieldsMax: 40 }) !== undefined) return
    let request: object
    try {
      request = method.requestDeserialize(bytes)
    } catch {
      return
    }
    const { largest, total } = countsOf(request)
    t.true(largest <= elementsMax, `a list of ${largest}`)
    t.true(total <= 40, `${total} elements`)
  })
  checkProperty(t, check, 3_000)
})

test('what a library encodes is never malformed', (t) => {
  const check = fc.property(requests, ({ method, request }) => {
    t.is(scanMessage(method.requestSerialize(request), shapeOf(method), none), undefined)
  })
  checkProperty(t, check, 500)
})

function countsOf(value: unknown): { largest: number; total: number } {
  if (typeof value !== 'object' || value === null) return { largest: 0, total: 0 }
  const inner = Object.entries(value).map(([name, each]) => ({
    ...countsOf(each),
    isMap: isMap(name) ? sizeOf(each) : 0,
  }))
  const own = Array.isArray(value) ? value.length : 0
  return {
    largest: Math.max(own, ...inner.map(({ largest, isMap: size }) => Math.max(largest, size))),
    total: inner.reduce((sum, { total, isMap: size }) => sum + total + size, own),
  }
}

function isMap(name: string): boolean {
  return name === 'fields' || name === 'replace' || name === 'mappings'
}

function sizeOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0
}
