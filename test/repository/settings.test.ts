/** docs/configuration.md and `--help` agree with the table of settings, in both directions. */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import test from 'ava'
import { settings } from '../../packages/sidecar/src/settings.ts'
import { cleanEnvironment, rolesetsCommand } from '../processes/sidecar-process.ts'

const words = (text: string) => text.replace(/\s+/g, ' ').trim()

test('docs/configuration.md has a row for each setting, in the order of the table, and no other', (t) => {
  const text = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
  const rows = text.split('\n').filter((line) => line.startsWith('| `ROLESETS_'))
  const expected = settings.map(({ variable, flag, default: standard, sentence }) => {
    const shown = standard === undefined ? 'none' : `\`${standard}\``
    return `| \`${variable}\` | \`${flag}\` | ${shown} | ${sentence} |`
  })
  t.deepEqual(rows, expected)
})

test('--help shows each setting with its variable and its default, and no other flag', (t) => {
  const help = execFileSync(process.execPath, [rolesetsCommand, 'serve', '--help'], {
    encoding: 'utf8',
    env: { ...cleanEnvironment(), COLUMNS: '120' },
  })
  for (const { flag, variable, default: standard, sentence } of settings)
    t.true(words(help).includes(words(`${flag} ${sentence} [${variable}; default: ${standard ?? 'none'}]`)), flag)
  const flags = [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag]) => flag)
  const known = [...settings.map(({ flag }) => flag.split(' ')[0]), '--print-config', '--help']
  t.deepEqual(flags, known)
})

test('the name, the variable and the flag of each setting agree', (t) => {
  for (const { name, variable, flag } of settings) {
    const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    t.is(flag.split(' ')[0], `--${kebab}`)
    t.is(variable, `ROLESETS_${kebab.replaceAll('-', '_').toUpperCase()}`)
  }
  t.is(new Set(settings.map(({ name }) => name)).size, settings.length)
})

test('the table has every promised setting with its promised default', (t) => {
  const promised = {
    ROLESETS_DATABASE: 'sqlite:rolesets.db',
    ROLESETS_GRPC_LISTEN: '127.0.0.1:7450',
    ROLESETS_HTTP_LISTEN: '127.0.0.1:7451',
    ROLESETS_SECRET_KEY: undefined,
    ROLESETS_SECRET_KEY_FILE: undefined,
    ROLESETS_READ_KEY: undefined,
    ROLESETS_READ_KEY_FILE: undefined,
    ROLESETS_UPSTREAM: undefined,
    ROLESETS_TLS_CERT: undefined,
    ROLESETS_TLS_KEY: undefined,
    ROLESETS_TLS_CLIENT_CA: undefined,
    ROLESETS_UNKNOWN_ORGANIZATIONS: 'initial',
    ROLESETS_MAX_STALENESS_MS: '5000',
    ROLESETS_LOG_LEVEL: 'info',
  }
  const table = Object.fromEntries(settings.map((setting) => [setting.variable, setting.default]))
  for (const [variable, standard] of Object.entries(promised)) {
    t.true(Object.hasOwn(table, variable), variable)
    t.is(table[variable], standard)
  }
})
