import test from 'ava'
import { parseConfig, printable, type Config, type ConfigInput } from '../../packages/sidecar/src/config.ts'

const files: Readonly<Record<string, string>> = {
  '/keys/secret': 'a-secret-key-of-a-file\n',
  '/keys/short': 'short',
  '/tls/cert': 'certificate',
  '/tls/key': 'key',
  '/tls/ca': 'authority',
}

function parse(input: Partial<ConfigInput>) {
  return parseConfig({
    flags: {},
    env: {},
    readFile: (path) => {
      const text = files[path]
      if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
      return text
    },
    ...input,
  })
}

function configOf(input: Partial<ConfigInput>): Config {
  const parsed = parse(input)
  if ('faults' in parsed) throw new Error(parsed.faults.join('\n'))
  return parsed.config
}

function faultsOf(env: ConfigInput['env'], flags: ConfigInput['flags'] = {}): readonly string[] {
  const parsed = parse({ env, flags })
  return 'faults' in parsed ? parsed.faults : []
}

test('without flags and variables, the defaults are in effect', (t) => {
  t.deepEqual(configOf({}), {
    database: 'sqlite:rolesets.db',
    databasePath: 'rolesets.db',
    grpcListen: [{ kind: 'tcp', host: '127.0.0.1', port: 7450, isLoopback: true }],
    httpListen: { kind: 'tcp', host: '127.0.0.1', port: 7451, isLoopback: true },
    httpHosts: [],
    httpDefaultVersion: '2026-05-12',
    probeListen: undefined,
    probeMetrics: false,
    secretKey: undefined,
    readKey: undefined,
    tls: undefined,
    upstream: undefined,
    unknownOrganizations: 'initial',
    membersWithoutKey: false,
    manifest: undefined,
    readOnly: false,
    maxStalenessMs: 5000,
    historyMaxCount: 1_000_000,
    historyMaxAgeMs: 90 * 86_400_000,
    shutdownGraceMs: 10_000,
    logLevel: 'info',
  })
})

test('a flag goes before its variable, and a variable before the default', (t) => {
  const env = { ROLESETS_LOG_LEVEL: 'warn', ROLESETS_DATABASE: 'sqlite:/data/one.db' }
  const config = configOf({ env, flags: { database: 'sqlite::memory:' } })
  t.is(config.logLevel, 'warn')
  t.is(config.database, 'sqlite::memory:')
  t.is(config.databasePath, undefined)
})

test('an empty variable is none, and an empty HTTP address turns HTTP off', (t) => {
  const config = configOf({ env: { ROLESETS_DATABASE: '', ROLESETS_SECRET_KEY: '', ROLESETS_HTTP_LISTEN: '' } })
  t.is(config.database, 'sqlite:rolesets.db')
  t.is(config.secretKey, undefined)
  t.is(config.httpListen, undefined)
})

test('pruning needs a manifest, and a manifest a path', (t) => {
  const path = '/etc/rolesets'
  t.deepEqual(configOf({ env: { ROLESETS_MANIFEST: path } }).manifest, { path, prune: false })
  const both = { ROLESETS_MANIFEST: path, ROLESETS_MANIFEST_PRUNE: 'true' }
  t.deepEqual(configOf({ env: both }).manifest, { path, prune: true })
  const pruneWithout =
    'ROLESETS_MANIFEST_PRUNE is given without a manifest. Give ROLESETS_MANIFEST too, or leave it out.'
  t.deepEqual(faultsOf({ ROLESETS_MANIFEST_PRUNE: 'true' }), [pruneWithout])
  t.deepEqual(faultsOf({ ...both, ROLESETS_MANIFEST: '' }), [pruneWithout])
  t.deepEqual(faultsOf({}, { manifest: '' }), ['--manifest is empty. Give the path of a file or a folder.'])
})

test('several addresses are read, sockets and IPv6 among them', (t) => {
  const { grpcListen } = configOf({
    env: { ROLESETS_GRPC_LISTEN: 'unix:/run/rolesets.sock, [::1]:0,localhost:7450,127.8.8.8:1' },
  })
  t.deepEqual(grpcListen, [
    { kind: 'unix', path: '/run/rolesets.sock' },
    { kind: 'tcp', host: '::1', port: 0, isLoopback: true },
    { kind: 'tcp', host: 'localhost', port: 7450, isLoopback: true },
    { kind: 'tcp', host: '127.8.8.8', port: 1, isLoopback: true },
  ])
})

test('a key can come from a file, without the line end', (t) => {
  const config = configOf({ env: { ROLESETS_SECRET_KEY_FILE: '/keys/secret' }, flags: { readKey: 'r'.repeat(16) } })
  t.is(config.secretKey, 'a-secret-key-of-a-file')
  t.is(config.readKey, 'r'.repeat(16))
})

