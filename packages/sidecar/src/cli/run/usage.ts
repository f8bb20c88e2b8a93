/** What is said about a command line that is wrong, for all verbs alike. Imports nothing that takes time, because `serve` needs it. */

import type { Command, CommanderError } from 'commander'
import { exitCodes } from '@rolesets/core'
import { mayBeKey } from '../../redaction.ts'
import type { Io } from './io.ts'

type UsageIo = Pick<Io, 'args' | 'stdout' | 'stderr' | 'setExitCode'>

const shownCharactersMax = 80

/** The command writes through `io`. What commander finds wrong is reported, then thrown as its `CommanderError`. */
export function hearUsage(command: Command, io: UsageIo): Command {
  return command
    .configureOutput({
      writeOut: (text) => void io.stdout(text),
      writeErr: () => undefined,
      outputError: () => undefined,
    })
    .exitOverride((error) => {
      if (error.exitCode !== 0) reportUsage(io, usageMessage(error, command))
      throw error
    })
}

/** One line, or one document with `--json`, and the exit code. */
function reportUsage(io: Omit<UsageIo, 'stdout'>, message: string): void {
  const document = JSON.stringify({ error: { code: 'usage', message } })
  io.stderr(asksForJson(io.args) ? `${document}\n` : `rolesets: ${message}\n`)
  io.setExitCode(exitCodes.usage)
}

/** The options may not be understood, so the flag is looked for in what was typed. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).includes('--json')
}

function usageMessage(error: CommanderError, command: Command): string {
  // Commander's word for a group without a verb is that it would show the help.
  const isVerbMissing = error.code === 'commander.help' || /unknown option '--json'/.test(error.message)
  const problem =
    isVerbMissing && command.commands.length > 0
      ? `a verb is missing, one of ${command.commands.map((verb) => verb.name()).join(', ')}`
      : withoutValues(error.message.replace(/^error: /, ''))
  return `${problem.replace(/\s*\n\s*/g, ' ').replace(/\.?\s*$/, '')}. See ${pathOf(command)} --help.`
}

/** Commander quotes what was typed, and a key may have been typed in the wrong place. */
function withoutValues(message: string): string {
  return message.replace(/'([^']*)'/g, (_match, typed: string) => {
    const isOption = typed.startsWith('-')
    const word = /^--?[^\s=]+=/.test(typed) ? (typed.split('=')[0] ?? '') : typed
    const isHidden = mayBeKey(word) && (!isOption || /\d/.test(word))
    if (isHidden) return '(not shown)'
    return `'${word.length > shownCharactersMax ? `${word.slice(0, shownCharactersMax)}…` : word}'`
  })
}

/** `rolesets keys create` */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}
