import { copyFile, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import { connect as connectTls } from 'node:tls'
import grpc from '@grpc/grpc-js'
import test, { type ExecutionContext } from 'ava'
import {
  openAuthority,
  reasonWithoutCertificates,
  type CertificateAuthority,
} from '../processes/certificate-authority.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { connect, openTestSidecar, refusalOf, type OpenedSidecar } from './open-sidecar.ts'

const reason = await reasonWithoutCertificates()
const tlsTest = reason === undefined ? test : test.skip
if (reason !== undefined) console.log(reason)

interface Served extends OpenedSidecar {
  readonly authority: CertificateAuthority
  readonly certFile: string
  readonly keyFile: string
}

async function serve(t: ExecutionContext, { isMutual = false, hasHttp = true } = {}): Promise<Served> {
  const folder = await temporaryFolder(t)
  const authority = await openAuthority(folder)
  const server = await authority.issue('server')
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
  await copyFile(server.certFile, certFile)
  await copyFile(server.keyFile, keyFile)
  const opened = await openTestSidecar(t, {
    ROLESETS_GRPC_LISTEN: '127.0.0.1:0',
    ROLESETS_HTTP_LISTEN: hasHttp ? '127.0.0.1:0' : '',
    ROLESETS_TLS_CERT: certFile,
    ROLESETS_TLS_KEY: keyFile,
    ...(isMutual ? { ROLESETS_TLS_CLIENT_CA: authority.certFile } : {}),
  })
  return { ...opened, authority, certFile, keyFile }
}

const question = { organizationId: 'org_1', role: 'org:admin' }

tlsTest('with a certificate, TCP is served with TLS only', async (t) => {
  const { target, authority } = await serve(t)
  const client = connect(t, target, grpc.credentials.createSsl(authority.cert))
  t.like(await client.call('Check', question), { allowed: true })
  t.is((await refusalOf(connect(t, target).call('Check', question))).status, 'UNAVAILABLE')
})

tlsTest('a client that trusts another authority does not connect', async (t) => {
  const { target } = await serve(t)
  const other = await openAuthority(await temporaryFolder(t), 'other')
  const client = connect(t, target, grpc.credentials.createSsl(other.cert))
  t.is((await refusalOf(client.call('Check', question))).status, 'UNAVAILABLE')
})

tlsTest('HTTP is served with the same certificate, and asks for none', async (t) => {
  const { sidecar, authority } = await serve(t, { isMutual: true })
  const status = await new Promise((resolve, reject) => {
    const options = { ca: authority.cert, agent: false as const }
    request(`https://${sidecar.http}/readyz`, options, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  t.is(status, 200)
})

tlsTest('with mutual TLS, only a client with a certificate of the authority gets in', async (t) => {
  const { target, authority } = await serve(t, { isMutual: true })
  const known = await authority.issue('client')
  const client = connect(t, target, grpc.credentials.createSsl(authority.cert, known.key, known.cert))
  t.like(await client.call('Check', question), { allowed: true })
  t.like(await client.write('CreatePermission', { key: 'org:a:b' }), { permission: { key: 'org:a:b' } })
  t.is((await refusalOf(client.call('CreatePermission', { key: 'org:a:c' }))).reason, 'KEY_REQUIRED')

  const bare = connect(t, target, grpc.credentials.createSsl(authority.cert))
  t.is((await refusalOf(bare.call('Check', question))).status, 'UNAVAILABLE')
  const other = await (await openAuthority(await temporaryFolder(t), 'other')).issue('stranger')
  const stranger = connect(t, target, grpc.credentials.createSsl(authority.cert, other.key, other.cert))
  t.is((await refusalOf(stranger.call('Check', question))).status, 'UNAVAILABLE')
})

tlsTest('unusable files are ignored, and new connections use the previous ones', async (t) => {
  const { target, authority, certFile, log } = await serve(t, { hasHttp: false })
  const first = await subjectAt(target, authority)
  await writeFile(certFile, 'half a certif')
  await until(() => log.some(({ message }) => /can.t be used/.test(String(message))))
  t.is(await subjectAt(target, authority), first)
})

tlsTest('changed files are used for new connections', async (t) => {
  const { target, sidecar, authority, certFile, keyFile, log } = await serve(t)
  const standing = connect(t, target, grpc.credentials.createSsl(authority.cert))
  await standing.call('Check', question)
  const second = await authority.issue('second')
  await copyFile(second.keyFile, keyFile)
  await copyFile(second.certFile, certFile)
  await until(() => log.some(({ message }) => String(message).includes('have changed and are in use')))
  t.is(await subjectAt(target, authority), 'CN=second')
  t.is(await subjectAt(sidecar.http ?? '', authority), 'CN=second')
  t.like(await standing.call('Check', question), { allowed: true })
  t.like(await connect(t, target, grpc.credentials.createSsl(authority.cert)).call('Check', question), {
    allowed: true,
  })
})

tlsTest('a certificate and a key that do not fit together are reported at the start', async (t) => {
  const folder = await temporaryFolder(t)
  const authority = await openAuthority(folder)
  const error = await t.throwsAsync<Error & { code: string }>(
    openTestSidecar(t, {
      ROLESETS_TLS_CERT: authority.certFile,
      ROLESETS_TLS_KEY: (await authority.issue('other')).keyFile,
    }),
  )
  t.is(error?.code, 'tls_files')
  t.regex(error?.message ?? '', /^The TLS files can.t be used: .*Check .*authority\.crt/)
})

/** The subject of the certificate that a new connection is shown. */
async function subjectAt(target: string, authority: CertificateAuthority): Promise<string> {
  const [host = '', port = ''] = target.split(':')
  return new Promise((resolve, reject) => {
    const socket = connectTls(
      { host, port: Number(port), ca: authority.cert, ALPNProtocols: ['h2', 'http/1.1'] },
      () => {
        resolve(new X509Certificate(socket.getPeerCertificate().raw).subject)
        socket.destroy()
      },
    )
    socket.on('error', reject)
  })
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20))
}
