import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { request, type RequestOptions } from 'node:https'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import grpc from '@grpc/grpc-js'
import test, { type ExecutionContext } from 'ava'
import {
  openAuthority,
  reasonWithoutCertificates,
  type CertificateAuthority,
} from '../processes/certificate-authority.ts'
import { parseScrape } from '../processes/scrape.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { connect, openTestSidecar, refusalOf, secretKey, type OpenedSidecar } from './open-sidecar.ts'

const reason = await reasonWithoutCertificates()
const tlsTest = reason === undefined ? test : test.skip
if (reason !== undefined) console.log(reason)

interface Served extends OpenedSidecar {
  readonly authority: CertificateAuthority
  readonly certFile: string
  readonly keyFile: string
  readonly clientCaFile: string
}

async function serve(t: ExecutionContext, { isMutual = false, hasHttp = true } = {}): Promise<Served> {
  const folder = await temporaryFolder(t)
  const authority = await openAuthority(folder)
  const server = await authority.issue('server')
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
  await copyFile(server.certFile, certFile)
  await copyFile(server.keyFile, keyFile)
  const clientCaFile = join(folder, 'clients.crt')
  await copyFile(authority.certFile, clientCaFile)
  const opened = await openTestSidecar(t, {
    ROLESETS_GRPC_LISTEN: '127.0.0.1:0',
    ROLESETS_HTTP_LISTEN: hasHttp ? '127.0.0.1:0' : '',
    ROLESETS_TLS_CERT: certFile,
    ROLESETS_TLS_KEY: keyFile,
    ...(isMutual ? { ROLESETS_TLS_CLIENT_CA: clientCaFile } : {}),
  })
  return { ...opened, authority, certFile, keyFile, clientCaFile }
}

const question = { organizationId: 'org_1', role: 'org:admin' }

tlsTest('with a certificate, TCP is served with TLS only', async (t) => {
  const { target, authority } = await serve(t)
  const client = connect(t, target, grpc.credentials.createSsl(authority.cert))
  t.like(await client.call('Check', question), { allowed: true })
  t.is((await refusalOf(connect(t, target).call('Check', question))).status, 'UNAVAILABLE')
})

tlsTest('the metrics say until when the certificate in use is valid', async (t) => {
  const { sidecar, authority, certFile } = await serve(t)
  const { body } = await answerAt(`https://${sidecar.http}/metrics`, { ca: authority.cert })
  const { validTo } = new X509Certificate(await readFile(certFile))
  t.is(parseScrape(body).value('rolesets_certificate_expiry_timestamp_seconds'), Date.parse(validTo) / 1000)
})

tlsTest('a client that trusts another authority does not connect', async (t) => {
  const { target } = await serve(t)
  const other = await openAuthority(await temporaryFolder(t), 'other')
  const client = connect(t, target, grpc.credentials.createSsl(other.cert))
  t.is((await refusalOf(client.call('Check', question))).status, 'UNAVAILABLE')
})

tlsTest('with mutual TLS, HTTP shows only its probes to a client without a certificate', async (t) => {
  const { sidecar, authority } = await serve(t, { isMutual: true })
  const known = await authority.issue('client')
  const stranger = await (await openAuthority(await temporaryFolder(t), 'other')).issue('stranger')
  const withKey = { authorization: `Bearer ${secretKey}` }
  for (const [who, { cert, key }, isIn] of [
    ['nobody', { cert: undefined, key: undefined }, false],
    ['a stranger', stranger, false],
    ['a known client', known, true],
  ] as const) {
    const status = async (path: string, headers = {}) =>
      statusAt(`https://${sidecar.http}${path}`, { ca: authority.cert, cert, key, headers })
    for (const path of ['/livez', '/readyz']) t.is(await status(path), 200, `${who}: ${path}`)
    for (const path of ['/metrics', '/v1/role_sets', '/V1/role_sets', '/v1/openapi.json', '//metrics', '/METRICS/'])
      t.is((await status(path, withKey)) === 403, !isIn, `${who}: ${path}`)
    t.is(await status('/v1/role_sets', withKey), isIn ? 200 : 403, who)
    t.is(await status('/metrics'), isIn ? 200 : 403, who)
    t.is(await status('/v1/role_sets'), isIn ? 401 : 403, who)
  }
})

