/**
 * `rolesets scopes`: which kinds of scopes there are, which role set scopes have that have none of their own, and the keys and
 * names of single scopes. `rolesets assign --scope` gives a scope a role set of its own.
 */

import { Option } from 'commander'
import type { SetScopeKind } from '@rolesets/client'
import { parseId, parseOrganizationName, parseRef } from '../../domain/fields.ts'
import { parseScope, parseScopeKind } from '../../domain/scopes.ts'
import { UsageError } from '../run/failure.ts'
import { mapOption, mapRemedy, type Mappings } from '../run/mappings.ts'
import { placeText } from '../run/scopes.ts'
import { noun, type Given } from '../run/verb.ts'
import { writeVerb, type WriteOptions } from '../run/write.ts'

interface CatalogueOptions extends WriteOptions {
  readonly fallback?: keyof typeof fallbacks
  readonly roleSet?: string
  readonly map?: Mappings
  readonly delete?: true
}

const fallbacks = {
  organization: { fallback: 'ORGANIZATION', words: 'the role set of their organization' },
  role_set: { fallback: 'ROLE_SET', words: '' },
  none: { fallback: 'NONE', words: 'no role set until one is assigned' },
} as const satisfies Record<string, { readonly fallback: SetScopeKind['fallback']; readonly words: string }>

const kindVerb = {
  usage: 'kind <kind>',
  summary: 'Registers a kind of scopes, changes what its scopes have, or deletes it.',
  options: [
    new Option(
      '--fallback <fallback>',
      'what scopes have that have neither a role set of their own nor a default',
    ).choices(Object.keys(fallbacks)),
    new Option('--role-set <role-set>', 'the role set, with --fallback role_set'),
    new Option('--delete', 'delete the kind; nothing of it may be in use'),
    mapOption,
  ],
  onRevision: false,
  notes: `
A kind is the part of a scope's key before the colon: the kind of department:cardiology is department. Only scopes of a
registered kind can be used. Their names need no registration.

  --fallback organization   scopes have the role set of their organization
  --fallback role_set       scopes have the one of --role-set
  --fallback none           scopes have none, so nothing can be granted there until one is assigned

A change reaches all scopes of the kind that have neither a role set of their own nor a default, in all organizations. Roles in
use that their new set lacks need a --map each. All of it is one revision.

Examples:
  rolesets scopes kind department --fallback organization --key-file rolesets.db.key
  rolesets scopes kind product --fallback role_set --role-set role_set:product --dry-run
  rolesets scopes kind product --delete --key-file rolesets.db.key`,
}

const defaultVerb = {
  usage: 'default <scope>',
  summary: 'Sets the role set of the scopes with one key, in all organizations, or takes it away.',
  options: [
    new Option('--role-set <role-set>', 'the role set: a key or an id'),
    new Option('--delete', 'take the default away: the kind decides again'),
    mapOption,
  ],
  onRevision: false,
  notes: `
It is for scopes that have no role set of their own. Roles in use that their new set lacks need a --map each; without it the
change is refused, and the answer says which roles those are. All of it is one revision, however many organizations have such
a scope.

Examples:
  rolesets scopes default department:pharmacy --role-set role_set:pharmacy --key-file rolesets.db.key
  rolesets scopes default department:pharmacy --delete --map org:pharmacist=org:member --dry-run`,
}

const renameVerb = {
  usage: 'rename <organization> <scope> [to]',
  summary: 'Gives a scope of an organization another key, another name, or both.',
  options: [new Option('--name <name>', 'a name for people; may be empty'), mapOption],
  onRevision: false,
  notes: `
Members, invitations, the name and the role set of its own come along. Nothing of the organization may have the new key. Where
the new key has another role set, for example because of a default, roles in use that it lacks need a --map each.

Examples:
  rolesets scopes rename org_acme department:cardio department:cardiology --key-file rolesets.db.key
  rolesets scopes rename org_acme department:cardiology --name 'Cardiology, building 2'`,
}

