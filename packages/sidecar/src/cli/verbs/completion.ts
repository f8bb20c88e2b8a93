/** `rolesets completion`: a script with which a shell completes verbs and options. */

import { completionScript, shells, type Shell } from '../output/completion-scripts.ts'
import { levelsOf } from '../output/completion-levels.ts'
import { jsonLine } from '../output/json.ts'
import { localVerb, type AddVerb } from '../run/verb.ts'

const verb = {
  usage: 'completion <shell>',
  summary: 'Prints a script with which bash, zsh or fish completes this command.',
  notes: `
Examples:
  eval "$(rolesets completion bash)"              in ~/.bashrc
  eval "$(rolesets completion zsh)"               in ~/.zshrc, after compinit
  rolesets completion fish | source               in ~/.config/fish/config.fish`,
}

/** Added last, or at least asked last: the script has all verbs of the program. */
export const completion: AddVerb = (program, io) => {
  localVerb<{ json?: true }, [Shell]>(verb, async ({ options }, shell) => {
    const script = completionScript(shell, levelsOf(program))
    await (options.json ? io.stdout(jsonLine({ shell, script })) : io.verbatim(script))
  })(program, io)
  program.commands.at(-1)?.registeredArguments[0]?.choices(shells)
}
