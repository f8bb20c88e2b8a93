#!/bin/sh
# Installs the dependencies from the lock file, in the build stage of the Dockerfile. sqlite3's prebuilt binary comes from
# GitHub. Where it can't be downloaded, sqlite3 is compiled: if the base lacks a compiler, one is installed for that.
set -eu
export NPM_CONFIG_UPDATE_NOTIFIER=false
if [ -z "${NPM_CONFIG_REGISTRY:-}" ]; then unset NPM_CONFIG_REGISTRY; fi

# The registry of a company, and its key: the build secret `npmrc`.
if [ -s /run/secrets/npmrc ]; then export NPM_CONFIG_USERCONFIG=/run/secrets/npmrc; fi
# A company's proxy can sign with an authority that Node doesn't know: the build secret `ca`, or what the base trusts.
for file in /run/secrets/ca /etc/ssl/certs/ca-certificates.crt; do
  if [ -s "$file" ]; then
    export NODE_EXTRA_CA_CERTS="$file"
    break
  fi
done

# node-gyp downloads the headers of Node, unless this setting says where they are.
prefix=$(node --print "path.resolve(fs.realpathSync(process.execPath), '../..')")
if [ -f "$prefix/include/node/node.h" ]; then export npm_config_nodedir="$prefix"; fi

pnpm=$(node --print "JSON.parse(fs.readFileSync('package.json')).packageManager")
install() {
  npx --loglevel=error --yes "$pnpm" install --frozen-lockfile --store-dir=/pnpm --reporter=append-only \
    --filter=rolesets-workspace --filter='@rolesets/sidecar...'
}
has_compiler() {
  command -v python3 >/dev/null && command -v make >/dev/null && command -v g++ >/dev/null
}

if install; then exit 0; fi
if has_compiler || ! command -v apt-get >/dev/null; then
  echo 'install.sh: The install failed: see above. It needs the npm registry, and either GitHub, for the prebuilt binary of' \
    'sqlite3, or python3, make, g++ and the headers of Node, to compile it: give a base with them as BUILD_BASE.' >&2
  exit 1
fi
echo 'install.sh: the install failed; installing python3, make and g++, and trying again' >&2
apt-get update
apt-get install --yes --no-install-recommends python3 make g++
install