tlsTest('gRPC and HTTP accept the same versions and suites', async (t) => {
  const { target, sidecar, authority, certFile, keyFile, log } = await serve(t)
  const check = async (when: string) => {
    for (const address of [target, sidecar.http ?? '']) {
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
        t.is(await protocolAt(address, { ca: authority.cert, maxVersion }), maxVersion, `${when}: ${address}`)
      for (const ciphers of [
        'AES128-SHA:@SECLEVEL=0',
        'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0',
        'ECDHE-ECDSA-AES256-SHA384',
      ])
        t.is(await protocolAt(address, { ca: authority.cert, maxVersion: 'TLSv1.2', ciphers }), undefined, ciphers)
      const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const
      t.is(await protocolAt(address, { ca: authority.cert, ...old }), undefined, `${when}: ${address}`)
    }
  }
  await check('at the start')
  const second = await authority.issue('second')
  await copyFile(second.keyFile, keyFile)
  await copyFile(second.certFile, certFile)
  await until(() => log.some(({ message }) => String(message).includes('have changed and are in use')))
  await check('after a change of the certificates')
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

/** What an interrupted copy, a wrong path or an emptied secret leaves behind. */
async function badContents(authority: CertificateAuthority): Promise<Readonly<Record<string, string>>> {
  const [pem, key] = [String(authority.cert), String((await authority.issue('another')).key)]
  return {
    nothing: '',
    'an empty line': '\n',
    'a part of a certificate': pem.slice(0, pem.length / 2),
    'a certificate and a part of one': pem + pem.slice(0, pem.length / 2),
    'a certificate that can not be read': pem.replace(/\n[A-Za-z0-9+/]{20}/, '\nAAAAAAAAAAAAAAAAAAAA'),
    'a private key': key,
    text: 'half a certif',
  }
}

tlsTest('unusable files are ignored, and new connections use the previous ones', async (t) => {
  const { target, sidecar, authority, certFile, keyFile, clientCaFile, log } = await serve(t, { isMutual: true })
  const known = await authority.issue('client')
  const first = await subjectAt(target, authority, known)
  const complaints = () => log.filter(({ message }) => /can.t be used; the previous/.test(String(message))).length
  for (const [file, bad] of [
    [clientCaFile, ''],
    [certFile, 'half a certif'],
    [keyFile, ''],
  ] as const) {
    const before = complaints()
    const content = await readFile(file)
    await writeFile(file, bad)
    await until(() => complaints() > before)
    t.is(await subjectAt(target, authority, known), first, file)
    const options = { ca: authority.cert, headers: { authorization: `Bearer ${secretKey}` } }
    t.is(await statusAt(`https://${sidecar.http}/v1/role_sets`, options), 403, file)
    t.is(await statusAt(`https://${sidecar.http}/v1/role_sets`, { ...options, cert: known.cert, key: known.key }), 200)
    const bare = connect(t, target, grpc.credentials.createSsl(authority.cert))
    t.is((await refusalOf(bare.call('Check', question))).status, 'UNAVAILABLE', file)
    await writeFile(file, content)
  }
})

tlsTest('unusable files are reported at the start', async (t) => {
  const folder = await temporaryFolder(t)
  const authority = await openAuthority(folder)
  const server = await authority.issue('server')
  const good = {
    ROLESETS_GRPC_LISTEN: '127.0.0.1:0',
    ROLESETS_TLS_CERT: server.certFile,
    ROLESETS_TLS_KEY: server.keyFile,
    ROLESETS_TLS_CLIENT_CA: authority.certFile,
  }
  const file = join(folder, 'bad.pem')
  for (const [what, bad] of Object.entries(await badContents(authority))) {
    await writeFile(file, bad)
    for (const name of ['ROLESETS_TLS_CERT', 'ROLESETS_TLS_CLIENT_CA'])
      await t.throwsAsync(
        openTestSidecar(t, { ...good, [name]: file }),
        { code: 'tls_files', message: /bad\.pem/ },
        what,
      )
  }
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
async function subjectAt(
  target: string,
  authority: CertificateAuthority,
  { cert, key }: { readonly cert?: Buffer; readonly key?: Buffer } = {},
): Promise<string> {
  const [host = '', port = ''] = target.split(':')
  return new Promise((resolve, reject) => {
    const socket = connectTls(
      { host, port: Number(port), ca: authority.cert, cert, key, ALPNProtocols: ['h2', 'http/1.1'] },
      () => {
        resolve(new X509Certificate(socket.getPeerCertificate().raw).subject)
        socket.destroy()
      },
    )
    socket.on('error', reject)
  })
}

async function statusAt(url: string, options: RequestOptions): Promise<number | undefined> {
  return (await answerAt(url, options)).status
}

async function answerAt(url: string, options: RequestOptions): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { ...options, agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject)
    })
      .on('error', reject)
      .end()
  })
}

/** @returns undefined: no connection */
async function protocolAt(address: string, options: ConnectionOptions): Promise<string | null | undefined> {
  const [host = '', port = ''] = address.split(':')
  return new Promise((resolve) => {
    const socket = connectTls({ host, port: Number(port), ALPNProtocols: ['h2', 'http/1.1'], ...options }, () => {
      resolve(socket.getProtocol())
      socket.destroy()
    })
    socket.on('error', () => resolve(undefined))
  })
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20))
}
