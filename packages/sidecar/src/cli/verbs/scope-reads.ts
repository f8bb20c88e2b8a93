/** `rolesets get scopes`, `get scope-kinds` and `get scope-defaults`. */

import type { Scope, ScopeDefault, ScopeKind } from '@rolesets/client'
import { counted } from '@rolesets/core'
import { parseId } from '../../domain/fields.ts'
import { tableText } from '../output/table.ts'
import { isKeyGiven, type ConnectionOptions } from '../run/connection.ts'
import { printPages } from '../run/pages.ts'
import { askingVerb, type Given } from '../run/verb.ts'

const scopesVerb = {
  usage: 'scopes <organization>',
  summary: 'Lists the scopes of an organization: those with a name, a role set of their own, or members.',
  notes: `
Each line has the scope, its role set, why it has it (its own, default, kind, or organization), how many members it has, and its
name. Without a key, on this machine, scopes that only have members and the numbers of members are left out. With --json, one document on each line.

Examples:
  rolesets get scopes org_acme
  rolesets get scopes org_acme --json`,
}

const kindsVerb = {
  usage: 'scope-kinds',
  summary: 'Lists the kinds of scopes, with what their scopes have.',
  notes: `
Each line has the kind, what its scopes have that have neither a role set of their own nor a default (organization, role_set or
none), and the role set. With --json, one document on each line.

Example:
  rolesets get scope-kinds`,
}

const defaultsVerb = {
  usage: 'scope-defaults',
  summary: 'Lists the defaults of scopes: the role sets of the scopes with one key, in all organizations.',
  notes: `
With --json, one document on each line.

Example:
  rolesets get scope-defaults`,
}

export const scopes = askingVerb(scopesVerb, ({ io, options }: Given<ConnectionOptions>, organization: string) => {
  const organizationId = parseId(organization, '<organization>')
  return ({ client: { admin }, limits }) =>
    printPages(io, {
      json: options.json,
      read: async (page) => {
        const { scopes, nextPageToken } = await admin.listScopes({ organizationId, ...page }, limits)
        return { items: isKeyGiven(options, io) ? scopes : scopes.map(withoutMembers), nextPageToken }
      },
      textOf: (items) => tableText(items.map(scopeRow)),
    })
})

export const scopeKinds = askingVerb(
  kindsVerb,
  ({ io, options }: Given<ConnectionOptions>) =>
    ({ client, limits }) =>
      printPages(io, {
        json: options.json,
        read: async (page) => {
          const { scopeKinds: items, nextPageToken } = await client.admin.listScopeKinds(page, limits)
          return { items, nextPageToken }
        },
        textOf: (items) => tableText(items.map(kindRow)),
      }),
)

/** The sidecar sends all of them with its first page of kinds. */
export const scopeDefaults = askingVerb(
  defaultsVerb,
  ({ io, options }: Given<ConnectionOptions>) =>
    ({ client, limits }) =>
      printPages(io, {
        json: options.json,
        read: async () => {
          const { scopeDefaults: items } = await client.admin.listScopeKinds({ pageSize: 1 }, limits)
          return { items, nextPageToken: '' }
        },
        textOf: (items) => tableText(items.map(defaultRow)),
      }),
)

const origins: Readonly<Record<Scope['origin'], string>> = {
  ORIGIN_UNSPECIFIED: '',
  OWN: 'own',
  DEFAULT: 'default',
  KIND: 'kind',
  ORGANIZATION: 'organization',
}

type ShownScope = Omit<Scope, 'members'> & Partial<Pick<Scope, 'members'>>

function withoutMembers({ members: _members, ...scope }: Scope): ShownScope {
  return scope
}

function scopeRow({ scope, roleSet, origin, members, name }: ShownScope): readonly string[] {
  const held = members === undefined ? [] : [counted(members, 'member')]
  return [scope, roleSet === '' ? 'no role set' : roleSet, origins[origin], ...held, name]
}

function kindRow({ kind, fallback, roleSet }: ScopeKind): readonly string[] {
  return [kind, fallback.toLowerCase(), roleSet]
}

function defaultRow({ scope, roleSet }: ScopeDefault): readonly string[] {
  return [scope, roleSet]
}
