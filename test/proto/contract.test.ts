import protoLoader from '@grpc/proto-loader'
import { jsonOfStruct, loadContract, structOfJson, type Organization__Output } from '@rolesets/proto'
import { loaderOptions, protoFiles } from '@rolesets/proto/files'
import test from 'ava'
import fc from 'fast-check'

test('the loader gives the services that the proto files define', (t) => {
  const read = protoLoader.loadSync([...protoFiles], loaderOptions)
  const shape = (service: object) =>
    Object.entries(service).map(([name, { path, requestStream, responseStream }]) => {
      return { name, path, requestStream, responseStream }
    })
  for (const [name, service] of Object.entries(loadContract()))
    t.deepEqual(shape(service), shape(read[`rolesets.v1.${name}`] ?? {}))
})

test('the contract is loaded once', (t) => {
  t.is(loadContract(), loadContract())
})

test('JSON is the same after it went over the wire as a Struct', (t) => {
  const { GetOrganization } = loadContract().Administration
  const json = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true })
  fc.assert(
    fc.property(json, (publicMetadata) => {
      const sent = GetOrganization.responseSerialize({ organization: { publicMetadata: structOfJson(publicMetadata) } })
      const { organization } = GetOrganization.responseDeserialize(sent)
      t.deepEqual(metadataOf(organization), publicMetadata)
    }),
  )
})

test('a value without a kind is what the reader makes of it', (t) => {
  const struct = { fields: { unset: {}, list: { kind: 'listValue' as const, listValue: { values: [{}] } } } }
  t.deepEqual(
    jsonOfStruct(struct, () => 'nothing'),
    { unset: 'nothing', list: ['nothing'] },
  )
})

function metadataOf(organization: Organization__Output | null): unknown {
  const struct = organization?.publicMetadata
  return struct && jsonOfStruct(struct, () => null)
}