const kind = writeVerb(kindVerb, ({ options }: Given<CatalogueOptions>, typed: string) => {
  const name = parseScopeKind(typed, '<kind>')
  const { fallback, roleSet, map: mappings = {} } = options
  if (isDeletion(options, { fallback, roleSet, map: options.map })) {
    return {
      ask: (admin, { dryRun }, limits) => admin.deleteScopeKind({ kind: name, dryRun }, limits),
      outcome: () => ({ is: `The kind ${name} is deleted`, would: `The kind ${name} would be deleted` }),
    }
  }
  if (fallback === undefined)
    throw new UsageError('--fallback is missing. Give organization, role_set or none; or --delete.')
  if ((fallback === 'role_set') !== (roleSet !== undefined))
    throw new UsageError('--fallback role_set and --role-set are given together, or neither.')
  const given = roleSet === undefined ? {} : { roleSet: parseRef(roleSet, '--role-set') }
  const input = { kind: name, fallback: fallbacks[fallback].fallback, ...given, mappings }
  return {
    ask: (admin, { dryRun }, limits) => admin.setScopeKind({ ...input, dryRun }, limits),
    outcome: ({ scopeKind }) => {
      const has = roleSet === undefined ? fallbacks[fallback].words : `the role set ${scopeKind?.roleSet ?? roleSet}`
      return { is: `Scopes of the kind ${name} have ${has}`, would: `Scopes of the kind ${name} would have ${has}` }
    },
    remedy: mapRemedy(mappings),
  }
})

const byDefault = writeVerb(defaultVerb, ({ options }: Given<CatalogueOptions>, typed: string) => {
  const scope = parseScope(typed, '<scope>')
  const { roleSet, map: mappings = {} } = options
  const remedy = mapRemedy(mappings)
  if (isDeletion(options, { roleSet })) {
    return {
      ask: (admin, { dryRun }, limits) => admin.deleteScopeDefault({ scope, mappings, dryRun }, limits),
      outcome: () => ({ is: `${scope} has no default`, would: `${scope} would have no default` }),
      remedy,
    }
  }
  if (roleSet === undefined) throw new UsageError('--role-set is missing. Give a role set, or --delete.')
  const input = { scope, roleSet: parseRef(roleSet, '--role-set'), mappings }
  return {
    ask: (admin, { dryRun }, limits) => admin.setScopeDefault({ ...input, dryRun }, limits),
    outcome: ({ scopeDefault }) => {
      const has = `the role set ${scopeDefault?.roleSet ?? roleSet} by default`
      return { is: `${scope} has ${has}`, would: `${scope} would have ${has}` }
    },
    remedy,
  }
})

interface RenameOptions extends WriteOptions {
  readonly name?: string
  readonly map?: Mappings
}

const rename = writeVerb(
  renameVerb,
  ({ options }: Given<RenameOptions>, ...[organization, from, to]: [string, string, string | undefined]) => {
    const { name, map: mappings = {} } = options
    const input = {
      organizationId: parseId(organization, '<organization>'),
      scope: parseScope(from, '<scope>'),
      ...(to !== undefined && { newScope: parseScope(to, '<to>') }),
      ...(name !== undefined && { name: parseOrganizationName(name, '--name') }),
      mappings,
    }
    if (to === undefined && name === undefined) throw new UsageError('Give the new key, or --name, or both.')
    const place = placeText(input.organizationId, input.scope)
    const key = to === undefined ? [] : [`the key ${to}`]
    const named = name === undefined ? [] : [name === '' ? 'no name' : `the name ${name}`]
    const has = [...key, ...named].join(' and ')
    return {
      ask: (admin, { dryRun }, limits) => admin.renameScope({ ...input, dryRun }, limits),
      outcome: () => ({ is: `${place} has ${has}`, would: `${place} would have ${has}` }),
      remedy: mapRemedy(mappings),
    }
  },
)

/** @param others what has no meaning for a deletion */
function isDeletion(
  { delete: isDelete }: { readonly delete?: true },
  others: Readonly<Record<string, unknown>>,
): boolean {
  const given = Object.entries(others).find(([, value]) => value !== undefined)
  if (isDelete && given !== undefined)
    throw new UsageError(`--delete and --${given[0].replace('roleSet', 'role-set')} can't be given together.`)
  return isDelete === true
}

const summary = 'Registers kinds of scopes, sets defaults for scopes, and renames scopes.'

export const scopes = noun({ usage: 'scopes', summary }, [kind, byDefault, rename])