const elsewhere = [
  ...['0.0.0.0', '[::]', '10.1.2.3', 'example.org', '[::2]', '128.0.0.1', '1', '01', '0', '127', '127.1', '0x7f.1'],
  ...[
    '2130706433',
    '0177.0.0.1',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'localhost.',
    '[::1:1]',
    '[1::1]',
  ],
  ...['[::ffff:10.0.0.1]', '[::ffff:a00:1]', '[::127.0.0.1]', '[::ffff:0:127.0.0.1]', '[::11]'],
]

const onThisMachine = [
  ...['127.0.0.1', '127.255.255.254', 'localhost', 'LOCALHOST', '[::1]', '[0:0:0:0:0:0:0:1]', '[0000::0001]'],
  ...['[::ffff:127.0.0.1]', '[::FFFF:7f00:1]', '[0:0:0:0:0:ffff:127.8.8.8]'],
]

for (const host of onThisMachine)
  test(`${host} is reached by this machine only, so it needs no TLS`, (t) => {
    t.deepEqual(faultsOf({ ROLESETS_GRPC_LISTEN: `${host}:7450`, ROLESETS_HTTP_LISTEN: `${host}:7451` }), [])
  })

for (const host of elsewhere)
  test(`${host} is reached by other machines, so it needs TLS or --insecure`, (t) => {
    const env = { ROLESETS_GRPC_LISTEN: `${host}:7450` }
    t.regex(faultsOf(env).join(), /there is no TLS: give --tls-cert and --tls-key, or --insecure/)
    t.deepEqual(faultsOf(env, { insecure: true }), [])
    t.deepEqual(faultsOf({ ...env, ROLESETS_INSECURE: 'true' }), [])
    t.deepEqual(faultsOf(env, { tlsCert: '/tls/cert', tlsKey: '/tls/key' }), [])
  })

test('the HTTP address follows the same rule', (t) => {
  t.regex(faultsOf({ ROLESETS_HTTP_LISTEN: '0.0.0.0:80' }).join(), /0\.0\.0\.0:80 can be reached from other machines/)
})

test('probes need no TLS anywhere, and any free port is no collision', (t) => {
  for (const probe of ['0.0.0.0:7452', '[::]:7452', '10.1.2.3:7452', 'pod.example:7452'])
    t.deepEqual(faultsOf({ ROLESETS_PROBE_LISTEN: probe }), [], probe)
  const free = { ROLESETS_GRPC_LISTEN: '127.0.0.1:0', ROLESETS_HTTP_LISTEN: '127.0.0.1:0' }
  t.deepEqual(faultsOf({ ...free, ROLESETS_PROBE_LISTEN: '127.0.0.1:0', ROLESETS_PROBE_METRICS: 'true' }), [])
  t.deepEqual(faultsOf({ ROLESETS_GRPC_LISTEN: '[::1]:7452', ROLESETS_PROBE_LISTEN: '0.0.0.0:7452' }), [])
  t.is(configOf({ env: { ROLESETS_PROBE_LISTEN: '' } }).probeListen, undefined)
  t.deepEqual(faultsOf({ ROLESETS_PROBE_METRICS: 'false' }), [])
})

