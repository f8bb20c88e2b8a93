/** Why there is no connection, in words: one sentence and one remedy for each cause. `detail` of the error names the cause. */

import type { Remedy } from '../errors.ts'

/** Stable: `detail` of an error with the code `unavailable`. */
export const connectionCauses = [
  /** Nothing listens there. */
  'refused',
  /** The name has no address. */
  'unknown_host',
  /** No answer to the attempt to connect. */
  'unanswered',
  /** A connection was accepted, and HTTP/2 did not begin. */
  'silent',
  /** A gRPC server without TLS, or another server without it. */
  'no_tls',
  'tls_expected',
  'tls_untrusted',
  'tls_name_mismatch',
  /** Not yet valid, or expired. */
  'tls_not_valid_now',
  /** The sidecar demands a certificate of the client, or rejects the one that was given. */
  'tls_client_certificate',
  'tls_failed',
  /** HTTP/1: perhaps the HTTP port of the sidecar. */
  'http_port',
] as const

export type ConnectionCause = (typeof connectionCauses)[number]

export interface Finding {
  readonly detail: ConnectionCause
  readonly problem: string
  readonly remedy: Remedy
  readonly cause?: unknown
}

export const findingOf: {
  readonly [Cause in ConnectionCause]: (address: string, cause?: unknown) => Finding
} = {
  refused: finding(
    'refused',
    (at) => `The sidecar at ${at} cannot be reached: nothing listens there.`,
    'reach_sidecar',
  ),
  unknown_host: finding(
    'unknown_host',
    (at) => `The sidecar at ${at} cannot be reached: the name has no address.`,
    'reach_sidecar',
  ),
  unanswered: finding(
    'unanswered',
    (at) => `The sidecar at ${at} cannot be reached: it did not answer in time.`,
    'reach_sidecar',
  ),
  silent: finding(
    'silent',
    (at) =>
      `The server at ${at} accepted a connection and did not begin to speak HTTP/2. It, or what it stands in for, may hang.`,
    'look_at_log',
  ),
  no_tls: finding('no_tls', (at) => `The server at ${at} does not speak TLS.`, 'without_tls'),
  tls_expected: finding('tls_expected', (at) => `The server at ${at} expects TLS.`, 'with_tls'),
  tls_untrusted: finding(
    'tls_untrusted',
    (at) => `The certificate of the sidecar at ${at} is not trusted: no authority that signed it is known here.`,
    'trust_authority',
  ),
  tls_name_mismatch: finding(
    'tls_name_mismatch',
    (at) => `The certificate of the sidecar at ${at} is for another name.`,
    'right_name',
  ),
  tls_not_valid_now: finding(
    'tls_not_valid_now',
    (at) => `The certificate of the sidecar at ${at} has expired or is not yet valid.`,
    'renew_certificate',
  ),
  tls_client_certificate: finding(
    'tls_client_certificate',
    (at) => `The sidecar at ${at} demands a client certificate that its authority signed.`,
    'client_certificate',
  ),
  tls_failed: finding('tls_failed', (at) => `TLS with the server at ${at} failed.`, 'look_at_log'),
  http_port: finding('http_port', (at) => `The server at ${at} speaks HTTP/1, not gRPC.`, 'grpc_port'),
}

function finding(detail: ConnectionCause, problem: (address: string) => string, remedy: Remedy) {
  return (address: string, cause?: unknown): Finding => ({ detail, problem: problem(address), remedy, cause })
}
