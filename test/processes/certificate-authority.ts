/** Certificates that are made at run time with openssl: an authority, and the certificates that it signs. */

import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Issued {
  readonly certFile: string
  readonly keyFile: string
  readonly cert: Buffer
  readonly key: Buffer
}

export interface CertificateAuthority extends Issued {
  /** A certificate for localhost and 127.0.0.1, for servers and clients alike. */
  readonly issue: (name: string) => Promise<Issued>
}

/** Why this machine can't make certificates; undefined if it can. */
export async function reasonWithoutCertificates(): Promise<string | undefined> {
  return run('openssl', ['version']).then(
    () => undefined,
    () => 'skipped: certificates can’t be made, because openssl is missing',
  )
}

export async function openAuthority(folder: string, name = 'authority'): Promise<CertificateAuthority> {
  const keyFile = join(folder, `${name}.key`)
  const certFile = join(folder, `${name}.crt`)
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc']
  await run('openssl', [
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    keyFile,
    '-out',
    certFile,
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
  ])

  async function issue(subject: string): Promise<Issued> {
    const [key, cert, request, extensions] = ['key', 'crt', 'csr', 'ext'].map((kind) =>
      join(folder, `${subject}.${kind}`),
    )
    await writeFile(extensions as string, 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n')
    await run('openssl', [
      'req',
      ...newKey,
      '-keyout',
      key as string,
      '-out',
      request as string,
      '-subj',
      `/CN=${subject}`,
    ])
    const signing = [
      '-CA',
      certFile,
      '-CAkey',
      keyFile,
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      extensions as string,
    ]
    await run('openssl', ['x509', '-req', '-in', request as string, '-out', cert as string, ...signing])
    return read(cert as string, key as string)
  }
  return { ...(await read(certFile, keyFile)), issue }
}

async function read(certFile: string, keyFile: string): Promise<Issued> {
  return { certFile, keyFile, cert: await readFile(certFile), key: await readFile(keyFile) }
}
