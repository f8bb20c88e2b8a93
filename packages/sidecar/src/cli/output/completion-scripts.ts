/**
 * Completion scripts for shells. They hold all words, so that pressing the tab key starts no process. Each follows the verbs
 * that were typed to a path (`keys create`), and offers what can come there.
 */

import type { Level, LevelOption } from './completion-levels.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

export function completionScript(shell: Shell, levels: readonly Level[]): string {
  return { bash, zsh, fish }[shell](levels)
}

/** Also for the bash of macOS, which is version 3. */
function bash(levels: readonly Level[]): string {
  const words = levels.map(({ path, words, options }) => {
    const all = [...words.map(({ name }) => name), ...options.flatMap(({ flags }) => flags)]
    return `    ${quote(path)}) words=${quote(all.join(' '))} ;;`
  })
  return `# Completion of rolesets for bash. In ~/.bashrc: eval "$(rolesets completion bash)"
_rolesets() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' at
  # A word such as --file=x comes in three parts.
  if [[ $word == '=' ]]; then word=''
  elif [[ $before == '=' ]]; then before="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "\${path:+$path }\${COMP_WORDS[at]}" in
      ${patterns(pathsOf(levels))}) path="\${path:+$path }\${COMP_WORDS[at]}" ;;
    esac
  done
  COMPREPLY=()
  case "$path $before" in
    ${patterns(flagsThat('path', levels))})
      compopt -o filenames 2> /dev/null
      local IFS=$'\\n'
      COMPREPLY=($(compgen -f -- "$word"))
      return ;;
    ${patterns(flagsThat('value', levels))}) return ;;
  esac
  case "$path" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _rolesets rolesets
`
}

function zsh(levels: readonly Level[]): string {
  const described = (name: string, about: string) => quote(`${name}:${about.replace(/[\\:]/g, '\\$&')}`)
  const words = levels.map(({ path, words, options }) => {
    const all = [
      ...words.map(({ name, about }) => described(name, about)),
      ...options.flatMap(({ flags, about }) => flags.map((flag) => described(flag, about))),
    ]
    return `    (${quote(path)}) found=(${all.join(' ')}) ;;`
  })
  return `#compdef rolesets
# Completion of rolesets for zsh. In ~/.zshrc, after compinit: eval "$(rolesets completion zsh)"
_rolesets() {
  local verbs='' at
  local -a found
  for ((at = 2; at < CURRENT; at++)); do
    case "\${verbs:+$verbs }\${words[at]}" in
      (${patterns(pathsOf(levels))}) verbs="\${verbs:+$verbs }\${words[at]}" ;;
    esac
  done
  case "$verbs \${words[CURRENT-1]}" in
    (${patterns(flagsThat('path', levels))}) _files; return ;;
    (${patterns(flagsThat('value', levels))}) return ;;
  esac
  case "$verbs" in
${words.join('\n')}
  esac
  _describe -o 'rolesets' found
}
if [[ $funcstack[1] == _rolesets ]]; then _rolesets "$@"; else compdef _rolesets rolesets; fi
`
}

function fish(levels: readonly Level[]): string {
  const takes = { nothing: '', path: ' -r -F', value: ' -x' } satisfies Record<LevelOption['takes'], string>
  const lines = levels.flatMap(({ path, words, options }) => {
    const at = `complete -c rolesets -n ${quoteFish(`__rolesets_at ${quoteFish(path)}`)}`
    const flagsText = (flags: readonly string[]) =>
      flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ')
    return [
      ...words.map(({ name, about }) => `${at} -a ${quoteFish(name)} -d ${quoteFish(about)}`),
      ...options.map(
        (option) => `${at} ${flagsText(option.flags)}${takes[option.takes]} -d ${quoteFish(option.about)}`,
      ),
    ]
  })
  return `# Completion of rolesets for fish. In ~/.config/fish/config.fish: rolesets completion fish | source
function __rolesets_at
    set -l verbs
    for word in (commandline -opc)[2..]
        switch "$verbs $word"
            case ${pathsOf(levels)
              .map((path) => quoteFish(path.includes(' ') ? path : ` ${path}`))
              .join(' ')}
                set verbs (string trim -- "$verbs $word")
        end
    end
    test "$verbs" = "$argv[1]"
end
complete -c rolesets -f
${lines.join('\n')}
`
}

function pathsOf(levels: readonly Level[]): readonly string[] {
  return levels.map(({ path }) => path).filter((path) => path !== '')
}

/** Each with the path of its verb before it. */
function flagsThat(takes: LevelOption['takes'], levels: readonly Level[]): readonly string[] {
  return levels.flatMap(({ path, options }) =>
    options.filter((option) => option.takes === takes).flatMap(({ flags }) => flags.map((flag) => `${path} ${flag}`)),
  )
}

function patterns(texts: readonly string[]): string {
  return texts.map(quote).join('|')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function quoteFish(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
