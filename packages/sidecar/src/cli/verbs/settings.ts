/**
 * `rolesets settings`: what holds for all organizations. It is a thing of the store, with a history, and not a setting of the
 * process that serves it.
 */

import type { Settings, UpdateSettings } from '@rolesets/client'
import { limits } from '@rolesets/core'
import { InvalidArgumentError, Option } from 'commander'
import { tableText } from '../output/table.ts'
import type { ConnectionOptions } from '../run/connection.ts'
import { UsageError } from '../run/failure.ts'
import { askingVerb, noun, type Given } from '../run/verb.ts'
import { withoutUndefined } from '../run/without-undefined.ts'
import { writeVerb, type WriteOptions } from '../run/write.ts'

type Flag = 'true' | 'false'

interface SetOptions extends WriteOptions {
  readonly maxRolesPerMember?: number
  readonly lastAdministrator?: 'warn' | 'refuse'
  readonly maxAllowedMemberships?: number
  readonly enabled?: Flag
  readonly adminDeleteEnabled?: Flag
  readonly slugDisabled?: Flag
  readonly domainsEnabled?: Flag
  readonly creatorRole?: string
  readonly defaultRole?: string
}

const lastAdministrators = { warn: 'WARN', refuse: 'REFUSE' } as const

const getVerb = {
  usage: 'get',
  summary: 'Shows the settings of the store.',
  notes: `
With --json, the document has the field names of the contract.

Example:
  rolesets settings get`,
}

const setVerb = {
  usage: 'set',
  summary: 'Changes settings of the store. What is not given stays as it is.',
  options: [
    numberOption('--max-roles-per-member <n>', 'how many roles a write may give to a member or an invitation', {
      min: 1,
      max: limits.rolesPerMemberMax,
    }),
    new Option('--last-administrator <what>', 'what becomes of a write that ends the last administrator').choices(
      Object.keys(lastAdministrators),
    ),
    numberOption('--max-allowed-memberships <n>', 'limit of members that a new organization gets; 0: unlimited', {
      min: 0,
      max: limits.membershipsPerOrganizationMax,
    }),
    flagOption('--enabled', 'whether organizations can be created'),
    flagOption('--admin-delete-enabled', 'what a new organization gets'),
    flagOption('--slug-disabled', 'whether giving an organization a slug is refused'),
    flagOption('--domains-enabled', 'whether domains enroll members'),
    new Option('--creator-role <role>', 'the creator role of the initial role set, one of its roles'),
    new Option('--default-role <role>', 'the default role of the initial role set, one of its roles'),
  ],
  onRevision: true,
  notes: `
A smaller --max-roles-per-member takes no role from anybody: it holds for the writes that follow. Existing organizations keep
their own limit of members.

Examples:
  rolesets settings set --max-roles-per-member 3 --key-file rolesets.db.key
  rolesets settings set --last-administrator warn --dry-run`,
}

const get = askingVerb(getVerb, (_given: Given<ConnectionOptions>) => async ({ client: { admin }, limits, print }) => {
  const found = await admin.getSettings({}, limits)
  await print(found, tableText(rowsOf(found.settings)))
})

const set = writeVerb(setVerb, ({ options }: Given<SetOptions>) => {
  const input = inputOf(options)
  if (Object.keys(input).length === 0) throw new UsageError('Nothing is to be set. Give at least one setting.')
  return {
    ask: (admin, how, limits) => admin.updateSettings({ ...input, ...how }, limits),
    outcome: ({ settings }) => ({
      is: 'The settings are set',
      would: 'The settings would be set',
      lines: settings === undefined ? [] : rowsOf(settings).map((row) => `  ${row.join(': ')}`),
    }),
  }
})

export const settings = noun({ usage: 'settings', summary: 'Shows and changes the settings of the store.' }, [get, set])

function inputOf(options: SetOptions): UpdateSettings {
  const { maxRolesPerMember, maxAllowedMemberships, creatorRole, defaultRole } = options
  const flags = {
    enabled: flagOf(options.enabled),
    adminDeleteEnabled: flagOf(options.adminDeleteEnabled),
    slugDisabled: flagOf(options.slugDisabled),
    domainsEnabled: flagOf(options.domainsEnabled),
  }
  const lastAdministrator =
    options.lastAdministrator === undefined ? undefined : lastAdministrators[options.lastAdministrator]
  const numbers = { maxRolesPerMember, maxAllowedMemberships }
  return withoutUndefined({ ...numbers, ...flags, lastAdministrator, creatorRole, defaultRole })
}

function rowsOf(settings: Settings): readonly (readonly string[])[] {
  return [
    ['max-roles-per-member', String(settings.maxRolesPerMember)],
    ['last-administrator', settings.lastAdministrator.toLowerCase()],
    [
      'max-allowed-memberships',
      settings.maxAllowedMemberships === 0 ? '0 (unlimited)' : String(settings.maxAllowedMemberships),
    ],
    ['enabled', String(settings.enabled)],
    ['admin-delete-enabled', String(settings.adminDeleteEnabled)],
    ['slug-disabled', String(settings.slugDisabled)],
    ['domains-enabled', String(settings.domainsEnabled)],
    ['creator-role', settings.creatorRole],
    ['default-role', settings.defaultRole],
  ]
}

function flagOption(flag: string, words: string): Option {
  return new Option(`${flag} <flag>`, words).choices(['true', 'false'])
}

function flagOf(flag: Flag | undefined): boolean | undefined {
  return flag === undefined ? undefined : flag === 'true'
}

function numberOption(
  flags: string,
  words: string,
  { min, max }: { readonly min: number; readonly max: number },
): Option {
  return new Option(flags, words).argParser((text) => {
    const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (number >= min && number <= max) return number
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  })
}
