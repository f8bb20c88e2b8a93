/** All verbs of the command line that talk to a sidecar, in the order in which `--help` lists them. */

import type { Command } from 'commander'
import { addApply } from './verbs/apply.ts'
import { addAssign } from './verbs/assign.ts'
import { addCheck } from './verbs/check.ts'
import { addImport } from './verbs/import.ts'
import { addDoctor } from './verbs/doctor.ts'
import { addExplain } from './verbs/explain.ts'
import { addInvitations } from './verbs/invitations.ts'
import type { Io } from './run/io.ts'
import { addKeys } from './verbs/keys.ts'
import { addLog } from './verbs/log.ts'
import { addReplaceRole, addReplaceSet } from './verbs/replace.ts'
import { addRoles } from './verbs/roles.ts'
import { addSchema } from './verbs/schema.ts'
import { addWatch } from './verbs/watch.ts'

/**
 * Adds the verbs to the program. A verb reports its own failures and sets the exit code; when the command line is wrong or
 * `--help` is asked for, it does so too and then throws commander's `CommanderError`, about which nothing is left to say.
 */
export function addVerbs(program: Command, io: Io): void {
  addApply(program, io)
  addCheck(program, io)
  addRoles(program, io)
  addAssign(program, io)
  addReplaceRole(program, io)
  addReplaceSet(program, io)
  addInvitations(program, io)
  addKeys(program, io)
  addImport(program, io)
  addLog(program, io)
  addExplain(program, io)
  addWatch(program, io)
  addDoctor(program, io)
  addSchema(program, io)
}
