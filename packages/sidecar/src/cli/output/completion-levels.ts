/** What can follow each verb of the command line, taken from the commands themselves, for the completion of a shell. */

import type { Command, Option } from 'commander'

export interface Level {
  /** `keys create`; empty for the command itself. */
  readonly path: string
  /** Verbs, and the values that an argument can have. */
  readonly words: readonly Named[]
  readonly options: readonly LevelOption[]
}

interface Named {
  readonly name: string
  readonly about: string
}

export interface LevelOption {
  /** `-f` and `--file`. */
  readonly flags: readonly string[]
  readonly about: string
  /** What comes after it: nothing, a path, or something that can't be completed. */
  readonly takes: 'nothing' | 'path' | 'value'
}

export function levelsOf(command: Command, path = ''): readonly Level[] {
  const verbs = command.commands.map((verb) => ({ name: verb.name(), about: verb.description() }))
  const values = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices)
  const words = [...verbs, ...values.map((name) => ({ name, about: '' }))]
  const help: LevelOption = { flags: ['-h', '--help'], about: 'display help for command', takes: 'nothing' }
  const level = { path, words, options: [...command.options.map(optionOf), help] }
  return [level, ...command.commands.flatMap((verb) => levelsOf(verb, `${path} ${verb.name()}`.trim()))]
}

function optionOf({ short, long, flags, description, required, optional }: Option): LevelOption {
  const takes = !required && !optional ? 'nothing' : /<path>|<file>/.test(flags) ? 'path' : 'value'
  return { flags: [short, long].filter((flag) => flag !== undefined), about: description, takes }
}
