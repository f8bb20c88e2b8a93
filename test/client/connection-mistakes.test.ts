/** Mistakes of TLS and of the target: each is told apart, by a stable `detail`, one sentence and a remedy. */

import test, { type ExecutionContext } from 'ava'
import { createRoleSetsClient, type RoleSetsClientOptions } from '@rolesets/client'
import { openAuthority, reasonWithoutCertificates } from '../processes/certificate-authority.ts'
import { freePort } from '../processes/free-port.ts'
import { startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'

const skipped = await reasonWithoutCertificates()
const withCertificates = skipped === undefined ? test : test.skip
if (skipped !== undefined) console.log(skipped)

const warnings: Error[] = []
process.on('warning', (warning) => warnings.push(warning))
test.after('no mistake makes Node print a warning', (t) => t.deepEqual(warnings, []))

/** What `ready()` and `status()` say of a target that can't be connected to. */
async function mistake(t: ExecutionContext, options: RoleSetsClientOptions) {
  const client = createRoleSetsClient(options)
  t.teardown(() => client.close())
  const detail = () => client.status().error?.detail
  while (detail() === undefined) await new Promise((resolve) => setTimeout(resolve, 20))
  const error = await t.throwsAsync(client.ready({ timeoutMs: 1 }), { code: 'not_ready' })
  const { message = '' } = client.status().error ?? {}
  t.true(error?.message.includes(message), 'ready() says it, too')
  return { detail: detail(), message }
}

test('a port where nothing listens, a name without an address, and the HTTP port', async (t) => {
  const { http } = await startSidecar(t, { env: { ROLESETS_DATABASE: 'sqlite::memory:' } })
  t.like(await mistake(t, { target: `127.0.0.1:${await freePort()}` }), { detail: 'refused' })
  t.like(await mistake(t, { target: 'unix:/nonexistent/rolesets.sock' }), { detail: 'refused' })
  t.like(await mistake(t, { target: 'no-such-host.invalid:7450' }), { detail: 'unknown_host' })
  const onHttp = await mistake(t, { target: http ?? '' })
  t.is(onHttp.detail, 'http_port')
  t.regex(onHttp.message, /speaks HTTP\/1, not gRPC\. Give the gRPC address, by default port 7450\./)
})

test('TLS to a port without TLS', async (t) => {
  const { target, http } = await startSidecar(t, { env: { ROLESETS_DATABASE: 'sqlite::memory:' } })
  t.like(await mistake(t, { target, tls: true }), { detail: 'no_tls' })
  t.like(await mistake(t, { target: http ?? '', tls: true }), { detail: 'no_tls' })
})

withCertificates('no TLS to a port with TLS, an untrusted certificate, and another name', async (t) => {
  const folder = await temporaryFolder(t)
  const authority = await openAuthority(folder)
  const { certFile, keyFile } = await authority.issue('server')
  const env = { ROLESETS_DATABASE: 'sqlite::memory:', ROLESETS_TLS_CERT: certFile, ROLESETS_TLS_KEY: keyFile }
  const { target, http } = await startSidecar(t, { env })
  t.like(await mistake(t, { target }), { detail: 'tls_expected' })
  t.like(await mistake(t, { target: http ?? '' }), { detail: 'tls_expected' })
  t.like(await mistake(t, { target, tls: true }), { detail: 'tls_untrusted' })
  const stranger = await openAuthority(folder, 'stranger')
  t.like(await mistake(t, { target, tls: { ca: stranger.cert } }), { detail: 'tls_untrusted' })
  const named = await mistake(t, { target, tls: { ca: authority.cert, serverName: 'sidecar.example' } })
  t.is(named.detail, 'tls_name_mismatch')
  t.like(await mistake(t, { target: http ?? '', tls: { ca: authority.cert } }), { detail: 'http_port' })
  const client = createRoleSetsClient({ target, tls: { ca: authority.cert } })
  t.teardown(() => client.close())
  await client.ready({ timeoutMs: 60_000 })
})

withCertificates('a client certificate that is missing or not accepted', async (t) => {
  const folder = await temporaryFolder(t)
  const authority = await openAuthority(folder)
  const { certFile, keyFile } = await authority.issue('server')
  const { target } = await startSidecar(t, {
    env: {
      ROLESETS_DATABASE: 'sqlite::memory:',
      ROLESETS_TLS_CERT: certFile,
      ROLESETS_TLS_KEY: keyFile,
      ROLESETS_TLS_CLIENT_CA: authority.certFile,
    },
  })
  const tls = { ca: authority.cert }
  t.like(await mistake(t, { target, tls }), { detail: 'tls_client_certificate' })
  const stranger = await openAuthority(folder, 'stranger')
  const { cert, key } = await stranger.issue('client')
  t.like(await mistake(t, { target, tls: { ...tls, cert, key } }), { detail: 'tls_client_certificate' })
})

withCertificates('a certificate and a key that do not belong together, of the client and of the sidecar', async (t) => {
  const authority = await openAuthority(await temporaryFolder(t))
  const [one, other] = [await authority.issue('one'), await authority.issue('other')]
  const env = { ROLESETS_TLS_CERT: one.certFile, ROLESETS_TLS_KEY: other.keyFile }
  await t.throwsAsync(startSidecar(t, { env: { ROLESETS_DATABASE: 'sqlite::memory:', ...env } }), {
    message: /the certificate and the private key do not belong together/,
  })
  const make = (cert: Buffer, key: Buffer) => () => createRoleSetsClient({ target: '127.0.0.1:1', tls: { cert, key } })
  const error = t.throws(make(one.cert, other.key), { code: 'invalid_argument' } as object)
  t.regex(error?.message ?? '', /`tls` has a `cert` and a `key` that do not belong together/)
  t.throws(make(Buffer.from('nonsense'), other.key), { code: 'invalid_argument' } as object)
})