const faults: readonly (readonly [what: string, env: Record<string, string>, fault: RegExp])[] = [
  [
    'an unknown kind of database',
    { ROLESETS_DATABASE: 'mysql://x' },
    /^ROLESETS_DATABASE is "mysql:\/\/x"\. Give sqlite/,
  ],
  [
    'PostgreSQL',
    { ROLESETS_DATABASE: 'postgres://u:p@h/d' },
    /^ROLESETS_DATABASE names a PostgreSQL server, which this/,
  ],
  ['a database without a path', { ROLESETS_DATABASE: 'sqlite:' }, /^ROLESETS_DATABASE is "sqlite:"/],
  [
    'an address without a port',
    { ROLESETS_GRPC_LISTEN: '127.0.0.1' },
    /^ROLESETS_GRPC_LISTEN has "127\.0\.0\.1"\. Give host/,
  ],
  ['a port that is too large', { ROLESETS_GRPC_LISTEN: '127.0.0.1:65536' }, /Give host:port/],
  ['an empty list of addresses', { ROLESETS_GRPC_LISTEN: ' ' }, /^ROLESETS_GRPC_LISTEN has ""/],
  ['an empty place in a list', { ROLESETS_GRPC_LISTEN: '127.0.0.1:1,' }, /^ROLESETS_GRPC_LISTEN has ""/],
  ['a broken IPv6 address', { ROLESETS_GRPC_LISTEN: '[::zz]:1' }, /Give host:port/],
  ['an address twice', { ROLESETS_GRPC_LISTEN: '127.0.0.1:1,127.0.0.1:1' }, /has 127\.0\.0\.1:1 twice/],
  ['a socket without a path', { ROLESETS_GRPC_LISTEN: 'unix:' }, /Give unix:<path>/],
  [
    'a socket path that is too long',
    { ROLESETS_GRPC_LISTEN: `unix:/${'x'.repeat(107)}` },
    /108 bytes; the system allows 107/,
  ],
  ['a socket for HTTP', { ROLESETS_HTTP_LISTEN: 'unix:/x' }, /^ROLESETS_HTTP_LISTEN is "unix:\/x", a Unix socket/],
  ['a socket for probes', { ROLESETS_PROBE_LISTEN: 'unix:/x' }, /^ROLESETS_PROBE_LISTEN is "unix:\/x", a Unix socket/],
  [
    'a port alone for probes',
    { ROLESETS_PROBE_LISTEN: ':7452' },
    /^ROLESETS_PROBE_LISTEN has ":7452"\. Give host:port \(/,
  ],
  [
    'two addresses for probes',
    { ROLESETS_PROBE_LISTEN: '[::]:1,[::1]:1' },
    /^ROLESETS_PROBE_LISTEN has 2 addresses, and can have one\./,
  ],
  [
    'probes and HTTP at one address',
    { ROLESETS_PROBE_LISTEN: '0.0.0.0:7451' },
    /^ROLESETS_PROBE_LISTEN is 0\.0\.0\.0:7451, and HTTP is served at 127\.0\.0\.1:7451\. Give another port\.$/,
  ],
  [
    'probes and gRPC at one address',
    { ROLESETS_PROBE_LISTEN: '[::]:7450' },
    /^ROLESETS_PROBE_LISTEN is \[::\]:7450, and gRPC is served at 127\.0\.0\.1:7450\./,
  ],
  [
    'HTTP and gRPC at one address',
    { ROLESETS_HTTP_LISTEN: '127.0.0.1:7450' },
    /^ROLESETS_HTTP_LISTEN is 127\.0\.0\.1:7450, and gRPC is served at/,
  ],
  [
    'several addresses for probes',
    { ROLESETS_PROBE_LISTEN: '0.0.0.0:7452,[::]:7452' },
    /^ROLESETS_PROBE_LISTEN has 2 addresses, and can have one\. Give one of them\. \[::\]:<port> takes IPv4 and IPv6\.$/,
  ],
  [
    'several addresses for HTTP',
    { ROLESETS_HTTP_LISTEN: '127.0.0.1:7451, [::1]:7451' },
    /^ROLESETS_HTTP_LISTEN has 2 addresses, .* Give one of them\.$/,
  ],
  [
    'metrics for probes without an address',
    { ROLESETS_PROBE_METRICS: 'true' },
    /^ROLESETS_PROBE_METRICS is on, but no address is given\. Give ROLESETS_PROBE_LISTEN too\.$/,
  ],
  [
    'neither on nor off',
    { ROLESETS_PROBE_METRICS: 'yes', ROLESETS_PROBE_LISTEN: '127.0.0.1:0' },
    /^ROLESETS_PROBE_METRICS is "yes"\. Give one of: true, false\.$/,
  ],
  ['a short key', { ROLESETS_SECRET_KEY: 'short' }, /^ROLESETS_SECRET_KEY has 5 characters\. A key has 16 to 512\.$/],
  ['a short key in a file', { ROLESETS_READ_KEY_FILE: '/keys/short' }, /^ROLESETS_READ_KEY_FILE has 5 char/],
  ['a key with a space', { ROLESETS_READ_KEY: 'with a space in it' }, /spaces or characters beyond ASCII/],
  [
    'a key and its file',
    { ROLESETS_READ_KEY: 'r'.repeat(16), ROLESETS_READ_KEY_FILE: '/keys/secret' },
    /one of the two/,
  ],
  ['a key file that is missing', { ROLESETS_SECRET_KEY_FILE: '/no' }, /names "\/no", which can't be read \(ENOENT\)/],
  [
    'a read key that is the secret key',
    { ROLESETS_READ_KEY: 'k'.repeat(16), ROLESETS_SECRET_KEY: 'k'.repeat(16) },
    /^ROLESETS_READ_KEY is the same as the secret key/,
  ],
  [
    'an upstream without a key',
    { ROLESETS_UPSTREAM: 'authority:7450' },
    /^ROLESETS_UPSTREAM is given without a key of the authority\. Give ROLESETS_UPSTREAM_KEY_FILE or ROLESETS_UPSTREAM_KEY too\.$/,
  ],
  [
    'an upstream that is no address',
    { ROLESETS_UPSTREAM: 'http://authority', ROLESETS_UPSTREAM_KEY: 'k'.repeat(16) },
    /^ROLESETS_UPSTREAM is "http:\/\/authority"\. Give host:port, unix:<path> or dns:\/\/\/host:port\.$/,
  ],
  [
    'a key of an authority without the authority',
    { ROLESETS_UPSTREAM_KEY: 'k'.repeat(16) },
    /^ROLESETS_UPSTREAM_KEY is given without an authority\. Give ROLESETS_UPSTREAM too\.$/,
  ],
  [
    'a certificate for an authority without its key',
    {
      ROLESETS_UPSTREAM: 'authority:7450',
      ROLESETS_UPSTREAM_KEY: 'k'.repeat(16),
      ROLESETS_UPSTREAM_TLS_CERT: '/tls/cert',
    },
    /^ROLESETS_UPSTREAM_TLS_CERT and ROLESETS_UPSTREAM_TLS_KEY belong together\. Give both, or none\.$/,
  ],
  [
    'a replica that is declared, too',
    { ROLESETS_UPSTREAM: 'authority:7450', ROLESETS_UPSTREAM_KEY: 'k'.repeat(16), ROLESETS_MANIFEST: '/m.yaml' },
    /^ROLESETS_MANIFEST is for an authority, and ROLESETS_UPSTREAM makes this sidecar a replica\./,
  ],
  ['a certificate without a key', { ROLESETS_TLS_CERT: '/tls/cert' }, /Give ROLESETS_TLS_KEY too/],
  ['a key without a certificate', { ROLESETS_TLS_KEY: '/tls/key' }, /Give ROLESETS_TLS_CERT too/],
  ['a client CA alone', { ROLESETS_TLS_CLIENT_CA: '/tls/ca' }, /Give ROLESETS_TLS_CERT and ROLESETS_TLS_KEY too/],
  ['a certificate that is missing', { ROLESETS_TLS_CERT: '/no', ROLESETS_TLS_KEY: '/tls/key' }, /names "\/no"/],
  ['another treatment', { ROLESETS_UNKNOWN_ORGANIZATIONS: 'allow' }, /is "allow"\. Give one of: initial, deny\.$/],
  [
    'a number that is none',
    { ROLESETS_MAX_STALENESS_MS: '5s' },
    /is "5s"\. Give a whole number from 100 to 86400000\.$/,
  ],
  ['a number that is too small', { ROLESETS_MAX_STALENESS_MS: '0' }, /Give a whole number from 100/],
  ['a log level that is none', { ROLESETS_LOG_LEVEL: 'loud' }, /Give one of: trace, debug, info/],
  [
    'a flag that is neither on nor off',
    { ROLESETS_INSECURE: 'yes' },
    /^ROLESETS_INSECURE is "yes"\. Give one of: true, false/,
  ],
]

for (const [what, env, fault] of faults)
  test(`${what} is one clear fault`, (t) => {
    const found = faultsOf(env)
    t.is(found.length, 1, found.join('\n'))
    t.regex(found[0] ?? '', fault)
    t.regex(found[0] ?? '', /\.$/)
  })

test('all faults are told at once, and a flag is told by its flag', (t) => {
  const found = faultsOf({ ROLESETS_LOG_LEVEL: 'loud', ROLESETS_DATABASE: 'x' }, { shutdownGraceMs: '-1' })
  t.is(found.length, 3)
  t.regex(found.join('\n'), /^--shutdown-grace-ms is "-1"/m)
})

test('no fault shows a key', (t) => {
  const found = faultsOf({ ROLESETS_SECRET_KEY: 'hush hush hush hush', ROLESETS_READ_KEY: 'hush' })
  t.is(found.length, 2)
  t.notRegex(found.join('\n'), /hush/)
})

test('the effective settings are shown with where they came from, and without secrets', (t) => {
  const secretKey = 's'.repeat(20)
  const parsed = parse({ env: { ROLESETS_SECRET_KEY: secretKey }, flags: { logLevel: 'debug' } })
  if ('faults' in parsed) return t.fail()
  const shown = printable(parsed.effective)
  t.false(shown.includes(secretKey))
  const byName = JSON.parse(shown) as Record<string, unknown>
  t.deepEqual(byName['secretKey'], { value: '(not shown)', from: 'variable' })
  t.deepEqual(byName['readKey'], { value: null, from: 'default' })
  t.deepEqual(byName['logLevel'], { value: 'debug', from: 'flag' })
})
