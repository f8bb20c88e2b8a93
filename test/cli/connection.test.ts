/** Over which ways the command line reaches a sidecar, and how it refuses the wrong ones. */

import { join } from 'node:path'
import test from 'ava'
import { openAuthority, reasonWithoutCertificates } from '../processes/certificate-authority.ts'
import { startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { type } from './command-line.ts'
import { secretKey } from './pricing-tiers.ts'

const reason = await reasonWithoutCertificates()
if (reason !== undefined) console.log(reason)

const question = ['check', 'org_acme', 'org:member']

const tlsTest = reason === undefined ? test : test.skip
tlsTest('a Unix socket needs nothing, mutual TLS needs its certificates', async (t) => {
  const folder = await temporaryFolder(t)
  const authority = await openAuthority(folder)
  const [server, client] = [await authority.issue('server'), await authority.issue('client')]
  const socket = `unix:${join(folder, 's.sock')}`
  const sidecar = await startSidecar(t, {
    env: {
      ROLESETS_DATABASE: 'sqlite::memory:',
      ROLESETS_SECRET_KEY: secretKey,
      ROLESETS_GRPC_LISTEN: `${socket},127.0.0.1:0`,
      ROLESETS_HTTP_LISTEN: '',
      ROLESETS_TLS_CERT: server.certFile,
      ROLESETS_TLS_KEY: server.keyFile,
      ROLESETS_TLS_CLIENT_CA: authority.certFile,
    },
  })
  const [, tcp = ''] = sidecar.grpc
  const ask = (...args: string[]) => type([...question, ...args])

  t.is((await ask('--target', socket)).exitCode, 0)
  const trusting = ['--target', tcp, '--tls-ca', authority.certFile]
  const mutual = await ask(...trusting, '--tls-cert', client.certFile, '--tls-key', client.keyFile)
  t.is(mutual.exitCode, 0, mutual.stderr)
  const named = await ask(
    ...trusting,
    '--tls-cert',
    client.certFile,
    '--tls-key',
    client.keyFile,
    '--tls-server-name',
    'x',
  )
  t.is(named.exitCode, 3, 'the certificate is for another name')
  t.is((await ask(...trusting)).exitCode, 3, 'without a certificate of the client')
  t.is((await ask('--target', tcp)).exitCode, 3, 'without TLS')
})

test('a key is not sent in the clear to another machine unless that is said', async (t) => {
  const asked = [...question, '--target', 'sidecar.invalid:7450', '--key', secretKey]
  const refused = await type(asked)
  t.is(refused.exitCode, 2)
  t.regex(refused.stderr, /The key would be sent to another machine without encryption\. Give --tls, or --insecure\./)
  t.false(refused.stderr.includes(secretKey))
})

test('a file of a key that has no end is not read to its end', async (t) => {
  const { exitCode, stderr } = await type([...question, '--key-file', '/dev/zero'])
  t.is(exitCode, 2)
  t.regex(stderr, /The file of --key-file, \/dev\/zero, is larger than 4096 bytes/)
})

test('a sidecar that does not come up in the given time is away', async (t) => {
  const { exitCode, stderr } = await type([...question, '--target', '127.0.0.1:1', '--timeout', '0.2'])
  t.is(exitCode, 3)
  t.regex(stderr, /The sidecar at 127\.0\.0\.1:1 cannot be reached/)
})
