/**
 * The settings: one table that the flags, the variables, `--help`, `--print-config` and docs/configuration.md all follow.
 */

interface Row<Name> {
  readonly name: Name
  readonly variable: string
  /** As commander takes it. A flag without `<…>` is on when it is given. */
  readonly flag: string
  /** Undefined: none. */
  readonly default: string | undefined
  readonly secret: boolean
  readonly sentence: string
}

function row<Name extends string>(
  name: Name,
  flag: string,
  rest: { default?: string; secret?: boolean; sentence: string },
): Row<Name> {
  const variable = `ROLESETS_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
  return { name, variable, flag, default: undefined, secret: false, ...rest }
}

const rows = [
  row('database', '--database <url>', {
    default: 'sqlite:rolesets.db',
    sentence:
      'Where the store is: `sqlite:<path>`, or `sqlite::memory:` for a store in memory, which ends with the process.',
  }),
  row('grpcListen', '--grpc-listen <addresses>', {
    default: '127.0.0.1:7450',
    sentence: 'Where gRPC is served, separated by commas: `host:port` or `unix:<path>`; port 0 takes any free port.',
  }),
  row('httpListen', '--http-listen <address>', {
    default: '127.0.0.1:7451',
    sentence: 'Where the management API, health and metrics are served over HTTP: `host:port`. Empty: off.',
  }),
  row('httpHosts', '--http-hosts <names>', {
    sentence:
      'Further names, separated by commas, that a request over HTTP on loopback may have as its host, for example that of a proxy.',
  }),
  row('httpDefaultVersion', '--http-default-version <version>', {
    default: 'newest',
    sentence:
      "The version of Clerk's API that a request under `/v1` means if it names none: `newest` or one of the dates in docs/http.md.",
  }),
  row('probeListen', '--probe-listen <address>', {
    sentence:
      'Where `/livez`, `/readyz` and `/startupz` are served for orchestrators, without TLS and without a key: `host:port`, for example `0.0.0.0:7452`.',
  }),
  row('probeMetrics', '--probe-metrics', {
    default: 'false',
    sentence: 'Serves `/metrics` on the address of the probes, too, without TLS and without a key.',
  }),
  row('secretKey', '--secret-key <key>', {
    secret: true,
    sentence:
      'The key that may write, 16 to 512 printable characters. Without one, a key is generated at the first start and kept in `<database path>.key`.',
  }),
  row('secretKeyFile', '--secret-key-file <path>', { sentence: 'A file that contains the secret key.' }),
  row('readKey', '--read-key <key>', {
    secret: true,
    sentence: 'A key that may read and watch but not write, 16 to 512 printable characters.',
  }),
  row('readKeyFile', '--read-key-file <path>', { sentence: 'A file that contains the read key.' }),
  row('upstream', '--upstream <target>', {
    sentence:
      'The authority that this sidecar follows as a replica: `host:port`, `unix:<path>` or `dns:///host:port`, where it serves gRPC.',
  }),
  row('upstreamKey', '--upstream-key <key>', {
    secret: true,
    sentence: 'A key of the authority, with which the replica follows it. A read key is enough.',
  }),
  row('upstreamKeyFile', '--upstream-key-file <path>', { sentence: 'A file that contains the key of the authority.' }),
  row('upstreamHttp', '--upstream-http <address>', {
    sentence:
      'Where the authority serves HTTP, for the management API, which a replica passes on: `http://host:port` or `https://host:port`. Without it, a replica has no management API.',
  }),
  row('upstreamTlsCa', '--upstream-tls-ca <path>', {
    sentence:
      "A file with the certificates (PEM) that the authority's certificate is checked with. Default: those of the system.",
  }),
  row('upstreamTlsCert', '--upstream-tls-cert <path>', {
    sentence: 'A file with the certificate (PEM) that the replica shows its authority (mutual TLS).',
  }),
  row('upstreamTlsKey', '--upstream-tls-key <path>', {
    sentence: 'A file with the private key of that certificate (PEM).',
  }),
  row('tlsCert', '--tls-cert <path>', {
    sentence: 'A file with the certificate chain (PEM): TCP is then served with TLS. Read again when it changes.',
  }),
  row('tlsKey', '--tls-key <path>', {
    sentence: 'A file with the private key of the certificate (PEM). Read again when it changes.',
  }),
  row('tlsClientCa', '--tls-client-ca <path>', {
    sentence:
      'A file with the authorities of client certificates (PEM): TCP then asks for a client certificate (mutual TLS), except for probes. Read again when it changes.',
  }),
  row('insecure', '--insecure', {
    default: 'false',
    sentence: 'Listen beyond loopback without TLS: keys and answers can then be read on the network.',
  }),
  row('unknownOrganizations', '--unknown-organizations <treatment>', {
    default: 'initial',
    sentence:
      "How organizations that the store doesn't know are treated: `initial` (they have the initial role set) or `deny` (no role can be granted).",
  }),
  row('membersWithoutKey', '--members-without-key', {
    default: 'false',
    sentence:
      'Whether `CheckMember` and `BatchCheckMember` need no key on a Unix socket and on loopback. Beyond them they always need one.',
  }),
  row('manifest', '--manifest <path>', {
    sentence:
      'A file or a folder in the form of `rolesets apply` (docs/manifest.md): the store is brought to this state before the sidecar is ready, and again whenever it changes.',
  }),
  row('manifestPrune', '--manifest-prune', {
    default: 'false',
    sentence:
      'Permissions, roles and role sets that the manifest does not describe are deleted, as with `rolesets apply --prune`.',
  }),
  row('readOnly', '--read-only', {
    default: 'false',
    sentence:
      'Refuses every write but that of the manifest, for a store whose state is declared elsewhere. Dry runs, reads and decisions go on.',
  }),
  row('maxStalenessMs', '--max-staleness-ms <milliseconds>', {
    default: '5000',
    sentence: 'How long a replica may be cut off before it refuses decisions; an authority is never stale.',
  }),
  row('historyMaxCount', '--history-max-count <count>', {
    default: '1000000',
    sentence: 'How many change sets are kept, for watchers that resume; older ones are deleted.',
  }),
  row('historyMaxAgeDays', '--history-max-age-days <days>', {
    default: '90',
    sentence: 'How many days a change set is kept; older ones are deleted, but never the last one.',
  }),
  row('shutdownGraceMs', '--shutdown-grace-ms <milliseconds>', {
    default: '10000',
    sentence: 'How long calls that run may take to finish when the sidecar stops.',
  }),
  row('logLevel', '--log-level <level>', {
    default: 'info',
    sentence:
      'What is logged, as JSON lines on stderr: `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.',
  }),
]

export type SettingName = (typeof rows)[number]['name']
export type Setting = Row<SettingName>

export const settings: readonly Setting[] = rows
