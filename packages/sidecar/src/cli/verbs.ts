/** All verbs of the command line that talk to a sidecar, in the order in which `--help` lists them. */

import type { Command } from 'commander'
import { apply } from './verbs/apply.ts'
import { assign } from './verbs/assign.ts'
import { backup } from './verbs/backup.ts'
import { check } from './verbs/check.ts'
import { completion } from './verbs/completion.ts'
import { importing } from './verbs/import.ts'
import { doctor } from './verbs/doctor.ts'
import { explain } from './verbs/explain.ts'
import { exporting } from './verbs/export.ts'
import { get } from './verbs/get.ts'
import { health } from './verbs/health.ts'
import { invitations } from './verbs/invitations.ts'
import { cleanIo, type ProcessIo } from './run/io.ts'
import { hearUsage } from './run/usage.ts'
import type { Redaction } from '../redaction.ts'
import { keys } from './verbs/keys.ts'
import { plan } from './verbs/plan.ts'
import { log } from './verbs/log.ts'
import { members } from './verbs/members.ts'
import { replaceRole, replaceSet } from './verbs/replace.ts'
import { roles } from './verbs/roles.ts'
import { scopes } from './verbs/scopes.ts'
import { restore } from './verbs/restore.ts'
import { schema } from './verbs/schema.ts'
import { settings } from './verbs/settings.ts'
import { users } from './verbs/users.ts'
import { version } from './verbs/version.ts'
import { watch } from './verbs/watch.ts'

/**
 * Adds the verbs to the program. A verb reports its own failures and sets the exit code; when the command line is wrong or
 * `--help` is asked for, it does so too and then throws commander's `CommanderError`, about which nothing is left to say.
 */
export function addVerbs(program: Command, processIo: ProcessIo, redaction: Redaction): void {
  const io = cleanIo(processIo, redaction)
  hearUsage(program, io)
  const verbs = [
    apply,
    plan,
    exporting,
    get,
    scopes,
    check,
    roles,
    assign,
    replaceRole,
    replaceSet,
    members,
    invitations,
    users,
    settings,
    keys,
    importing,
    log,
    explain,
    watch,
    health,
  ]
  for (const each of [...verbs, backup, restore, doctor, schema, completion, version]) each(program, io)
}
