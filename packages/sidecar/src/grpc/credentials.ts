/**
 * TLS for gRPC, from certificates that may change while the server runs. Open connections keep the certificate that
 * they began with.
 */

import grpc, { type ServerCredentials } from '@grpc/grpc-js'
import type { CertificateFiles, CertificateSource } from '../listening.ts'

type Provider = grpc.experimental.CertificateProvider
type IdentityListener = Parameters<Provider['addIdentityCertificateListener']>[0]
type CaListener = Parameters<Provider['addCaCertificateListener']>[0]

export function tlsCredentials(source: CertificateSource): ServerCredentials {
  const provider = new SourceProvider(source)
  const isMutual = source.current.clientCa !== undefined
  // The declared names of the first two are exchanged: the first is the server's own identity.
  return grpc.experimental.createCertificateProviderServerCredentials(provider, isMutual ? provider : null, isMutual)
}

class SourceProvider implements Provider {
  readonly #source: CertificateSource
  readonly #stops = new Map<unknown, () => void>()

  constructor(source: CertificateSource) {
    this.#source = source
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#add(listener, ({ cert, key }) => listener({ certificate: cert, privateKey: key }))
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#remove(listener)
  }

  addCaCertificateListener(listener: CaListener): void {
    this.#add(listener, ({ clientCa }) => listener(clientCa === undefined ? null : { caCertificate: clientCa }))
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#remove(listener)
  }

  /** The first word comes a moment later: the library isn't ready for it while it adds the listener. */
  #add(listener: unknown, tell: (certificates: CertificateFiles) => void): void {
    this.#stops.set(listener, this.#source.subscribe(tell))
    queueMicrotask(() => tell(this.#source.current))
  }

  #remove(listener: unknown): void {
    this.#stops.get(listener)?.()
    this.#stops.delete(listener)
  }
}
