/**
 * The TLS files and their changes. New files are tested before they are used: if a certificate doesn't fit its key, or
 * a file is half written, the previous files stay in use.
 */

import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { TlsFiles } from './config.ts'

export interface Certificates {
  readonly cert: Buffer
  readonly key: Buffer
  /** Undefined: clients show no certificate. */
  readonly clientCa: Buffer | undefined
}

export interface CertificateEvents {
  readonly certificatesReloaded: () => void
  readonly certificatesInvalid: (error: unknown) => void
}

/** The TLS files can't be used at the start; the operator has to correct them. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'
  readonly code = 'tls_files'
}

/** Files are compared by content: mounted secrets are exchanged by links, which keep their times. */
const lookEveryMs = 1000

export async function openCertificates(files: TlsFiles, events: CertificateEvents): Promise<CertificateWatch> {
  try {
    return new CertificateWatch(files, await load(files), events)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CertificateError(
      `The TLS files can't be used: ${why}. Check ${Object.values(files).filter(Boolean).join(', ')}.`,
    )
  }
}

export class CertificateWatch {
  readonly #files: TlsFiles
  readonly #events: CertificateEvents
  readonly #listeners = new Set<(certificates: Certificates) => void>()
  readonly #timer: NodeJS.Timeout
  #current: Certificates
  #lastProblem = ''

  constructor(files: TlsFiles, first: Certificates, events: CertificateEvents) {
    this.#files = files
    this.#current = first
    this.#events = events
    this.#timer = setInterval(() => void this.#look(), lookEveryMs)
    this.#timer.unref()
  }

  get current(): Certificates {
    return this.#current
  }

  /** Unix milliseconds until which the certificate in use is valid. */
  get validTo(): number {
    return Date.parse(new X509Certificate(this.#current.cert).validTo)
  }

  /** @returns the way to stop listening */
  subscribe(listener: (certificates: Certificates) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#listeners.clear()
  }

  async #look(): Promise<void> {
    try {
      const found = await load(this.#files)
      this.#lastProblem = ''
      if (isSame(found, this.#current)) return
      this.#current = found
      for (const listener of this.#listeners) listener(found)
      this.#events.certificatesReloaded()
    } catch (error) {
      // Reported once for each problem, not at every look.
      const problem = String(error)
      if (problem !== this.#lastProblem) this.#events.certificatesInvalid(error)
      this.#lastProblem = problem
    }
  }
}

async function load({ certFile, keyFile, clientCaFile }: TlsFiles): Promise<Certificates> {
  const [cert, key, clientCa] = await Promise.all([
    readFile(certFile),
    readFile(keyFile),
    clientCaFile === undefined ? undefined : readFile(clientCaFile),
  ])
  checkCertificates(cert, certFile)
  // Without an authority, Node would trust those of the system, or nobody.
  if (clientCaFile !== undefined && clientCa !== undefined) checkCertificates(clientCa, clientCaFile)
  try {
    createSecureContext({ cert, key, ca: clientCa })
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code !== 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') throw error
    throw new Error('the certificate and the private key do not belong together', { cause: error })
  }
  return { cert, key, clientCa }
}

/** OpenSSL passes over what it can't read; a file that is emptied, cut or something else must not replace a good one. */
function checkCertificates(pem: Buffer, file: string): void {
  const text = pem.toString('latin1')
  const whole = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  const begun = text.split(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/).length - 1
  if (begun === 0) throw new Error(`${file} contains no certificate (PEM)`)
  if (whole.length !== begun) throw new Error(`${file} contains a certificate that isn't complete`)
  for (const certificate of whole) {
    try {
      new X509Certificate(certificate)
    } catch {
      throw new Error(`${file} contains a certificate that can't be read`)
    }
  }
}

function isSame(a: Certificates, b: Certificates): boolean {
  return a.cert.equals(b.cert) && a.key.equals(b.key) && (a.clientCa ?? empty).equals(b.clientCa ?? empty)
}

const empty = Buffer.alloc(0)
