/** What all verbs have in common: their options, their help, and that each ends with an exit code and never with a crash. */

import type { AdminOptions, RoleSetsClient } from '@rolesets/client'
import { Option, type Command, type CommanderError } from 'commander'
import { addConnectionOptions, openClient, type ConnectionOptions, type KeyNames, type KeyUse } from './connection.ts'
import { reportFailure, UsageError } from './failure.ts'
import type { ExitCode } from '@rolesets/core'
import type { Io } from './io.ts'
import { Reach } from './reach.ts'

export interface Verb {
  /** Name and arguments: `check <organization> <role>`. */
  readonly usage: string
  /** One sentence. */
  readonly summary: string
  /** Its own; those of the connection are everybody's. */
  readonly options?: readonly Option[]
  /** How long it waits for an answer unless `--timeout` says so. Default 10. */
  readonly timeoutSeconds?: number
  /** The flag of the sidecar's key, where `--key` is that of another server. */
  readonly keyFlag?: KeyNames['flag']
  /** What `--help` says after the options: examples, and what is worth knowing. */
  readonly notes: string
}

export const actorOption = new Option('--actor <name>', 'name of the actor, for the audit')
export const atLeastOption = new Option('--at-least <revision>', 'wait for this revision, which an earlier write gave')

const exitCodesHelp = `
Exit codes:
  0  yes, or done
  1  the answer is no, or the sidecar refused the change
  2  the command line or the file is not right
  3  no answer: the sidecar is away, too slow, or does not accept the key`

/** A verb that asks no sidecar. */
export function addLocalVerb(parent: Command, io: Io, { usage, summary, notes, options = [] }: Verb): Command {
  const command = addCommand(parent, io, { usage, summary }).addHelpText('after', `\n${notes.trim()}\n`)
  for (const option of [...options, new Option('--json', 'print JSON, also for errors')]) command.addOption(option)
  return command
}

/** A verb that asks a sidecar. */
export function addVerb(parent: Command, io: Io, verb: Verb): Command {
  const notes = `${verb.notes.trim()}\n${exitCodesHelp}`
  const command = addLocalVerb(parent, io, { ...verb, notes })
  return addConnectionOptions(command, io, { timeoutSeconds: verb.timeoutSeconds ?? 10, keyFlag: verb.keyFlag })
}

/** A noun with verbs of its own, which are added to what this returns: `rolesets keys` with `create`, `list`, `revoke`. */
export function addGroup(program: Command, io: Io, { usage, summary }: Pick<Verb, 'usage' | 'summary'>): Command {
  return addCommand(program, io, { usage, summary })
}

function addCommand(parent: Command, io: Io, { usage, summary }: Pick<Verb, 'usage' | 'summary'>): Command {
  const command = parent
    .command(usage)
    .description(summary)
    .configureOutput({
      writeOut: (text) => void io.stdout(text),
      writeErr: () => undefined,
      outputError: () => undefined,
    })
    .exitOverride((error) => {
      if (error.exitCode !== 0) reportFailure(io, usageErrorOf(error, command), { json: isJson(command) })
      throw error
    })
  return command
}

/** Does the work with a client, which is closed afterwards. */
export async function withClient<T>(
  io: Io,
  { options, keyUse }: { options: ConnectionOptions; keyUse: KeyUse },
  work: (client: RoleSetsClient) => Promise<T>,
): Promise<T> {
  const reach = new Reach(options.target)
  const client = await openClient(options, io, { keyUse, onEvent: reach.hear })
  try {
    return await Promise.race([work(client), reach.failed])
  } catch (error) {
    throw reach.explain(error)
  } finally {
    reach.close()
    await client.close()
  }
}

/** What goes with each write. */
export function writeOptions({ timeout, actor }: ConnectionOptions & { actor?: string }, io: Io): AdminOptions {
  return { deadlineMs: timeout * 1_000, signal: io.signal, ...(actor === undefined ? {} : { actor }) }
}

/** Sets the exit code that the work comes to; an error is reported to the user. */
export async function reporting(io: Io, options: { json?: true }, work: () => Promise<ExitCode>): Promise<void> {
  try {
    io.setExitCode(await work())
  } catch (error) {
    reportFailure(io, error, { json: options.json === true })
  }
}

function usageErrorOf(error: CommanderError, command: Command): UsageError {
  const problem = error.message.replace(/^error: /, '').replace(/\.?\s*$/, '')
  const verbs = command.commands.map((verb) => verb.name()).join(', ')
  // Commander's word for a group without a verb is that it would show the help.
  const message = error.code === 'commander.help' ? `a verb is missing, one of ${verbs}` : problem
  return new UsageError(`${message}. See ${pathOf(command)} --help.`)
}

/** `rolesets keys create` */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

/** The options were not understood, so the flag is looked for in what was typed. */
function isJson(command: Command): boolean {
  let program = command
  while (program.parent !== null) program = program.parent
  const typed: readonly string[] = (program as unknown as { rawArgs?: readonly string[] }).rawArgs ?? []
  return typed.includes('--json')
}
