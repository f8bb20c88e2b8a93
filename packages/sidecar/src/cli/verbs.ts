/** All verbs of the command line that talk to a sidecar, in the order in which `--help` lists them. */

import type { Command } from 'commander'
import { addApply } from './apply.ts'
import { addAssign } from './assign.ts'
import { addCheck } from './check.ts'
import { addImport } from './import.ts'
import { addDoctor } from './doctor.ts'
import { addExplain } from './explain.ts'
import { addInvitations } from './invitations.ts'
import type { Io } from './io.ts'
import { addKeys } from './keys.ts'
import { addLog } from './log.ts'
import { addReplaceRole, addReplaceSet } from './replace.ts'
import { addRoles } from './roles.ts'
import { addSchema } from './schema.ts'
import { addWatch } from './watch.ts'

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
