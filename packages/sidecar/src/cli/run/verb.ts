/** What all verbs have in common: their options, their help, and that each ends with an exit code and never with a crash. */

import type { AdminOptions, RoleSetsClient } from '@rolesets/client'
import { Option, type Command } from 'commander'
import { addConnectionOptions, openClient, type ConnectionOptions } from './connection.ts'
import { reportFailure, type Failing, type KeyFlag } from './failure.ts'
import { exitCodes, type ExitCode } from '@rolesets/core'
import { jsonLine } from '../output/json.ts'
import type { Io } from './io.ts'
import { Reach } from './reach.ts'
import { hearUsage } from './usage.ts'

export interface Verb {
  /** Name and arguments: `check <organization> <role>`. */
  readonly usage: string
  /** One sentence. */
  readonly summary: string
  /** Its own; all verbs have those of the connection. */
  readonly options?: readonly Option[]
  /** Writes, keys and the history always need the key; a question on the same machine does not. */
  readonly needsKey?: boolean
  /** How long it waits for an answer unless `--timeout` says so. Default 10. */
  readonly timeoutSeconds?: number
  /** Of an error that says no. Default: 1. For verbs whose exit code 1 says something else. */
  readonly refusedExitCode?: ExitCode
  /** Default: those of all other verbs. */
  readonly exitCodesHelp?: string
  /** The flag of the sidecar's key, where `--key` is that of another server. */
  readonly keyFlag?: KeyFlag
  /** Without a target it asks no sidecar, so there is none by default. */
  readonly isTargetGiven?: boolean
  /** What `--help` says after the options: examples, and what is worth knowing. */
  readonly notes: string
}

export const actorOption = new Option('--actor <name>', 'name of the actor, for the audit')
export const atLeastOption = new Option('--at-least <revision>', 'wait for this revision, which an earlier write gave')

const usualExitCodesHelp = `
Exit codes:
  0  yes, or done
  1  the answer is no, or the sidecar refused the change
  2  the command line or the file is wrong, or the sidecar is read-only
  3  no answer: the sidecar can't be reached, is too slow, or does not accept the key`

/** Adds a verb, or a noun with its verbs, to the program or to the noun. */
export type AddVerb = (parent: Command, io: Io) => void

/** What a verb works with before it asks a sidecar. */
export interface Given<Options> {
  readonly io: Io
  readonly options: Options
}

export interface Session<Options> extends Given<Options> {
  readonly client: RoleSetsClient
  /** How long a call may take. */
  readonly limits: AdminOptions
  /** With `--json` the document, else the text. */
  readonly print: (document: unknown, text: string) => void | Promise<void>
}

/** Without an exit code of its own, a verb that has ended well has the exit code 0. */
type Ended = Promise<ExitCode | void>

/** A verb that asks no sidecar. */
export function localVerb<Options extends { json?: true }, Args extends unknown[] = []>(
  verb: Verb,
  run: (given: Given<Options>, ...args: Args) => Ended,
): AddVerb {
  return (parent, io) => act(io, { command: addVerb(parent, io, verb) }, run)
}

/** A verb that does everything itself, with the options of the connection. */
export function connectedVerb<Options extends Partial<ConnectionOptions>, Args extends unknown[]>(
  verb: Verb,
  run: (given: Given<Options>, ...args: Args) => Ended,
): AddVerb {
  return (parent, io) => {
    const { timeoutSeconds = 10, keyFlag, isTargetGiven } = verb
    const { refusedExitCode, exitCodesHelp = usualExitCodesHelp } = verb
    const command = addVerb(parent, io, { ...verb, notes: `${verb.notes.trim()}\n${exitCodesHelp}` })
    addConnectionOptions(command, io, { timeoutSeconds, keyFlag, isTargetGiven })
    act(io, { command, keyFlag, refusedExitCode }, run)
  }
}

/** A verb that checks what was typed, and then asks a sidecar. */
export function askingVerb<Options extends ConnectionOptions, Args extends unknown[]>(
  verb: Verb,
  check: (given: Given<Options>, ...args: Args) => (session: Session<Options>) => Ended,
): AddVerb {
  return connectedVerb<Options, Args>(verb, (given, ...args) => {
    const ask = check(given, ...args)
    const { io, options } = given
    const print = (document: unknown, text: string) => io.stdout(options.json ? jsonLine(document) : text)
    const limits = { deadlineMs: options.timeout * 1_000, signal: io.signal }
    return withClient(io, { options, needsKey: verb.needsKey === true }, (client) =>
      ask({ ...given, client, limits, print }),
    )
  })
}

/** A noun with verbs of its own: `rolesets keys` with `create`, `list`, `revoke`. */
export function noun({ usage, summary }: Pick<Verb, 'usage' | 'summary'>, verbs: readonly AddVerb[]): AddVerb {
  return (parent, io) => {
    const command = addCommand(parent, io, { usage, summary })
    for (const add of verbs) add(command, io)
  }
}

function addVerb(parent: Command, io: Io, { usage, summary, notes, options = [] }: Verb): Command {
  const command = addCommand(parent, io, { usage, summary }).addHelpText('after', `\n${notes.trim()}\n`)
  for (const option of [...options, new Option('--json', 'print JSON, also for errors')]) command.addOption(option)
  return command
}

interface Acting extends Pick<Failing, 'keyFlag' | 'refusedExitCode'> {
  readonly command: Command
}

/** Sets the exit code that the work comes to; an error is reported to the user. */
function act<Options extends { json?: true }, Args extends unknown[]>(
  io: Io,
  { command, ...failing }: Acting,
  run: (given: Given<Options>, ...args: Args) => Ended,
): void {
  // Commander gives the arguments, the options, and the command.
  command.action(async (...typed: [...Args, Options, Command]) => {
    const args = typed.slice(0, -2) as Args
    const options = typed.at(-2) as Options
    try {
      io.setExitCode((await run({ io, options }, ...args)) ?? exitCodes.yes)
    } catch (error) {
      const flags = command.options.flatMap(({ long }) => long ?? [])
      reportFailure(io, error, { json: options.json === true, flags, ...failing })
    }
  })
}

function addCommand(parent: Command, io: Io, { usage, summary }: Pick<Verb, 'usage' | 'summary'>): Command {
  return hearUsage(parent.command(usage).description(summary), io)
}

/** Does the work with a client, which is closed afterwards. */
export async function withClient<T>(
  io: Io,
  { options, needsKey }: { options: ConnectionOptions; needsKey: boolean },
  work: (client: RoleSetsClient) => Promise<T>,
): Promise<T> {
  const reach = new Reach(options.target)
  const { client, explain } = await openClient(options, io, { needsKey, onEvent: reach.hear })
  try {
    return await Promise.race([work(client), reach.failed])
  } catch (error) {
    throw explain(reach.explain(error))
  } finally {
    reach.close()
    await client.close()
  }
}
