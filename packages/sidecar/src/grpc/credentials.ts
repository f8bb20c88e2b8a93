/**
 * TLS for gRPC, from certificates that may change while the server runs. Open connections keep the certificate that
 * they began with.
 */

import grpc from '@grpc/grpc-js'
import { secureContextOf, type CertificateSource } from '../listening.ts'

/** grpc-js gives its own credentials no versions and suites of TLS, and forgets them when certificates change. */
export class TlsCredentials extends grpc.ServerCredentials {
  /** @param source changed certificates are used until its subscription ends with it */
  constructor(source: CertificateSource) {
    const isMutual = source.current.clientCa !== undefined
    super({ requestCert: isMutual, rejectUnauthorized: isMutual }, secureContextOf(source.current))
    source.subscribe((certificates) => this.updateSecureContextOptions(secureContextOf(certificates)))
  }

  override _equals(other: grpc.ServerCredentials): boolean {
    return this === other
  }
}
